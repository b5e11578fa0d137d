/** The cache as a list of digests. */
import { useSignal } from "@preact/signals";
import type { Blob, BlobKind } from "../api/schema/cache.ts";
import { Ago } from "../components/ago.tsx";
import { Digest } from "../components/copy.tsx";
import { EvictDialog } from "../components/evict.tsx";
import { CheckField, type Choice, Choose } from "../components/choice.tsx";
import { Search } from "../components/search.tsx";
import { Icon } from "../components/icon.tsx";
import { Pager } from "../components/pager.tsx";
import { Loaded } from "../components/states.tsx";
import { type Column, sortFromQuery, Table } from "../components/table.tsx";
import { countOf, formatBytes, formatCount } from "../web/format.ts";
import { query, setQuery } from "../web/location.ts";
import { useResource } from "../web/resource.ts";
import { blobPath } from "../web/paths.ts";
import { type Chosen, chosenText, toggled, toSelection } from "../web/selection.ts";
import { CacheHead, CacheViews } from "./cache/head.tsx";
import { SelectionBar } from "./cache/selection_bar.tsx";
import { Empty } from "./images.tsx";

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
  const parameters = query.value;
  const search = parameters.get("q") ?? "";
  const kind = (parameters.get("kind") ?? "") as BlobKind | "";
  const pinned = parameters.get("pinned") === "true";
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
  const change = () => {
    chosen.value = NONE;
    blobs.reload();
  };
  const toggle = (digest: string) => chosen.value = toggled(chosen.value, digest, { digest });
  return (
    <>
      <CacheHead onChange={change} />
      <section class="panel" aria-label="Digests">
        <div class="toolbar">
          <CacheViews />
          <Search
            label="Find a digest or repository"
            value={search}
            onInput={(text) => setQuery({ q: text, page: "" })}
          />
          <Choose
            label="Kind"
            value={kind}
            choices={KINDS}
            onInput={(value) => setQuery({ kind: value, page: "" })}
          />
          <CheckField
            label="Pinned only"
            checked={pinned}
            onInput={(value) => setQuery({ pinned: value ? "true" : "", page: "" })}
          />
          {blobs.data && <span class="muted num end">{formatBytes(blobs.data.bytes)}</span>}
        </div>
        <Loaded resource={blobs} lines={10}>
          {(data) =>
            data.items.length === 0
              ? <Empty filtered={search !== "" || kind !== "" || pinned} />
              : (
                <>
                  <Table
                    caption="Digests"
                    columns={columnsFor(chosen.value, toggle)}
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
      </section>
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

function columnsFor(chosen: Chosen, toggle: (digest: string) => void): Column<Blob>[] {
  return [
    {
      id: "choose",
      title: "",
      class: "fit bare",
      cell: ({ digest }) => (
        <input
          type="checkbox"
          aria-label={`Choose ${digest}`}
          checked={chosen.has(digest)}
          onChange={() => toggle(digest)}
        />
      ),
    },
    {
      id: "digest",
      title: "Digest",
      sort: "asc",
      class: "main",
      cell: ({ digest, pinned }) => (
        <span class="actions">
          <Digest value={digest} />
          {pinned && (
            <span class="badge accent">
              <Icon name="pin" size={12} />
              Pinned
            </span>
          )}
        </span>
      ),
    },
    {
      id: "kind",
      title: "Kind",
      cell: ({ kind, digest }) => <a href={blobPath(digest)}>{kind}</a>,
    },
    {
      id: "repositories",
      title: "Used by",
      cell: ({ repositories, repositoryCount }) => (
        <span class="break">
          {repositories[0] ?? <span class="muted">nothing</span>}
          {repositoryCount > 1 && (
            <span class="muted">{` and ${countOf(repositoryCount - 1, "other")}`}</span>
          )}
        </span>
      ),
    },
    {
      id: "size",
      title: "Size",
      sort: "desc",
      class: "right",
      cell: ({ size }) => formatBytes(size),
    },
    {
      id: "hits",
      title: "Hits",
      sort: "desc",
      class: "right",
      cell: ({ hits }) => formatCount(hits),
    },
    {
      id: "lastUsed",
      title: "Last used",
      sort: "desc",
      class: "right",
      cell: ({ lastUsed }) => <Ago time={lastUsed} />,
    },
    {
      id: "created",
      title: "Stored",
      sort: "desc",
      class: "right wide",
      cell: ({ created }) => <Ago time={created} />,
    },
  ];
}
