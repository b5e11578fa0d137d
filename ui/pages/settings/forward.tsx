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
import { WORDS } from "./words.ts";

const TUNNELS: Column<Tunnel>[] = [
  {
    id: "host",
    title: WORDS.host,
    class: "main",
    cell: ({ host, port }) => <span class="break">{formatEndpoint(host, port)}</span>,
  },
  {
    id: "client",
    title: WORDS.client,
    cell: ({ client, user }) => user === "" ? client : WORDS.at(user, client),
  },
  {
    id: "how",
    title: WORDS.content,
    cell: ({ intercepted }) => intercepted ? WORDS.openedAndCached : WORDS.tunnelledAsItIs,
  },
  {
    id: "sent",
    title: WORDS.sent,
    class: "right",
    cell: ({ sentBytes }) => formatBytes(sentBytes),
  },
  {
    id: "received",
    title: WORDS.received,
    class: "right",
    cell: ({ receivedBytes }) => formatBytes(receivedBytes),
  },
  {
    id: "age",
    title: WORDS.openFor,
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
    <section class="panel" aria-label={WORDS.forwardProxy}>
      <div class="panel-head">
        <h2>{WORDS.forwardProxy}</h2>
        <span class="muted">
          {WORDS.listensOn} <code>{listen}</code>
        </span>
      </div>
      {tunnels.length === 0 ? <p class="panel-note">{WORDS.noTunnelIsOpen}</p> : (
        <Table
          caption={WORDS.openTunnels}
          columns={TUNNELS}
          rows={tunnels}
          rowKey={({ id }) => id}
        />
      )}
      {open > tunnels.length && (
        <p class="panel-note">
          {WORDS.theLatest} {formatCount(tunnels.length)} {WORDS.of} {formatCount(open)}{" "}
          {WORDS.openTunnels2}
        </p>
      )}
      {refused.length > 0 && (
        <>
          <div class="panel-head next">
            <h3>{WORDS.refusedHosts}</h3>
            <span class="muted">
              {WORDS.askedForAndNotReached}
              {readOnlyReason !== "" && may("admin") &&
                WORDS.noneCanBeAllowedFrom(readOnlyReason)}
            </span>
          </div>
          <Table
            caption={WORDS.refusedHosts}
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
  if (reason === "host") return WORDS.notOnTheList;
  return reason === "port" ? WORDS.itsPortIsNotOn : message;
}

function refusedColumns(
  { writable }: Forward,
  allow: (host: Allowable) => void,
): Column<RefusedHost>[] {
  return [
    {
      id: "host",
      title: WORDS.host,
      class: "main",
      cell: (refused) => (
        <div class="title-cell">
          <span>{formatEndpoint(refused.host, refused.port)}</span>
          <span class="muted small">{whyOf(refused)}</span>
        </div>
      ),
    },
    { id: "client", title: WORDS.lastClient, cell: ({ client }) => client },
    { id: "count", title: WORDS.times, class: "right", cell: ({ count }) => formatCount(count) },
    { id: "last", title: WORDS.last, class: "right", cell: ({ lastAt }) => <Ago time={lastAt} /> },
    {
      id: "allow",
      title: "",
      class: "fit right",
      cell: ({ entry, ...rest }) =>
        entry !== null && writable && may("admin") && (
          <button
            type="button"
            class="button"
            aria-label={WORDS.allow2(entry)}
            onClick={() => allow({ ...rest, entry })}
          >
            <Icon name="ok" size={12} />
            {WORDS.allow3}
          </button>
        ),
    },
  ];
}
