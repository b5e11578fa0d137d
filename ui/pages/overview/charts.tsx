import { useSignal } from "@preact/signals";
import type { Stats } from "../../api/schema/stats.ts";
import { Chart, type Series } from "../../components/chart.tsx";
import { Icon } from "../../components/icon.tsx";
import { lazy } from "../../components/lazy.tsx";
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
/** Dragging narrower than this shows nothing new. */
const MIN_RANGE_MS = 5 * 60e3;

/** Hits and misses, and bytes, over time; dragging over either narrows the span. */
export function Charts({ stats }: { stats: Stats }) {
  const requests = stats.total.stale > 0
    ? REQUESTS
    : REQUESTS.filter(({ tone }) => tone !== "stale");
  const select = (from: number, to: number) => {
    if (to - from < MIN_RANGE_MS) return;
    setQuery({ from: String(Math.round(from)), to: String(Math.round(to)) }, { replace: false });
  };
  const shared = { points: stats.series, span: stats, onSelect: select };
  return (
    <div class="charts">
      <Chart
        title="Hits and misses"
        series={requests}
        unit="count"
        format={formatCount}
        {...shared}
      />
      <Chart title="Bytes sent" series={BYTES} unit="bytes" format={formatBytes} {...shared} />
    </div>
  );
}

const Figures = lazy(async () => (await import("../later.ts")).Figures);

/** The same for those who do not read charts; made only when asked for. */
export function FiguresBeneath({ stats }: { stats: Stats }) {
  const open = useSignal(false);
  return (
    <details class="figures" onToggle={(event) => open.value = event.currentTarget.open}>
      <summary>
        <Icon name="chevron" size={12} />
        The same as a table
      </summary>
      {open.value && <Figures stats={stats} />}
    </details>
  );
}
