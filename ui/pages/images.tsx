/** The cache as a tree: repositories, their tags, platforms and layers. */
import { useSignal } from "@preact/signals";
import type { ImageName, Selection } from "../api/schema/cache.ts";
import { ChooseRegistry } from "../components/choose_registry.tsx";
import { EvictDialog } from "../components/evict.tsx";
import { Search } from "../components/search.tsx";
import { Pager } from "../components/pager.tsx";
import { Loaded, Nothing } from "../components/states.tsx";
import { sortFromQuery } from "../components/table.tsx";
import { query, setQuery } from "../web/location.ts";
import { useResource } from "../web/resource.ts";
import { type Chosen, chosenText, toggled, toSelection } from "../web/selection.ts";
import { CacheHead, CacheViews } from "./cache/head.tsx";
import { SelectionBar } from "./cache/selection_bar.tsx";
import { Tree, type TreeActions } from "./cache/tree.tsx";

interface Eviction {
  title: string;
  selection: Selection;
}

const SORTS = ["repository", "bytes", "hits", "lastUsed"] as const;
const NONE: Chosen = new Map();

export function Images() {
  const version = useSignal(0);
  const chosen = useSignal<Chosen>(NONE);
  const eviction = useSignal<Eviction | undefined>(undefined);
  const parameters = query.value;
  const sort = sortFromQuery(SORTS, { by: "lastUsed", order: "desc" });
  const search = parameters.get("q") ?? "";
  const registry = parameters.get("registry") ?? "";
  const images = useResource("/cache/images", {
    query: {
      search,
      registry,
      sort: sort.by,
      order: sort.order,
      page: parameters.get("page") ?? "1",
    },
  });
  const change = () => {
    version.value++;
    chosen.value = NONE;
    images.reload();
  };
  const actions: TreeActions = {
    chosen: chosen.value,
    choose: (key, value) => chosen.value = toggled(chosen.value, key, value),
    evict: (image) =>
      eviction.value = { title: `Evict ${nameOf(image)}?`, selection: { images: [image] } },
    evictDigest: (digest) =>
      eviction.value = { title: "Evict this digest?", selection: { digests: [digest] } },
    changed: change,
  };
  const filtered = search !== "" || registry !== "";
  return (
    <>
      <CacheHead onChange={change} />
      <section class="panel" aria-label="Images">
        <div class="toolbar">
          <CacheViews />
          <Search
            label="Find a repository"
            value={search}
            onInput={(text) => setQuery({ q: text, page: "" })}
          />
          <ChooseRegistry
            value={registry}
            onInput={(value) => setQuery({ registry: value, page: "" })}
          />
        </div>
        <Loaded resource={images} lines={10}>
          {(data) =>
            data.items.length === 0 ? <Empty filtered={filtered} /> : (
              <>
                <Tree key={version.value} images={data.items} sort={sort} actions={actions} />
                <Pager {...data} noun={["repository", "repositories"]} />
              </>
            )}
        </Loaded>
      </section>
      <SelectionBar
        chosen={chosen.value}
        onClear={() => chosen.value = NONE}
        onChange={change}
        onEvict={() =>
          eviction.value = {
            title: `Evict ${chosenText(chosen.value)}?`,
            selection: toSelection(chosen.value),
          }}
      />
      {eviction.value && (
        <EvictDialog
          {...eviction.value}
          onClose={() => eviction.value = undefined}
          onDone={change}
        />
      )}
    </>
  );
}

function nameOf({ registry, repository, tag }: ImageName): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}`;
}

export function Empty({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Nothing icon="search" title="Nothing matches">
        <button
          type="button"
          class="button"
          onClick={() => setQuery({ q: "", registry: "", kind: "", pinned: "", page: "" })}
        >
          Show everything
        </button>
      </Nothing>
    );
  }
  return (
    <Nothing icon="cache" title="The cache is empty">
      <p>What clients pull from now on is kept here.</p>
      <a class="button" href="/connect">Connect a client</a>
    </Nothing>
  );
}
