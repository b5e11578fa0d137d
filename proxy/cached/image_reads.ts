/** What is known of images for the sake of rules: read once each, by way of the cache. */
import { LRUCache } from "lru-cache";
import type { Cache } from "../../cache/api.ts";
import type { Exchange } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { configOf, factsOf, type ImageFacts } from "../trust/facts.ts";
import { blobBytes, type Manifest, manifestBytes } from "./own_reads.ts";

/** Digests whose facts are remembered: they do not change. */
const MOST_FACTS = 10_000;

export class ImageReads {
  readonly #cache: Cache;
  readonly #facts = new LRUCache<string, ImageFacts>({ max: MOST_FACTS });
  readonly #fetched = new WeakMap<Exchange, Set<string>>();

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** The facts of the manifest `digest`. Throws what the client of `x` would get for it. */
  async look(x: Exchange, digest: string): Promise<ImageFacts> {
    const found = this.#facts.get(digest);
    if (found) return found;
    const { bytes, mediaType } = await this.read(x, digest);
    const config = configOf(bytes);
    const inside = config === undefined ? undefined : await blobBytes(x, this.#cache, config);
    const facts = factsOf(mediaType, bytes, inside);
    this.#facts.set(digest, facts);
    return facts;
  }

  /** The manifest; what it names, and that it was seen, is known from then on. Throws as `look`. */
  async read(x: Exchange, digest: string): Promise<Manifest> {
    const cache = this.#cache;
    const manifest = await manifestBytes(x, cache, digest);
    cache.noteSeen(x.target.registry.name, x.target.repository, digest);
    cache.noteManifest(repositoryKey(x.target), digest, manifest.bytes);
    if (manifest.cache !== "hit") {
      const fetched = this.#fetched.get(x) ?? new Set();
      this.#fetched.set(x, fetched.add(digest));
    }
    return manifest;
  }

  /** Whether the manifest was not here before it was read for `x`: to its client it is no hit. */
  fetchedFor(x: Exchange, digest: string): boolean {
    return this.#fetched.get(x)?.has(digest) ?? false;
  }
}
