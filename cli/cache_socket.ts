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
import { type ImageRow, listImages } from "./image_rows.ts";

/** What the command line does with a cache. */
export interface CacheControl extends AsyncDisposable {
  list(query: BlobQuery): Promise<BlobListing>;
  usage(): Promise<Usage>;
  /** Images that match `pattern`, or all of them; see {@linkcode listImages}. */
  images(pattern?: string): Promise<ImageRow[]>;
  pins(): Promise<Pin[]>;
  pin(pattern: string): Promise<void>;
  /** False where there was no such pin, or the configuration has it. */
  unpin(pattern: string): Promise<boolean>;
  /** What `evict` would take now. */
  plan(selector: Selector, pinned: boolean): Promise<EvictionPlan>;
  evict(selector: Selector, pinned: boolean): Promise<EvictionPlan>;
  verify(progress: (now: VerifyProgress) => void): Promise<VerifyProgress>;
}

/** Length of a Unix socket's path at the most: `sun_path` of unix(7), with its NUL. */
const MAX_SOCKET_PATH = 107;

function socketPath(dir: string): string {
  return join(dir, "control.sock");
}

interface EvictRequest {
  selector: Selector;
  pinned: boolean;
}

interface PinRequest {
  pattern: string;
}

/** Serves `cache` at the socket in `dir`; `undefined` where this system cannot have one there. */
export function serveControl(cache: Cache, dir: string): AsyncDisposable | undefined {
  const path = socketPath(dir);
  if (Deno.build.os === "windows" || path.length > MAX_SOCKET_PATH) return undefined;
  const app = new Hono();
  app.post("/list", async (c) => c.json(cache.list(await c.req.json<BlobQuery>())));
  app.post("/usage", async (c) => c.json(await cache.usage()));
  app.post("/images", async (c) => {
    const { pattern } = await c.req.json<{ pattern?: string }>();
    return c.json(await listImages(cache, pattern));
  });
  app.post("/pins", (c) => c.json(cache.pins()));
  app.post("/pin", async (c) => {
    cache.pin((await c.req.json<PinRequest>()).pattern);
    return c.json(true);
  });
  app.post("/unpin", async (c) => c.json(cache.unpin((await c.req.json<PinRequest>()).pattern)));
  app.post("/plan", async (c) => {
    const { selector, pinned } = await c.req.json<EvictRequest>();
    return c.json(cache.plan(selector, { pinned }));
  });
  app.post("/evict", async (c) => {
    const { selector, pinned } = await c.req.json<EvictRequest>();
    return c.json(await cache.evict(selector, { pinned }));
  });
  app.post("/verify", (c) => verifyStream(cache, c.req.raw.signal));
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
export async function openControl(options: CacheOptions): Promise<CacheControl> {
  try {
    return direct(await openCache({ ...options, scrubRate: 0 }));
  } catch (error) {
    if (!(error instanceof CacheLocked)) throw error;
    return await remote(options.dir).catch(() => {
      throw error;
    });
  }
}

function direct(cache: Cache): CacheControl {
  return {
    list: (query) => Promise.resolve(cache.list(query)),
    usage: () => cache.usage(),
    images: (pattern) => listImages(cache, pattern),
    pins: () => Promise.resolve(cache.pins()),
    pin: (pattern) => Promise.resolve(cache.pin(pattern)),
    unpin: (pattern) => Promise.resolve(cache.unpin(pattern)),
    plan: (selector, pinned) => Promise.resolve(cache.plan(selector, { pinned })),
    evict: (selector, pinned) => cache.evict(selector, { pinned }),
    verify: (progress) => cache.verify(progress),
    [Symbol.asyncDispose]: () => cache.close(),
  };
}

async function remote(dir: string): Promise<CacheControl> {
  const client = Deno.createHttpClient({
    proxy: { transport: "unix", path: socketPath(dir) },
  });
  const ask = async (what: string, body: unknown = {}) => {
    const response = await fetch(`http://berth/${what}`, {
      method: "POST",
      body: JSON.stringify(body),
      client,
    });
    if (!response.ok) throw new Error(`the running server could not ${what} (${response.status})`);
    return response;
  };
  const control: CacheControl = {
    list: async (query) => await (await ask("list", query)).json(),
    usage: async () => await (await ask("usage")).json(),
    images: async (pattern) => await (await ask("images", { pattern })).json(),
    pins: async () => await (await ask("pins")).json(),
    pin: async (pattern) => await (await ask("pin", { pattern })).json(),
    unpin: async (pattern) => await (await ask("unpin", { pattern })).json(),
    plan: async (selector, pinned) => await (await ask("plan", { selector, pinned })).json(),
    evict: async (selector, pinned) => await (await ask("evict", { selector, pinned })).json(),
    async verify(progress) {
      let last: VerifyProgress | undefined;
      for await (const line of lines((await ask("verify")).body!)) {
        last = JSON.parse(line);
        progress(last!);
      }
      if (!last) throw new Error("the running server ended the verification");
      return last;
    },
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

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
