/** A cache without a disk, for tests of what the handlers make of its answers. */
import type { Cache } from "../../cache/api.ts";
import { manifestType } from "../../cache/manifest.ts";
import type { BlobInfo, Content, Look, TagRow } from "../../cache/types.ts";

/** A cache's answers and what was done with it; whatever else a handler calls is an error. */
interface FakeCache extends Cache {
  /** `open`, `fill`, `link …`: in the order of the calls. */
  calls: string[];
}

export interface FakeCacheOptions {
  /** Content that is here, by digest. */
  held?: Record<string, string>;
  /** `repository digest` of what repositories are known to hold. */
  links?: string[];
  /** Repositories on whose behalf a digest is on its way. */
  filling?: Record<string, string[]>;
  /** What the depot holds. */
  depot?: Record<string, { size: number; mediaType: string }>;
  /** What a tag stands for, for clients that accept what `accept` says (a key of `acceptKey`). */
  tags?: (TagRow & { accept: string })[];
}

/** As the real one has it: of a manifest its own, of anything else what its registry called it. */
function typeOf(text: string): string {
  return manifestType(new TextEncoder().encode(text)) || "text/x";
}

/** A cache that holds what it is told to; a fill reads its source to the end. */
export function fakeCache(options: FakeCacheOptions = {}): FakeCache {
  const held = new Map(Object.entries(options.held ?? {}));
  const links = new Set(options.links);
  const tags = [...options.tags ?? []];
  const calls: string[] = [];
  const statOf = (digest: string): BlobInfo | undefined => {
    const text = held.get(digest);
    if (text === undefined) return undefined;
    const size = text.length;
    const mediaType = typeOf(text);
    return { digest, size, mediaType, hits: 0, lastUsed: 0, created: 0, verified: 0 };
  };
  const contentOf = (digest: string, text: string, how: Content["how"]): Content => ({
    digest,
    mediaType: typeOf(text),
    size: text.length,
    offset: 0,
    length: text.length,
    body: new TextEncoder().encode(text),
    how,
  });
  const made: Partial<Cache> = {
    stat(digest) {
      const stat = statOf(digest);
      return stat && { ...stat, pinned: false };
    },
    holds: (digest) => held.has(digest) || options.depot?.[digest] !== undefined,
    look(digest, repository): Look {
      const stat = statOf(digest);
      const filling = options.filling?.[digest];
      return {
        digest,
        stat,
        stored: stat !== undefined,
        linked: links.has(`${repository} ${digest}`),
        filling: filling && new Set(filling),
        depot: stat ? undefined : options.depot?.[digest],
      };
    },
    holding: (_, task) => task(),
    open(wanted) {
      const digest = typeof wanted === "string" ? wanted : wanted.digest;
      calls.push("open");
      const text = held.get(digest);
      return Promise.resolve(text === undefined ? undefined : contentOf(digest, text, "hit"));
    },
    async fill(digest, source) {
      calls.push("fill");
      const { body } = await source(0, new AbortController().signal);
      const text = await new Response(body).text();
      held.set(digest, text);
      return contentOf(digest, text, options.filling?.[digest] ? "joined" : "fill");
    },
    put(digest, bytes, _mediaType, repository) {
      calls.push("put");
      held.set(digest, new TextDecoder().decode(bytes));
      if (repository) links.add(`${repository} ${digest}`);
      return Promise.resolve();
    },
    link(repository, digest) {
      calls.push(`link ${repository}`);
      links.add(`${repository} ${digest}`);
    },
    tag: (key) => tags.find(({ accept }) => accept === key.accept),
    tags: () => tags,
    setTag({ accept }, row) {
      calls.push("setTag");
      tags.unshift({ ...row, accept });
    },
    deleteTag() {
      calls.push("deleteTag");
      tags.length = 0;
    },
  };
  return Object.assign(made as Cache, { calls });
}
