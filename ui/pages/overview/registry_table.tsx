import type { Counters, Stats } from "../../api/schema/stats.ts";
import type { RegistryHealth, Status } from "../../api/schema/status.ts";
import { Health } from "../../components/health.tsx";
import { Panel } from "../../components/panel.tsx";
import { type Column, type Sort, sorted, sortFromQuery, Table } from "../../components/table.tsx";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatShare,
} from "../../web/format.ts";
import { cacheable, served } from "../../web/ratio.ts";
import { query } from "../../web/location.ts";
import { registryPath } from "../../web/paths.ts";
import { failuresPath, spanFromQuery } from "../../web/span.ts";
import { WORDS } from "./words.ts";

type Row = RegistryHealth & { counters: Counters | undefined };

const COLUMNS: Column<Row>[] = [
  {
    id: "name",
    title: WORDS.registry,
    sort: "asc",
    class: "main",
    cell: ({ name }) => (
      <a href={registryPath(name)}>
        <strong>{name}</strong>
      </a>
    ),
  },
  { id: "state", title: WORDS.state, class: "full", cell: (row) => <Health health={row} /> },
  {
    id: "pulls",
    title: WORDS.pulls,
    sort: "desc",
    class: "right",
    cell: ({ counters }) => formatCount(counters?.pulls ?? 0),
  },
  {
    id: "ratio",
    title: WORDS.hitRatio,
    sort: "desc",
    class: "right",
    cell: ({ counters }) => counters ? formatShare(served(counters), cacheable(counters)) : "–",
  },
  {
    id: "cache",
    title: WORDS.fromTheCache,
    sort: "desc",
    class: "right",
    cell: ({ counters }) => formatBytes(counters?.bytesFromCache ?? 0),
  },
  {
    id: "upstream",
    title: WORDS.fromUpstream,
    sort: "desc",
    class: "right wide skip-phone",
    cell: ({ counters }) => formatBytes(counters?.bytesFromUpstream ?? 0),
  },
  {
    id: "errors",
    title: WORDS.errors,
    sort: "desc",
    class: "right",
    cell: ({ counters, name }) =>
      counters?.errors
        ? (
          <a class="tone-bad" href={failuresPath("errors", spanFromQuery(query.value), name)}>
            {formatCount(counters.errors)}
          </a>
        )
        : "0",
  },
  {
    id: "quota",
    title: WORDS.pullsLeft,
    class: "right medium skip-phone",
    cell: ({ quota }) =>
      quota
        ? (
          <span class="title-cell">
            {WORDS.of(formatCount(quota.remaining), formatCount(quota.limit))}
            {quota.emptyAt !== null && (
              <span class="muted small nowrap">{WORDS.emptyAt} {formatClock(quota.emptyAt)}</span>
            )}
          </span>
        )
        : "–",
  },
  {
    id: "latency",
    title: WORDS.latency,
    sort: "asc",
    class: "right medium",
    cell: ({ latencyMs }) => latencyMs === null ? "–" : formatDuration(latencyMs),
  },
];

const KEYS: Record<string, (row: Row) => number | string> = {
  name: ({ name }) => name,
  pulls: ({ counters }) => counters?.pulls ?? 0,
  ratio: ({ counters }) => counters ? served(counters) / Math.max(1, cacheable(counters)) : -1,
  cache: ({ counters }) => counters?.bytesFromCache ?? 0,
  upstream: ({ counters }) => counters?.bytesFromUpstream ?? 0,
  errors: ({ counters }) => counters?.errors ?? 0,
  latency: ({ latencyMs }) => latencyMs ?? Infinity,
};

const BUSIEST: Sort = { by: "pulls", order: "desc" };

/** Every registry that was used or is in trouble, with its figures of the span called `name`. */
export function RegistryTable(
  { status, stats, name }: { status: Status; stats: Stats; name: string },
) {
  const counters = new Map(stats.registries.map((registry) => [registry.name, registry]));
  const rows = status.registries.map((health) => ({
    ...health,
    counters: counters.get(health.name),
  }));
  const used = rows.filter((row) => row.counters || row.state !== "idle");
  const idle = rows.length - used.length;
  const sort = sortFromQuery(Object.keys(KEYS), BUSIEST);
  return (
    <Panel title={WORDS.registries} beside={<span class="muted">{name}</span>}>
      {used.length > 0 && (
        <Table
          caption={WORDS.registriesWithTheirFigures}
          columns={COLUMNS}
          rows={sorted(used, sort, KEYS)}
          rowKey={(row) => row.name}
          sort={sort}
          href={(row) => registryPath(row.name)}
        />
      )}
      {idle > 0 && (
        <div class="pager">
          <span>
            {used.length === 0
              ? WORDS.noneOfTheRegistriesWas(idle)
              : WORDS.moreNotUsedYet(idle, idle === 1 ? "was" : "were")}
          </span>
          <a href="/registries">{WORDS.allRegistries}</a>
        </div>
      )}
    </Panel>
  );
}
