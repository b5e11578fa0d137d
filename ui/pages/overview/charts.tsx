import type { Stats } from "../../api/schema/stats.ts";
import { Chart, type Series } from "../../components/chart.tsx";
import { formatBytes, formatCount } from "../../web/format.ts";
import { setQuery } from "../../web/location.ts";
import { WORDS } from "./words.ts";

const REQUESTS: Series[] = [
  { label: WORDS.hits, tone: "hit", value: ({ hits }) => hits },
  { label: WORDS.stale, tone: "stale", value: ({ stale }) => stale },
  { label: WORDS.misses, tone: "miss", value: ({ misses }) => misses },
];
const BYTES: Series[] = [
  { label: WORDS.fromTheCache, tone: "hit", value: ({ bytesFromCache }) => bytesFromCache },
  { label: WORDS.fromUpstream, tone: "miss", value: ({ bytesFromUpstream }) => bytesFromUpstream },
];
const PULLS: Series[] = [{ label: WORDS.pulls, tone: "pull", value: ({ pulls }) => pulls }];
const ERRORS: Series[] = [{ label: WORDS.errors, tone: "error", value: ({ errors }) => errors }];
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
        title={WORDS.hitsAndMisses}
        series={requests}
        height={TALL}
        nothing={WORDS.noRequests}
        {...counts}
      />
      <Chart
        title={WORDS.bytesSent}
        series={BYTES}
        height={TALL}
        nothing={WORDS.nothingSent}
        unit="bytes"
        format={formatBytes}
        {...shared}
      />
      <Chart title={WORDS.pulls} series={PULLS} height={LOW} nothing={WORDS.noPulls} {...counts} />
      <Chart
        title={WORDS.errors}
        series={ERRORS}
        height={LOW}
        nothing={WORDS.noErrors}
        {...counts}
      />
    </div>
  );
}
