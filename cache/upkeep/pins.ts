/**
 * Pins: globs on `registry/repository:tag`, in which `*` goes across slashes, or digests. What they
 * name stays whatever happens.
 */
import { wideGlobPattern } from "../../base/glob.ts";
import { parseDigest } from "../digest.ts";
import type { Pin } from "../eviction.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { allTags, closure } from "../catalog/relations.ts";

/** The digests that pins hold, worked out anew only when tags, references or pins have changed. */
export class Pinned {
  readonly #catalog: Catalog;
  #configured: readonly string[];
  #digests = new Set<string>();
  /** Worked out when that many bytes were stored altogether. */
  #bytes: { of: number; sum: number } | undefined;
  #revision = -1;

  constructor(catalog: Catalog, configured: readonly string[]) {
    this.#catalog = catalog;
    this.#configured = configured;
  }

  /** Replaces the patterns that the configuration gives. */
  configure(patterns: readonly string[]): void {
    this.#configured = patterns;
    this.#revision = -1;
  }

  patterns(): Pin[] {
    const own = this.#catalog.names.pins().filter((pattern) => !this.#configured.includes(pattern));
    return [
      ...this.#configured.map((pattern) => ({ pattern, configured: true })),
      ...own.map((pattern) => ({ pattern, configured: false })),
    ];
  }

  digests(): ReadonlySet<string> {
    if (this.#revision === this.#catalog.names.reachable) return this.#digests;
    this.#revision = this.#catalog.names.reachable;
    this.#bytes = undefined;
    const patterns = this.patterns().map(({ pattern }) => pattern);
    const globs = patterns.filter((pattern) => !parseDigest(pattern)).map(wideGlobPattern);
    const roots = [...patterns.filter(parseDigest), ...globs.length > 0 ? this.#roots(globs) : []];
    this.#digests = closure(this.#catalog, roots);
    return this.#digests;
  }

  /** Bytes of what pins hold, as far as it is here. */
  bytes(): number {
    const digests = this.digests();
    const { bytes: of } = this.#catalog.totals;
    if (this.#bytes?.of !== of) {
      const sizes = digests.values().map((digest) => this.#catalog.blob(digest)?.size ?? 0);
      this.#bytes = { of, sum: sizes.reduce((sum, size) => sum + size, 0) };
    }
    return this.#bytes.sum;
  }

  *#roots(globs: RegExp[]): Iterable<string> {
    for (const { registry, repository, tag, digest } of allTags(this.#catalog)) {
      const name = `${registry}/${repository}:${tag}`;
      if (globs.some((glob) => glob.test(name))) yield digest;
    }
  }
}
