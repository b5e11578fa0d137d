import { clientPath } from "../web/paths.ts";

/** Who a client is, linked to its page: its name over its address, and who signed in. */
export function ClientName(
  { client, name, user }: { client: string; name: string; user: string },
) {
  if (client === "") return <span class="muted">all others</span>;
  return (
    <span class="title-cell">
      <a class="break" href={clientPath(client, user)}>{name || client}</a>
      {(name || user) && (
        <span class="muted small break">
          {[name && client, user].filter((part) => part !== "").join(", ")}
        </span>
      )}
    </span>
  );
}
