import { useSignal } from "@preact/signals";
import type { Forward, RefusedHost, Tunnel } from "../../api/schema/connect.ts";
import { Ago } from "../../components/ago.tsx";
import { Icon } from "../../components/icon.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { now } from "../../web/clock.ts";
import { formatBytes, formatCount, formatDuration, formatEndpoint } from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { useResource } from "../../web/resource.ts";
import { type Allowable, AllowDialog } from "./allow.tsx";

const TUNNELS: Column<Tunnel>[] = [
  {
    id: "host",
    title: "Host",
    class: "main",
    cell: ({ host, port }) => <span class="break">{formatEndpoint(host, port)}</span>,
  },
  {
    id: "client",
    title: "Client",
    cell: ({ client, user }) => user === "" ? client : `${user} at ${client}`,
  },
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
    id: "age",
    title: "Open for",
    class: "right",
    cell: ({ startedAt }) => formatDuration(Math.max(1000, now.value - startedAt)),
  },
];

/** What goes through the forward proxy, and what it refused; nothing where it is off. */
export function ForwardPanel() {
  const forward = useResource("/forward", {}, { everyMs: 5e3 });
  const allowing = useSignal<Allowable | undefined>(undefined);
  if (!forward.data || forward.data.listen === "") return null;
  const { listen, open, tunnels, refused, readOnlyReason } = forward.data;
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
      {open > tunnels.length && (
        <p class="panel-note">
          The latest {formatCount(tunnels.length)} of {formatCount(open)} open tunnels.
        </p>
      )}
      {refused.length > 0 && (
        <>
          <div class="panel-head next">
            <h3>Refused hosts</h3>
            <span class="muted">
              asked for and not reached
              {readOnlyReason !== "" && may("admin") &&
                `. None can be allowed from here: ${readOnlyReason}`}
            </span>
          </div>
          <Table
            caption="Refused hosts"
            columns={refusedColumns(forward.data, (host) => allowing.value = host)}
            rows={refused}
            rowKey={({ host, port }) => formatEndpoint(host, port)}
          />
        </>
      )}
      {allowing.value && (
        <AllowDialog
          refused={allowing.value}
          forward={forward.data}
          reload={forward.reload}
          onClose={() => allowing.value = undefined}
        />
      )}
    </section>
  );
}

function whyOf({ reason, message }: RefusedHost): string {
  if (reason === "host") return "Not on the list";
  return reason === "port" ? "Its port is not on the list" : message;
}

function refusedColumns(
  { writable }: Forward,
  allow: (host: Allowable) => void,
): Column<RefusedHost>[] {
  return [
    {
      id: "host",
      title: "Host",
      class: "main",
      cell: (refused) => (
        <div class="title-cell">
          <span>{formatEndpoint(refused.host, refused.port)}</span>
          <span class="muted small">{whyOf(refused)}</span>
        </div>
      ),
    },
    { id: "client", title: "Last client", cell: ({ client }) => client },
    { id: "count", title: "Times", class: "right", cell: ({ count }) => formatCount(count) },
    { id: "last", title: "Last", class: "right", cell: ({ lastAt }) => <Ago time={lastAt} /> },
    {
      id: "allow",
      title: "",
      class: "fit right",
      cell: ({ entry, ...rest }) =>
        entry !== null && writable && may("admin") && (
          <button
            type="button"
            class="button"
            aria-label={`Allow ${entry}…`}
            onClick={() => allow({ ...rest, entry })}
          >
            <Icon name="ok" size={12} />
            Allow…
          </button>
        ),
    },
  ];
}
