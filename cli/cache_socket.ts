/**
 * The cache for the command line: in this process while no server runs, through the socket of the
 * server that holds the directory while one does. Every user who may write into the directory may use it.
 */
import { Hono } from "hono";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { KeptServer } from "../base/kept_server.ts";
import { openCache } from "../cache/cache.ts";
import type { Cache, Usage } from "../cache/api.ts";
import { CacheLocked } from "../cache/errors.ts";
import type { EvictionPlan, Pin, Selector } from "../cache/eviction.ts";
import type { BlobListing, BlobQuery } from "../cache/listing.ts";
import type { CacheOptions } from "../cache/options.ts";
import type { VerifyProgress } from "../cache/types.ts";
import type { Pull, Wanted } from "../proxy/ahead/progress.ts";
import { BadImage } from "../proxy/ahead/image.ts";
import type { Pulls } from "../proxy/ahead/pulls.ts";
import type { PolicyRule } from "../proxy/config/schema.ts";
import { StatsStore } from "../proxy/observe/stats/store.ts";
import { type DryRun, type PastPull, SPAN_MS, tryRules } from "../proxy/trust/dry_run.ts";
import { bookFile, NO_BOOK, TrustBook } from "../proxy/trust/book.ts";
import { pastOf, type TagPast, TrustError } from "../proxy/trust/tags.ts";
import { decide, type TagDecision } from "./tag_decision.ts";
import { type ImageRow, listImages } from "./image_rows.ts";
import { type Named, type Transfer, transferWith } from "./bundle/transfer.ts";
import { remoteTransfer, transferRoutes } from "./bundle/wire.ts";
import { told } from "./json_lines.ts";
import { follow, pullStream } from "./pull_stream.ts";
import type { CachedTag } from "../ui/api/schema/cache.ts";
import { tagViews } from "../ui/api/views/cache.ts";

/** What the command line does with a cache. */
export interface CacheControl extends Transfer, AsyncDisposable {
  list(query: BlobQuery): Promise<BlobListing>;
  usage(): Promise<Usage>;
  /** Images that match `pattern`, or all of them; see {@linkcode listImages}. */
  images(pattern?: string): Promise<ImageRow[]>;
  /** Tags of `repository` (`docker/library/alpine`), and what is known of it by digest only. */
  tags(repository: string): Promise<CachedTag[]>;
  pins(): Promise<Pin[]>;
  pin(pattern: string): Promise<void>;
  /** False where there was no such pin, or the configuration has it. */
  unpin(pattern: string): Promise<boolean>;
  /** What a tag (`docker/library/alpine:3.20`) has stood for, newest first. */
  past(image: string): Promise<TagPast>;
  /** Freezes, unfreezes or releases a tag. Throws {@linkcode TrustError} for what cannot be done. */
  decide(decision: TagDecision): Promise<string>;
  /** What `rules` would have refused of the pulls of the last 30 days. */
  tryRules(rules: readonly PolicyRule[]): Promise<DryRun>;
  /** What `evict` would take now. */
  plan(selector: Selector, pinned: boolean): Promise<EvictionPlan>;
  evict(selector: Selector, pinned: boolean): Promise<EvictionPlan>;
  verify(progress: (now: VerifyProgress) => void): Promise<VerifyProgress>;
  /** Fetches images; the result is how that ended. Throws `BadImage` and, of a server, its words. */
  pull(wanted: Wanted, progress: (now: Pull) => void): Promise<Pull>;
}

/** The pulls of this process, once it has any. */
type OwnPulls = (cache: Cache) => Pulls & AsyncDisposable;

/** Length of a Unix socket's path at the most: `sun_path` of unix(7), with its NUL. */
const MAX_SOCKET_PATH = 107;

function socketPath(dir: string): string {
  return join(dir, "control.sock");
}

interface EvictRequest {
  selector: Selector;
  pinned: boolean;
}

/** More than a repository has. */
const ALL = { limit: 1e9, offset: 0 };

interface PinRequest {
  pattern: string;
}

/** What a server has beside its cache. */
interface Served {
  pulls?: Pulls | undefined;
  book?: TrustBook | undefined;
  /** The pulls of clients that began since then (Unix ms). */
  past?: ((since: number) => Iterable<PastPull>) | undefined;
  /** Is told of images that came by a bundle. */
  loaded?: ((images: readonly Named[]) => void) | undefined;
}

/** Serves `cache` at the socket in `dir`; `undefined` where this system cannot have one there. */
export function serveControl(
  cache: Cache,
  dir: string,
  { pulls, book, past, loaded }: Served = {},
): AsyncDisposable | undefined {
  const path = socketPath(dir);
  if (Deno.build.os === "windows" || path.length > MAX_SOCKET_PATH) return undefined;
  const app = new Hono();
  app.post("/list", async (c) => c.json(cache.list(await c.req.json<BlobQuery>())));
  app.post("/usage", async (c) => c.json(await cache.usage()));
  app.post("/images", async (c) => {
    const { pattern } = await c.req.json<{ pattern?: string }>();
    return c.json(await listImages(cache, pattern));
  });
  app.post("/tags", async (c) => {
    const { repository } = await c.req.json<{ repository: string }>();
    return c.json(tagViews(cache, repository, ALL).items);
  });
  app.post("/pins", (c) => c.json(cache.pins()));
  app.post("/pin", async (c) => {
    cache.pin((await c.req.json<PinRequest>()).pattern);
    return c.json(true);
  });
  app.post("/unpin", async (c) => c.json(cache.unpin((await c.req.json<PinRequest>()).pattern)));
  decisionRoutes(app, cache, book);
  app.post("/try", async (c) => {
    const rules = await c.req.json<PolicyRule[]>();
    return c.json(await tryRules(cache, rules, past?.(Date.now() - SPAN_MS) ?? []));
  });
  app.post("/plan", async (c) => {
    const { selector, pinned } = await c.req.json<EvictRequest>();
    return c.json(cache.plan(selector, { pinned }));
  });
  app.post("/evict", async (c) => {
    const { selector, pinned } = await c.req.json<EvictRequest>();
    return c.json(await cache.evict(selector, { pinned }));
  });
  app.post("/verify", (c) => verifyStream(cache, c.req.raw.signal));
  app.post("/pull", async (c) => pullStream(pulls, await c.req.json<Wanted>()));
  transferRoutes(app, cache, loaded);
  const open = () => {
    // The directory is locked by this process: what is there is left over.
    if (existsSync(path)) Deno.removeSync(path);
    const server = Deno.serve({ path, onListen: () => {} }, (request) => app.fetch(request));
    Deno.chmodSync(path, 0o600);
    return server;
  };
  const server = new KeptServer(open);
  return { [Symbol.asyncDispose]: () => server.shutdown() };
}

/** What is asked and decided about tags. */
function decisionRoutes(app: Hono, cache: Cache, book: TrustBook | undefined): void {
  const decisions = book ?? TrustBook.open(NO_BOOK);
  app.post("/past", async (c) => {
    const { image } = await c.req.json<{ image: string }>();
    const book = await decisions;
    return c.json(pastOf({ cache, book, now: Date.now(), hold: () => undefined }, image));
  });
  app.post("/decide", async (c) => {
    try {
      return c.json({
        said: await decide(cache, await decisions, await c.req.json<TagDecision>()),
      });
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      return c.json({ refused: error.message });
    }
  });
}

/** Progress as lines of JSON; the last one is the result. */
function verifyStream(cache: Cache, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const tell = (now: VerifyProgress) =>
        controller.enqueue(encoder.encode(`${JSON.stringify(now)}\n`));
      try {
        tell(await cache.verify(tell, signal));
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    },
  });
  return new Response(stream);
}

/**
 * Opens the cache of `options.dir`, here or at the server that has it. Throws `CacheLocked` where a
 * process has it that cannot be asked.
 */
export async function openControl(
  options: CacheOptions,
  pulls?: OwnPulls,
): Promise<CacheControl> {
  try {
    const cache = await openCache({ ...options, scrubRate: 0 });
    const openBook = () => TrustBook.open(bookFile(join(options.dir, "trust.json")));
    return direct(cache, options.dir, openBook, pulls);
  } catch (error) {
    if (!(error instanceof CacheLocked)) throw error;
    return await remote(options.dir).catch(() => {
      throw error;
    });
  }
}

function direct(
  cache: Cache,
  dir: string,
  openBook: () => Promise<TrustBook>,
  pulls?: OwnPulls,
): CacheControl {
  return {
    async past(image) {
      const book = await openBook();
      return pastOf({ cache, book, now: Date.now(), hold: () => undefined }, image);
    },
    decide: async (decision) => await decide(cache, await openBook(), decision),
    async tryRules(rules) {
      const file = join(dir, "stats.db");
      if (!existsSync(file)) return await tryRules(cache, rules, []);
      const stats = new StatsStore(file);
      try {
        const between = { from: Date.now() - SPAN_MS, to: Date.now() + 1 };
        return await tryRules(cache, rules, stats.clients.all(between));
      } finally {
        stats.close();
      }
    },
    list: (query) => Promise.resolve(cache.list(query)),
    usage: () => cache.usage(),
    images: (pattern) => listImages(cache, pattern),
    tags: (repository) => Promise.resolve(tagViews(cache, repository, ALL).items),
    pins: () => Promise.resolve(cache.pins()),
    pin: (pattern) => Promise.resolve(cache.pin(pattern)),
    unpin: (pattern) => Promise.resolve(cache.unpin(pattern)),
    plan: (selector, pinned) => Promise.resolve(cache.plan(selector, { pinned })),
    evict: (selector, pinned) => cache.evict(selector, { pinned }),
    verify: (progress) => cache.verify(progress),
    async pull(wanted, progress) {
      await using own = pulls!(cache);
      let last: Pull;
      for await (last of follow(own, own.start(wanted, { by: "command line" }))) progress(last);
      return last!;
    },
    ...transferWith(cache),
    [Symbol.asyncDispose]: () => cache.close(),
  };
}

async function remote(dir: string): Promise<CacheControl> {
  const client = Deno.createHttpClient({
    proxy: { transport: "unix", path: socketPath(dir) },
  });
  const send = (what: string, body: BodyInit) =>
    fetch(`http://berth/${what}`, { method: "POST", body, client });
  const ask = async (what: string, body: unknown = {}) => {
    const response = await send(what, JSON.stringify(body));
    if (response.status === 422) throw new BadImage(await response.text());
    if (!response.ok) throw new Error(`the running server could not ${what} (${response.status})`);
    return response;
  };
  const control: CacheControl = {
    list: async (query) => await (await ask("list", query)).json(),
    usage: async () => await (await ask("usage")).json(),
    images: async (pattern) => await (await ask("images", { pattern })).json(),
    tags: async (repository) => await (await ask("tags", { repository })).json(),
    pins: async () => await (await ask("pins")).json(),
    pin: async (pattern) => await (await ask("pin", { pattern })).json(),
    unpin: async (pattern) => await (await ask("unpin", { pattern })).json(),
    past: async (image) => await (await ask("past", { image })).json(),
    async decide(decision) {
      const { said, refused } = await (await ask("decide", decision)).json();
      if (refused !== undefined) throw new TrustError("gone", refused);
      return said;
    },
    tryRules: async (rules) => await (await ask("try", rules)).json(),
    plan: async (selector, pinned) => await (await ask("plan", { selector, pinned })).json(),
    evict: async (selector, pinned) => await (await ask("evict", { selector, pinned })).json(),
    verify: async (progress) => {
      const last = await told((await ask("verify")).body!, progress);
      if (!last) throw new Error("the running server ended the verification");
      return last;
    },
    pull: async (wanted, progress) => {
      const last = await told((await ask("pull", wanted)).body!, progress).catch(() => undefined);
      if (last?.endedAt != null) return last;
      throw new Error("the running server has ended; once it runs again, it goes on with the pull");
    },
    ...remoteTransfer(send),
    [Symbol.asyncDispose]() {
      client.close();
      return Promise.resolve();
    },
  };
  try {
    await control.usage();
  } catch (error) {
    client.close();
    throw error;
  }
  return control;
}
