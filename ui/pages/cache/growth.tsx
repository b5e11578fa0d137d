/** How the cache has grown, and what is to be expected; the chart is made when it is opened. */
import { useSignal } from "@preact/signals";
import type { CacheGrowth } from "../../api/schema/cache.ts";
import { Chart, type Series } from "../../components/chart.tsx";
import { Icon } from "../../components/icon.tsx";
import { now } from "../../web/clock.ts";
import { countOf, formatBytes, formatDuration } from "../../web/format.ts";
import { useResource } from "../../web/resource.ts";

const WORDS = {
  title: "Growth over 30 days",
  chart: "Size of the cache",
  nothing: "No samples yet",
  unknown: "not enough days to tell",
  grows: (bytes: number) => `grows ${formatBytes(bytes)} per day`,
  shrinks: (bytes: number) => `shrinks ${formatBytes(-bytes)} per day`,
  steady: "stays the same size",
  full: (days: number) => `full in about ${countOf(days, "day")}`,
  evicted: (ms: number) => `evicted content was unused for ${formatDuration(ms)}`,
};

const DAY = 86400e3;
const SIZE: Series<{ time: number; bytes: number }>[] = [
  { label: WORDS.chart, tone: "hit", value: ({ bytes }) => bytes },
];

export function GrowthPanel() {
  const open = useSignal(false);
  const { data } = useResource("/cache/growth", {});
  if (!data || data.samples.length === 0) return null;
  const to = Math.floor(now.value / DAY + 1) * DAY;
  return (
    <details
      class="panel fold"
      onToggle={(event) => open.value = event.currentTarget.open}
    >
      <summary>
        <Icon name="chevron" size={12} />
        <h2>{WORDS.title}</h2>
        <span class="muted num">{inWords(data)}</span>
      </summary>
      {open.value && (
        <Chart
          title={WORDS.chart}
          points={data.samples}
          span={{ from: to - 30 * DAY, to, stepMs: DAY }}
          series={SIZE}
          unit="bytes"
          format={formatBytes}
          height={160}
          nothing={WORDS.nothing}
          onSelect={() => {}}
        />
      )}
    </details>
  );
}

function inWords({ bytesPerDay, daysUntilFull, evictedAfterMs }: CacheGrowth): string {
  const trend = bytesPerDay === null
    ? WORDS.unknown
    : bytesPerDay > 0
    ? WORDS.grows(bytesPerDay)
    : bytesPerDay < 0
    ? WORDS.shrinks(bytesPerDay)
    : WORDS.steady;
  const full = daysUntilFull === null ? [] : [WORDS.full(Math.max(1, Math.round(daysUntilFull)))];
  const evicted = evictedAfterMs === null ? [] : [WORDS.evicted(evictedAfterMs)];
  return [trend, ...full, ...evicted].join(", ");
}
