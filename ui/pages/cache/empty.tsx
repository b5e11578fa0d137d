import { NothingMatches } from "../../components/nothing_matches.tsx";
import { Nothing } from "../../components/states.tsx";

/** In place of rows: nothing passes the filter, or nothing is cached. */
export function Empty({ filtered }: { filtered: boolean }) {
  if (filtered) return <NothingMatches filter={["q", "registry", "kind", "pinned", "page"]} />;
  return (
    <Nothing icon="cache" title="The cache is empty">
      <p>Images that clients pull from now on are cached.</p>
      <a class="button" href="/connect">Connect a client</a>
    </Nothing>
  );
}
