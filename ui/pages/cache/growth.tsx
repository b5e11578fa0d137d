/** How the cache has grown, and what is to be expected; the chart is made when it is opened. */
import { useSignal } from "@preact/signals";
import type { CacheGrowth } from "../../api/schema/cache.ts";
import { Chart, type Series } from "../../components/chart.tsx";
import { Icon } from "../../components/icon.tsx";
import { now } from "../../web/clock.ts";
import { formatBytes } from "../../web/format.ts";
import { useResource } from "../../web/resource.ts";
import { GROWTH } from "./words.ts";

const DAY = 86400e3;
const SIZE: Series<{ time: number; bytes: number }>[] = [
  { label: GROWTH.chart, tone: "hit", value: ({ bytes }) => bytes },
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
        <h2>{GROWTH.title}</h2>
        <span class="muted num">{inWords(data)}</span>
      </summary>
      {open.value && (
        <Chart
          title={GROWTH.chart}
          points={data.samples}
          span={{ from: to - 30 * DAY, to, stepMs: DAY }}
          series={SIZE}
          unit="bytes"
          format={formatBytes}
          height={160}
          nothing={GROWTH.nothing}
          onSelect={() => {}}
        />
      )}
    </details>
  );
}

function inWords({ bytesPerDay, daysUntilFull, evictedAfterMs }: CacheGrowth): string {
  const trend = bytesPerDay === null
    ? GROWTH.unknown
    : bytesPerDay > 0
    ? GROWTH.grows(bytesPerDay)
    : bytesPerDay < 0
    ? GROWTH.shrinks(bytesPerDay)
    : GROWTH.steady;
  const full = daysUntilFull === null ? [] : [GROWTH.full(Math.max(1, Math.round(daysUntilFull)))];
  const evicted = evictedAfterMs === null ? [] : [GROWTH.evicted(evictedAfterMs)];
  return [trend, ...full, ...evicted].join(", ");
}
