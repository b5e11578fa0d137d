import type { Stats } from "../../api/schema/stats.ts";
import { Chart, type Series } from "../../components/chart.tsx";
import { formatBytes, formatCount } from "../../web/format.ts";
import { setQuery } from "../../web/location.ts";

const REQUESTS: Series[] = [
  { label: "Hits", tone: "hit", value: ({ hits }) => hits },
  { label: "Stale", tone: "stale", value: ({ stale }) => stale },
  { label: "Misses", tone: "miss", value: ({ misses }) => misses },
];
const BYTES: Series[] = [
  { label: "From the cache", tone: "hit", value: ({ bytesFromCache }) => bytesFromCache },
  { label: "From upstream", tone: "miss", value: ({ bytesFromUpstream }) => bytesFromUpstream },
];
const PULLS: Series[] = [{ label: "Pulls", tone: "pull", value: ({ pulls }) => pulls }];
const ERRORS: Series[] = [{ label: "Errors", tone: "error", value: ({ errors }) => errors }];
const [TALL, LOW] = [200, 120];
/** Dragging narrower than this shows nothing new. */
const MIN_RANGE_MS = 5 * 60e3;

/** What the tiles say in all, over time; dragging over a chart narrows the span. */
export function Charts({ stats }: { stats: Stats }) {
  const requests = stats.total.stale > 0
    ? REQUESTS
    : REQUESTS.filter(({ tone }) => tone !== "stale");
  const select = (from: number, to: number) => {
    if (to - from < MIN_RANGE_MS) return;
    setQuery({ from: String(Math.round(from)), to: String(Math.round(to)) }, { replace: false });
  };
  const shared = { points: stats.series, span: stats, onSelect: select };
  const counts = { unit: "count", format: formatCount, ...shared } as const;
  return (
    <div class="charts">
      <Chart
        title="Hits and misses"
        series={requests}
        height={TALL}
        nothing="No requests"
        {...counts}
      />
      <Chart
        title="Bytes sent"
        series={BYTES}
        height={TALL}
        nothing="Nothing sent"
        unit="bytes"
        format={formatBytes}
        {...shared}
      />
      <Chart title="Pulls" series={PULLS} height={LOW} nothing="No pulls" {...counts} />
      <Chart title="Errors" series={ERRORS} height={LOW} nothing="No errors" {...counts} />
    </div>
  );
}
