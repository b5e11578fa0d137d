/** What both lists of the cache have around their rows. */
import type { ComponentChildren } from "preact";
import { Search } from "../../components/search.tsx";
import { status } from "../../web/live.ts";
import { query, setQuery } from "../../web/location.ts";
import { DepotPanel } from "./depot.tsx";
import { GrowthPanel } from "./growth.tsx";
import { CacheHead, CacheViews } from "./head.tsx";
import { WORDS } from "./words.ts";

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
  const member = status.value?.cluster?.id;
  return (
    <>
      <CacheHead onChange={onChange} />
      <DepotPanel />
      <GrowthPanel />
      {member && (
        <p class="muted">
          {WORDS.contentOnTheDiskOf(member)}
          <a href="/">{WORDS.allMembers}</a>
        </p>
      )}
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
