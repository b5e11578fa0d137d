import type { Content } from "../../api/schema/cache.ts";
import type { HistoryStep, ImageConfig } from "../../api/schema/image.ts";
import { Panel } from "../../components/panel.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { formatBytes, formatCount, mediaTypeName, shortDigest } from "../../web/format.ts";
import { blobPath } from "../../web/paths.ts";
import { WORDS } from "./words.ts";

interface Step extends HistoryStep {
  index: number;
}

/** How the image was built, step by step, with the layers that came of it. */
export function History({ config }: { config: ImageConfig }) {
  const { history, layers, parsed } = config;
  const steps = history.length > 0
    ? history
    : layers.map((layer) => ({ command: "", comment: "", created: null, layer }));
  const named = history.length > 0;
  return (
    <Panel
      title={named ? WORDS.history : WORDS.layers}
      beside={<span class="muted num">{formatCount(steps.length)}</span>}
    >
      {!named && parsed && <p class="panel-note">{WORDS.noHistory}</p>}
      <Table
        caption={named ? WORDS.history : WORDS.layers}
        columns={COLUMNS}
        rows={steps.map((step, index): Step => ({ ...step, index: index + 1 }))}
        rowKey={({ index }) => String(index)}
      />
    </Panel>
  );
}

const COLUMNS: Column<Step>[] = [
  { id: "index", title: "#", class: "fit skip-phone num", cell: ({ index }) => index },
  {
    id: "command",
    title: WORDS.step,
    class: "main",
    cell: ({ command, comment, layer }) => (
      <code class="pre">{command || comment || (layer && mediaTypeName(layer.mediaType))}</code>
    ),
  },
  {
    id: "size",
    title: WORDS.size,
    class: "right",
    cell: ({ layer }) =>
      layer ? formatBytes(layer.size) : <span class="muted">{WORDS.noLayer}</span>,
  },
  { id: "layer", title: WORDS.digest, class: "fit full", cell: ({ layer }) => digestOf(layer) },
];

function digestOf(layer: Content | null) {
  if (!layer) return null;
  const digest = shortDigest(layer.digest);
  if (layer.cached) return <a class="mono" href={blobPath(layer.digest)}>{digest}</a>;
  return <span class="mono muted" title={WORDS.notCached}>{`${digest}, ${WORDS.notCached}`}</span>;
}
