/** 404s of the last few seconds: a typo in a deployment is not worth a request per pod. */
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import type { TagName } from "../../cache/types.ts";
import type { OciError } from "../oci/errors.ts";

const MOST = 10_000;

interface MissingTagsOptions {
  /** Milliseconds; 0: nothing is remembered. */
  ttl: number;
  /** Unix milliseconds. */
  now(): number;
}

export class MissingTags {
  readonly #errors: LRUCache<string, OciError> | undefined;
  #pushes = 0;

  constructor({ ttl, now }: MissingTagsOptions) {
    this.#errors = ttl > 0
      ? new LRUCache({ ...atMost(MOST), ttl, ttlResolution: 0, perf: { now } })
      : undefined;
  }

  /** Rises with each {@linkcode forget}: what was asked before may have been answered otherwise since. */
  get pushes(): number {
    return this.#pushes;
  }

  /** What upstream said of the tag to clients of the kind `client`. */
  get(tag: TagName, client: string): OciError | undefined {
    return this.#errors?.get(keyOf(tag, client));
  }

  /** Remembers what upstream said when it was asked at `pushes`, unless a tag was pushed since. */
  remember(tag: TagName, client: string, error: OciError, pushes: number): void {
    if (pushes === this.#pushes) this.#errors?.set(keyOf(tag, client), error);
  }

  /** The tag has been pushed: whatever any client was told of it is over. */
  forget(tag: TagName): void {
    this.#pushes++;
    const start = keyOf(tag, "");
    for (const key of this.#errors?.keys() ?? []) {
      if (key.startsWith(start)) this.#errors?.delete(key);
    }
  }
}

/** No part of a tag's name has a line break. */
function keyOf({ registry, repository, tag }: TagName, client: string): string {
  return `${registry}\n${repository}\n${tag}\n${client}`;
}
