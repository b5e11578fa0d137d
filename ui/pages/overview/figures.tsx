import type { Point, Stats } from "../../api/schema/stats.ts";
import { type Column, Table } from "../../components/table.tsx";
import { formatBytes, formatCount, formatShare, formatStep } from "../../web/format.ts";
import { cacheable, served } from "../../web/ratio.ts";

/** The charts' figures as a table, latest first. */
export function Figures({ stats }: { stats: Stats }) {
  const columns: Column<Point>[] = [
    {
      id: "time",
      title: "From",
      cell: ({ time }) => <time>{formatStep(time, stats.stepMs, stats.to)}</time>,
      class: "main",
    },
    { id: "pulls", title: "Pulls", cell: ({ pulls }) => formatCount(pulls), class: "right" },
    { id: "hits", title: "Hits", cell: ({ hits }) => formatCount(hits), class: "right" },
    { id: "misses", title: "Misses", cell: ({ misses }) => formatCount(misses), class: "right" },
    { id: "stale", title: "Stale", cell: ({ stale }) => formatCount(stale), class: "right" },
    {
      id: "ratio",
      title: "Hit ratio",
      cell: (point) => formatShare(served(point), cacheable(point)),
      class: "right",
    },
    { id: "errors", title: "Errors", cell: ({ errors }) => formatCount(errors), class: "right" },
    {
      id: "cache",
      title: "From the cache",
      cell: ({ bytesFromCache }) => formatBytes(bytesFromCache),
      class: "right",
    },
    {
      id: "upstream",
      title: "From upstream",
      cell: ({ bytesFromUpstream }) => formatBytes(bytesFromUpstream),
      class: "right",
    },
  ];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Figures over time">
      <Table
        caption="Figures over time"
        columns={columns}
        rows={[...stats.series].reverse()}
        rowKey={({ time }) => String(time)}
      />
    </div>
  );
}
