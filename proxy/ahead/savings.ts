/** What clients were spared because a tag was fetched before they asked for what it stands for now. */
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import type { RequestRecord } from "../observe/record.ts";
import type { Part } from "./progress.ts";

/** What one request of a client was spared. */
export interface Saved {
  /** 1 where it is a pull of a tag that had moved, and what it stands for now was here; else 0. */
  found: number;
  bytes: number;
  milliseconds: number;
}

/** Tags, and manifests and blobs of them, that are remembered until a client asks for them. */
const MOST_TAGS = 1_000;
const MOST_CONTENT = 50_000;

/** How the cache answers from what is here. */
const FROM_HERE = new Set(["hit", "revalidated", "stale"]);

interface Tag {
  /** Everything has come. */
  whole: boolean;
  /** A client asked for it before that, and would have fetched it by itself. */
  met: boolean;
  digest: string;
}

/**
 * Counts the first use of what was fetched ahead, and nothing after it: from then on it would be here
 * anyway. What another client was fetching at the same time counts for nobody.
 */
export class Savings {
  /** By `docker/library/nginx:1.27`. */
  readonly #tags = new LRUCache<string, Tag>(atMost(MOST_TAGS));
  /** Bytes that no client has had, by `docker/library/nginx@sha256:…`. */
  readonly #content = new LRUCache<string, number>(atMost(MOST_CONTENT));

  /** The content of `tag` of `repository` (`docker/library/nginx`) is about to be fetched. */
  begin(repository: string, tag: string): void {
    this.#tags.set(`${repository}:${tag}`, { whole: false, met: false, digest: "" });
  }

  /** It has come: `parts`, of which `digest` is what the tag stands for. */
  end(repository: string, tag: string, digest: string, parts: readonly Part[]): void {
    const entry = this.#tags.get(`${repository}:${tag}`);
    if (!entry || entry.met) {
      this.#tags.delete(`${repository}:${tag}`);
      return;
    }
    Object.assign(entry, { whole: true, digest });
    for (const { digest, state, received } of parts) {
      if (state === "came") this.#content.set(`${repository}@${digest}`, received);
    }
  }

  /** It did not come. */
  forget(repository: string, tag: string): void {
    this.#tags.delete(`${repository}:${tag}`);
  }

  /** What the client of `record` was spared; `timeSaved`: milliseconds that a hit like it saves. */
  saw(record: RequestRecord, timeSaved: (record: RequestRecord) => number): Saved | undefined {
    const { via, kind, method, status, registry, repository, reference } = record;
    if (this.#tags.size + this.#content.size === 0 || via === "prefetch" || status >= 400) return;
    if ((kind !== "manifest" && kind !== "blob") || (method !== "GET" && method !== "HEAD")) return;
    const key = `${registry}/${repository}`;
    const byTag = kind === "manifest" && !reference.includes(":");
    const digest = byTag ? this.#foundBy(record, `${key}:${reference}`) : reference;
    if (digest === undefined) return;
    const found = byTag ? 1 : 0;
    const bytes = method === "GET" ? this.#take(`${key}@${digest}`, record) : 0;
    if (found + bytes === 0) return;
    const share = bytes === 0 ? 0 : bytes / record.bytes;
    return { found, bytes, milliseconds: timeSaved(record) * share };
  }

  /** What a tag stands for that is asked for the first time since that has come; else `undefined`. */
  #foundBy({ cache }: RequestRecord, name: string): string | undefined {
    const tag = this.#tags.get(name);
    if (!tag) return undefined;
    if (!tag.whole) {
      tag.met = true;
      return undefined;
    }
    this.#tags.delete(name);
    return FROM_HERE.has(cache) ? tag.digest : undefined;
  }

  /** Bytes of `name` that a client has had for the first time. */
  #take(name: string, { cache, bytes }: RequestRecord): number {
    const left = this.#content.get(name);
    if (left === undefined) return 0;
    const taken = FROM_HERE.has(cache) ? Math.min(left, bytes) : left;
    if (taken < left) this.#content.set(name, left - taken);
    else this.#content.delete(name);
    return FROM_HERE.has(cache) ? taken : 0;
  }
}
