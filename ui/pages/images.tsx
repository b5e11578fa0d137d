/** The cache as a tree: repositories, their tags, platforms and layers. */
import { useSignal } from "@preact/signals";
import type { ImageName, Selection } from "../api/schema/cache.ts";
import { ChooseRegistry } from "../components/choose_registry.tsx";
import { EvictDialog } from "../components/evict.tsx";
import { Pager } from "../components/pager.tsx";
import { Loaded } from "../components/states.tsx";
import { sortFromQuery } from "../components/table.tsx";
import { query, setQuery } from "../web/location.ts";
import { useResource } from "../web/resource.ts";
import { type Chosen, chosenText, toggled, toSelection } from "../web/selection.ts";
import { Empty } from "./cache/empty.tsx";
import { CacheList } from "./cache/list.tsx";
import { SelectionBar } from "./cache/selection_bar.tsx";
import { Tree, type TreeActions } from "./cache/tree.tsx";
import { WORDS } from "./cache/words.ts";

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
  const { images, sort, registry, filtered } = useImages();
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
      eviction.value = { title: WORDS.evictThisDigest, selection: { digests: [digest] } },
    changed: change,
  };
  return (
    <>
      <CacheList
        title={WORDS.images}
        find={WORDS.findARepository}
        onChange={change}
        filters={
          <ChooseRegistry
            value={registry}
            onInput={(value) => setQuery({ registry: value, page: "" })}
          />
        }
      >
        <Loaded resource={images} lines={10}>
          {(data) =>
            data.items.length === 0 ? <Empty filtered={filtered} /> : (
              <>
                <Tree key={version.value} images={data.items} sort={sort} actions={actions} />
                <Pager {...data} noun={["repository", "repositories"]} />
              </>
            )}
        </Loaded>
      </CacheList>
      <SelectionBar
        chosen={chosen.value}
        onClear={() => chosen.value = NONE}
        onChange={change}
        onEvict={() => eviction.value = evictionOf(chosen.value)}
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

/** The repositories that the address asks for. */
function useImages() {
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
  return { images, sort, registry, filtered: search !== "" || registry !== "" };
}

function evictionOf(chosen: Chosen): Eviction {
  return { title: `Evict ${chosenText(chosen)}?`, selection: toSelection(chosen) };
}

function nameOf({ registry, repository, tag }: ImageName): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}`;
}
