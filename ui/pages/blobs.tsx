/** The cache as a list of digests. */
import { useSignal } from "@preact/signals";
import type { BlobKind } from "../api/schema/cache.ts";
import { EvictDialog } from "../components/evict.tsx";
import { CheckField, type Choice, Choose } from "../components/choice.tsx";
import { Pager } from "../components/pager.tsx";
import { Loaded } from "../components/states.tsx";
import { sortFromQuery, Table } from "../components/table.tsx";
import { formatBytes } from "../web/format.ts";
import { query, setQuery } from "../web/location.ts";
import { useResource } from "../web/resource.ts";
import { blobPath } from "../web/paths.ts";
import { type Chosen, chosenText, toggled, toSelection } from "../web/selection.ts";
import { blobColumns } from "./cache/blob_columns.tsx";
import { Empty } from "./cache/empty.tsx";
import { CacheList } from "./cache/list.tsx";
import { SelectionBar } from "./cache/selection_bar.tsx";
import { WORDS } from "./cache/words.ts";

const KINDS: readonly Choice<BlobKind | "">[] = [
  { value: "", text: "Every kind" },
  { value: "layer", text: "Layers" },
  { value: "config", text: "Configs" },
  { value: "manifest", text: "Manifests" },
  { value: "index", text: "Indexes" },
  { value: "other", text: "Others" },
];
const SORTS = ["digest", "size", "hits", "lastUsed", "created"] as const;
const NONE: Chosen = new Map();

export function Blobs() {
  const chosen = useSignal<Chosen>(NONE);
  const evicting = useSignal(false);
  const { blobs, sort, filtered } = useBlobs();
  const change = () => {
    chosen.value = NONE;
    blobs.reload();
  };
  const toggle = (digest: string) => chosen.value = toggled(chosen.value, digest, { digest });
  return (
    <>
      <CacheList
        title={WORDS.digests}
        find={WORDS.findADigestOrRepository}
        onChange={change}
        filters={<Filters bytes={blobs.data?.bytes} />}
      >
        <Loaded resource={blobs} lines={10}>
          {(data) =>
            data.items.length === 0 ? <Empty filtered={filtered} /> : (
              <>
                <Table
                  caption={WORDS.digests}
                  columns={blobColumns(chosen.value, toggle)}
                  rows={data.items}
                  rowKey={({ digest }) => digest}
                  sort={sort}
                  href={({ digest }) => blobPath(digest)}
                  rowClass={({ digest }) => chosen.value.has(digest) ? "chosen" : ""}
                />
                <Pager {...data} noun={["digest", "digests"]} />
              </>
            )}
        </Loaded>
      </CacheList>
      <SelectionBar
        chosen={chosen.value}
        onClear={() => chosen.value = NONE}
        onChange={change}
        onEvict={() => evicting.value = true}
      />
      {evicting.value && (
        <EvictDialog
          title={`Evict ${chosenText(chosen.value)}?`}
          selection={toSelection(chosen.value)}
          onClose={() => evicting.value = false}
          onDone={change}
        />
      )}
    </>
  );
}

/** The digests that the address asks for. */
function useBlobs() {
  const parameters = query.value;
  const search = parameters.get("q") ?? "";
  const { kind, pinned } = filterOf(parameters);
  const sort = sortFromQuery(SORTS, { by: "lastUsed", order: "desc" });
  const blobs = useResource("/cache/blobs", {
    query: {
      search,
      kind: kind || undefined,
      pinned: pinned ? "true" : undefined,
      repository: parameters.get("repository") ?? "",
      registry: parameters.get("registry") ?? "",
      sort: sort.by,
      order: sort.order,
      page: parameters.get("page") ?? "1",
    },
  });
  return { blobs, sort, filtered: search !== "" || kind !== "" || pinned };
}

function filterOf(parameters: URLSearchParams) {
  return {
    kind: (parameters.get("kind") ?? "") as BlobKind | "",
    pinned: parameters.get("pinned") === "true",
  };
}

function Filters({ bytes }: { bytes: number | undefined }) {
  const { kind, pinned } = filterOf(query.value);
  return (
    <>
      <Choose
        label={WORDS.kind}
        value={kind}
        choices={KINDS}
        onInput={(value) => setQuery({ kind: value, page: "" })}
      />
      <CheckField
        label={WORDS.pinnedOnly}
        checked={pinned}
        onInput={(value) => setQuery({ pinned: value ? "true" : "", page: "" })}
      />
      {bytes !== undefined && <span class="muted num end">{formatBytes(bytes)}</span>}
    </>
  );
}
