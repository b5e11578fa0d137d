/** A proxy in front of one fake registry, `hub`, as most tests need it. */
import type { Cache } from "../../cache/api.ts";
import { openCache } from "../../cache/cache.ts";
import type { CacheOptions } from "../../cache/options.ts";
import type { ProxyParts } from "../../proxy/app.ts";
import type { ListenOptions } from "../../proxy/http/listen.ts";
import type { TrustGate } from "../../proxy/cached/trust_gate.ts";
import { type Config, configSchema } from "../../proxy/config/schema.ts";
import { startProxy, type TestProxy } from "./proxy.ts";
import { type FakeRegistry, fakeRegistry, type FakeRegistryOptions } from "./registry.ts";

export interface PairOptions {
  registry?: FakeRegistryOptions;
  /** Settings of `hub` beside its URL. */
  hub?: Record<string, unknown>;
  /** Further registries, by the URL of the fake one. */
  others?: (url: string) => Record<string, unknown>;
  /** The rest of the configuration, as in the file. */
  settings?: Record<string, unknown>;
  parts?: Partial<ProxyParts>;
  /** What decides what may come through, by the settings. */
  trust?: (config: Config, cache: Cache) => TrustGate;
  /** What the proxy listens with. */
  tls?: ListenOptions["tls"];
}

/** Both may be closed on their own or together. */
export interface Pair extends AsyncDisposable {
  upstream: FakeRegistry;
  proxy: TestProxy;
}

/** A pair with a cache in a directory of its own. */
export interface CachedPair extends Pair {
  dir: string;
  cache: Cache;
}

/** Starts both, without a cache unless `cache` is given. */
export async function pair(options: PairOptions = {}, cache?: Cache): Promise<Pair> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeRegistry(options.registry));
  const { url } = upstream;
  const registries = { hub: { url, ...options.hub }, ...options.others?.(url) };
  const settings = { default_registry: "hub", registries, ...options.settings };
  const trust = cache && options.trust?.(configSchema.parse(settings), cache);
  const parts = { ...options.parts, ...(trust ? { trust } : {}) };
  const proxy = stack.use(await startProxy(settings, parts, cache, options.tls));
  const owned = stack.move();
  return { upstream, proxy, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Starts both with a cache that asks again without a pause and verifies nothing by itself. */
export async function cachedPair(
  options: PairOptions = {},
  settings: Partial<CacheOptions> = {},
): Promise<CachedPair> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-pair-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const cache = await openCache({ dir, scrubRate: 0, backoff: () => 0, ...settings });
  stack.defer(() => cache.close());
  const { upstream, proxy } = stack.use(await pair(options, cache));
  const owned = stack.move();
  return { upstream, proxy, dir, cache, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The last byte arrives when it is verified; a moment later it is stored. */
export async function stored({ cache }: Pick<CachedPair, "cache">): Promise<void> {
  while (cache.fills().length > 0) await new Promise((resolve) => setImmediate(resolve));
}
