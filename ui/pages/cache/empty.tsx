import { NothingMatches } from "../../components/nothing_matches.tsx";
import { Nothing } from "../../components/states.tsx";
import { WORDS } from "./words.ts";

/** In place of rows: nothing passes the filter, or nothing is cached. */
export function Empty({ filtered }: { filtered: boolean }) {
  if (filtered) return <NothingMatches filter={["q", "registry", "kind", "pinned", "page"]} />;
  return (
    <Nothing icon="cache" title={WORDS.theCacheIsEmpty}>
      <p>{WORDS.imagesThatClientsPullFrom}</p>
      <a class="button" href="/connect">{WORDS.connectAClient}</a>
    </Nothing>
  );
}
