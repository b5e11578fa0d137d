/** What both lists of the cache have around their rows. */
import type { ComponentChildren } from "preact";
import { Search } from "../../components/search.tsx";
import { query, setQuery } from "../../web/location.ts";
import { ClusterPanel } from "./cluster.tsx";
import { DepotPanel } from "./depot.tsx";
import { CacheHead, CacheViews } from "./head.tsx";

interface CacheListProps {
  title: string;
  /** What the search is for: `Find a repository`. */
  find: string;
  /** Narrows the list, beside the search. */
  filters: ComponentChildren;
  /** Called after something was evicted. */
  onChange: () => void;
  /** The rows. */
  children: ComponentChildren;
}

export function CacheList({ title, find, filters, onChange, children }: CacheListProps) {
  return (
    <>
      <CacheHead onChange={onChange} />
      <DepotPanel />
      <ClusterPanel />
      <section class="panel" aria-label={title}>
        <div class="toolbar">
          <CacheViews />
          <Search
            label={find}
            value={query.value.get("q") ?? ""}
            onInput={(text) => setQuery({ q: text, page: "" })}
          />
          {filters}
        </div>
        {children}
      </section>
    </>
  );
}
