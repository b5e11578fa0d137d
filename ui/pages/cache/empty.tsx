import { Nothing } from "../../components/states.tsx";
import { setQuery } from "../../web/location.ts";

/** In place of rows: nothing passes the filter, or nothing is cached. */
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
      <p>Images that clients pull from now on are cached.</p>
      <a class="button" href="/connect">Connect a client</a>
    </Nothing>
  );
}
