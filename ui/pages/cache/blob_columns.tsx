/** What the list of digests tells of each. */
import type { Blob } from "../../api/schema/cache.ts";
import { Ago } from "../../components/ago.tsx";
import { Digest } from "../../components/copy.tsx";
import { Icon } from "../../components/icon.tsx";
import type { Column } from "../../components/table.tsx";
import { countOf, formatBytes, formatCount } from "../../web/format.ts";
import { may } from "../../web/session.ts";
import { blobPath } from "../../web/paths.ts";
import type { Chosen } from "../../web/selection.ts";
import { WORDS } from "./words.ts";

const COLUMNS: Column<Blob>[] = [
  {
    id: "digest",
    title: WORDS.digest,
    sort: "asc",
    class: "main",
    cell: ({ digest, pinned }) => (
      <span class="actions">
        <Digest value={digest} />
        {pinned && (
          <span class="badge accent">
            <Icon name="pin" size={12} />
            {WORDS.pinned}
          </span>
        )}
      </span>
    ),
  },
  {
    id: "kind",
    title: WORDS.kind,
    cell: ({ kind, digest }) => <a href={blobPath(digest)}>{kind}</a>,
  },
  {
    id: "repositories",
    title: WORDS.usedBy,
    cell: ({ repositories, repositoryCount }) => (
      <span class="break">
        {repositories[0] ?? <span class="muted">{WORDS.nothing}</span>}
        {repositoryCount > 1 && (
          <span class="muted">{WORDS.and(countOf(repositoryCount - 1, "other"))}</span>
        )}
      </span>
    ),
  },
  {
    id: "size",
    title: WORDS.size,
    sort: "desc",
    class: "right",
    cell: ({ size }) => formatBytes(size),
  },
  {
    id: "hits",
    title: WORDS.hits,
    sort: "desc",
    class: "right",
    cell: ({ hits }) => formatCount(hits),
  },
  {
    id: "lastUsed",
    title: WORDS.lastUsed,
    sort: "desc",
    class: "right",
    cell: ({ lastUsed }) => <Ago time={lastUsed} />,
  },
  {
    id: "created",
    title: WORDS.stored,
    sort: "desc",
    class: "right wide",
    cell: ({ created }) => <Ago time={created} />,
  },
];

/** The columns, with a box before each row that is ticked where it is `chosen`. */
export function blobColumns(chosen: Chosen, toggle: (digest: string) => void): Column<Blob>[] {
  if (!may("cache")) return COLUMNS;
  return [
    {
      id: "choose",
      title: "",
      class: "fit bare",
      cell: ({ digest }) => (
        <input
          type="checkbox"
          aria-label={WORDS.choose(digest)}
          checked={chosen.has(digest)}
          onChange={() => toggle(digest)}
        />
      ),
    },
    ...COLUMNS,
  ];
}
