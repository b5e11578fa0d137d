import type { Point, Stats } from "../../api/schema/stats.ts";
import { type Column, Table } from "../../components/table.tsx";
import { formatBytes, formatCount, formatShare, formatStep } from "../../web/format.ts";
import { cacheable, served } from "../../web/ratio.ts";
import { WORDS } from "./later_words.ts";

/** The charts' figures as a table, latest first. */
export function Figures({ stats }: { stats: Stats }) {
  const columns: Column<Point>[] = [
    {
      id: "time",
      title: WORDS.from,
      cell: ({ time }) => <time>{formatStep(time, stats.stepMs, stats.to)}</time>,
      class: "main",
    },
    { id: "pulls", title: WORDS.pulls, cell: ({ pulls }) => formatCount(pulls), class: "right" },
    { id: "hits", title: WORDS.hits, cell: ({ hits }) => formatCount(hits), class: "right" },
    {
      id: "misses",
      title: WORDS.misses,
      cell: ({ misses }) => formatCount(misses),
      class: "right",
    },
    { id: "stale", title: WORDS.stale, cell: ({ stale }) => formatCount(stale), class: "right" },
    {
      id: "ratio",
      title: WORDS.hitRatio,
      cell: (point) => formatShare(served(point), cacheable(point)),
      class: "right",
    },
    {
      id: "errors",
      title: WORDS.errors,
      cell: ({ errors }) => formatCount(errors),
      class: "right",
    },
    {
      id: "cache",
      title: WORDS.fromTheCache,
      cell: ({ bytesFromCache }) => formatBytes(bytesFromCache),
      class: "right",
    },
    {
      id: "upstream",
      title: WORDS.fromUpstream,
      cell: ({ bytesFromUpstream }) => formatBytes(bytesFromUpstream),
      class: "right",
    },
  ];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={WORDS.figuresOverTime}>
      <Table
        caption={WORDS.figuresOverTime}
        columns={columns}
        rows={[...stats.series].reverse()}
        rowKey={({ time }) => String(time)}
      />
    </div>
  );
}
