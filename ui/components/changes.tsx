import type { SettingChange } from "../api/schema/config.ts";

/** Values of the configuration before and after; secrets are named and not shown. */
export function Changes(
  { changes, small = false }: { changes: readonly SettingChange[]; small?: boolean },
) {
  if (changes.length === 0) return null;
  return (
    <ul class={small ? "changes small" : "changes"}>
      {changes.map(({ path, secret, before, after }) => (
        <li key={path}>
          <code>{path}</code>
          {secret ? <span class="muted">changed, not shown</span> : (
            <span>
              <span class="muted">{before || "not set"}</span>
              {" → "}
              {after || "not set"}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
