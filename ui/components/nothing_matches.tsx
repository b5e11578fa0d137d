import type { ComponentChildren } from "preact";
import { setQuery } from "../web/location.ts";
import { Nothing } from "./states.tsx";

/** In place of rows where a filter lets none through: a button drops what `filter` names of the address. */
export function NothingMatches(
  { filter, title = "Nothing matches", children }: {
    filter: readonly string[];
    title?: string;
    children?: ComponentChildren;
  },
) {
  return (
    <Nothing icon="search" title={title}>
      {children}
      <button
        type="button"
        class="button"
        onClick={() => setQuery(Object.fromEntries(filter.map((name) => [name, ""])))}
      >
        Show everything
      </button>
    </Nothing>
  );
}
