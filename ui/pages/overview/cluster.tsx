/** The Berths that work as one: how each is doing, and over which of them figures are summed up. */
import type { Member } from "../../api/schema/events.ts";
import type { ClusterView, MembersAsked } from "../../api/schema/status.ts";
import { Ago } from "../../components/ago.tsx";
import { Icon } from "../../components/icon.tsx";
import { Meter } from "../../components/meter.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { now } from "../../web/clock.ts";
import {
  countOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatShare,
} from "../../web/format.ts";
import { members, status } from "../../web/live.ts";
import { WORDS } from "./later_words.ts";

/** Whose sums the figures beneath are. */
export function SummedUp({ members: { asked, silent } }: { members: MembersAsked }) {
  return (
    <p class="panel-note" role="status">
      {silent.length === 0 ? WORDS.allMembersOfTheCluster(asked) : (
        <span class="state warn">
          <Icon name="warn" />
          <span>
            {WORDS.ofMembersAnsweredDidNot(
              asked - silent.length,
              asked,
              new Intl.ListFormat("en").format(silent),
            )}
          </span>
        </span>
      )}
    </p>
  );
}

interface Row {
  id: string;
  address: string;
  version: string;
  since: number;
  problem: string;
  /** Null: it is this one. */
  seen: number | null | undefined;
  figures: Member | undefined;
}

const COLUMNS: Column<Row>[] = [
  {
    id: "id",
    title: WORDS.member,
    class: "main",
    cell: ({ id, address, problem, seen }) => (
      <span class="title-cell">
        <strong class="mono break">{id}</strong>
        <span class="muted small">{seen === undefined ? WORDS.thisOne(address) : address}</span>
        {problem && (
          <span>
            <span class="badge bad">{problem}</span>
          </span>
        )}
      </span>
    ),
  },
  { id: "version", title: WORDS.version, class: "wide skip-phone", cell: ({ version }) => version },
  {
    id: "up",
    title: WORDS.up,
    class: "right",
    cell: ({ since }) => formatDuration(Math.max(1000, now.value - since)),
  },
  {
    id: "rate",
    title: WORDS.requestsS,
    class: "right",
    cell: ({ figures }) => figures?.answers ? perSecond(figures.lastMinute.requests) : "–",
  },
  {
    id: "fills",
    title: WORDS.downloads,
    class: "right",
    cell: ({ figures }) => figures?.answers ? formatCount(figures.fills) : "–",
  },
  { id: "disk", title: WORDS.onItsDisk, class: "right", cell: ({ figures }) => diskOf(figures) },
  {
    id: "lag",
    title: WORDS.behind,
    class: "right medium skip-phone",
    cell: ({ figures }) => figures && figures.lagMs !== null ? formatDuration(figures.lagMs) : "–",
  },
  {
    id: "seen",
    title: WORDS.answered,
    class: "right",
    cell: ({ seen, figures }) =>
      seen === undefined || figures?.answers ? "now" : <Ago time={seen} />,
  },
];

/** All members, and what they hold together. */
export function ClusterPanel({ cluster }: { cluster: ClusterView }) {
  const { problem, peers, shared, sentBytes, receivedBytes } = cluster;
  const known = new Map(members.value.map((member) => [member.id, member]));
  const rows = [ownRow(cluster), ...peers].map((row) => ({ ...row, figures: known.get(row.id) }));
  const held = members.value.reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <section class="panel" aria-label={WORDS.cluster}>
      <div class="panel-head">
        <h2>{WORDS.cluster}</h2>
        {problem ? <span class="badge bad">{WORDS.eachForItself}</span> : (
          <span class="muted num">
            {WORDS.onTheirDisks(countOf(rows.length, "member"), formatBytes(held))}
          </span>
        )}
      </div>
      {problem && <p class="panel-note">{problem}</p>}
      <Table caption={WORDS.members} columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />
      <p class="panel-note small muted">
        {WORDS.tookFromTheOthersReceived(
          cluster.id,
          countOf(shared, "download"),
          formatBytes(receivedBytes),
          formatBytes(sentBytes),
        )}
        <DepotLine />
      </p>
    </section>
  );
}

function ownRow({ id, address }: ClusterView): Omit<Row, "figures"> {
  const { version = "", startedAt = 0 } = status.value ?? {};
  return { id, address, version, since: startedAt, problem: "", seen: undefined };
}

function DepotLine() {
  const depot = status.value?.storage.depot;
  if (!depot) return null;
  const { bytes, maxBytes, objects } = depot;
  return (
    <>
      {WORDS.theDepotHoldsOf(
        countOf(objects, "object"),
        formatBytes(bytes),
        formatBytes(maxBytes),
        formatShare(bytes, maxBytes),
      )}
    </>
  );
}

function diskOf(figures: Member | undefined) {
  if (!figures) return "–";
  const { id, bytes, maxBytes } = figures;
  return (
    <span class="progress">
      <span>
        {maxBytes > 0 ? WORDS.of(formatBytes(bytes), formatBytes(maxBytes)) : formatBytes(bytes)}
      </span>
      {maxBytes > 0 && <Meter value={bytes} max={maxBytes} label={WORDS.diskOf(id)} />}
    </span>
  );
}

/** Requests of a minute, by the second. */
function perSecond(requests: number): string {
  const rate = requests / 60;
  return rate >= 10 || rate === 0 ? formatCount(Math.round(rate)) : rate.toFixed(1);
}
