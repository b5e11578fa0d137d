import type { RefusedHost, Tunnel } from "../../api/schema/connect.ts";
import { Ago } from "../../components/ago.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { formatBytes, formatCount } from "../../web/format.ts";
import { useResource } from "../../web/resource.ts";

const TUNNELS: Column<Tunnel>[] = [
  { id: "host", title: "Host", class: "main", cell: ({ host, port }) => `${host}:${port}` },
  { id: "client", title: "Client", cell: ({ client }) => client },
  {
    id: "how",
    title: "Content",
    cell: ({ intercepted }) => intercepted ? "opened and cached" : "tunnelled as it is",
  },
  { id: "sent", title: "Sent", class: "right", cell: ({ sentBytes }) => formatBytes(sentBytes) },
  {
    id: "received",
    title: "Received",
    class: "right",
    cell: ({ receivedBytes }) => formatBytes(receivedBytes),
  },
  {
    id: "since",
    title: "Since",
    class: "right",
    cell: ({ startedAt }) => <Ago time={startedAt} />,
  },
];

const REFUSED: Column<RefusedHost>[] = [
  { id: "host", title: "Refused host", class: "main", cell: ({ host }) => host },
  { id: "client", title: "Last client", cell: ({ client }) => client },
  { id: "count", title: "Times", class: "right", cell: ({ count }) => formatCount(count) },
  { id: "last", title: "Last", class: "right", cell: ({ lastAt }) => <Ago time={lastAt} /> },
];

/** What goes through the forward proxy, and what it refused; nothing where it is off. */
export function ForwardPanel() {
  const forward = useResource("/forward", {}, { everyMs: 5e3 });
  if (!forward.data || forward.data.listen === "") return null;
  const { listen, tunnels, refused } = forward.data;
  return (
    <section class="panel" aria-label="Forward proxy">
      <div class="panel-head">
        <h2>Forward proxy</h2>
        <span class="muted">
          listens on <code>{listen}</code>
        </span>
      </div>
      {tunnels.length === 0
        ? <p class="panel-note">No tunnel is open.</p>
        : <Table caption="Open tunnels" columns={TUNNELS} rows={tunnels} rowKey={({ id }) => id} />}
      {refused.length > 0 && (
        <>
          <p class="panel-note">
            Hosts that are not allowed were asked for. Add them to{" "}
            <code>forward.allowed_hosts</code> where that was meant.
          </p>
          <Table
            caption="Refused hosts"
            columns={REFUSED}
            rows={refused}
            rowKey={({ host }) => host}
          />
        </>
      )}
    </section>
  );
}
