/** Two sides of an air gap, for tests: one before a fake registry called `hub`, one without a line. */
import { join } from "node:path";
import { bundleCommand } from "../../../cli/bundle/command.ts";
import { openCache } from "../../../cache/cache.ts";
import type { Cache } from "../../../cache/api.ts";
import type { Named } from "../../../cli/bundle/transfer.ts";
import { ownPulls } from "../../../cli/ahead.ts";
import { serveControl } from "../../../cli/cache_socket.ts";
import { loadConfig } from "../../../proxy/config/load.ts";
import { type FakeRegistry, fakeRegistry, type FakeRegistryOptions } from "../../fake/registry.ts";

export interface Run {
  code: number;
  out: string;
  err: string;
  progress: string[];
}

export interface Site {
  dir: string;
  /** Runs `berth bundle …` there. */
  bundle(...args: string[]): Promise<Run>;
  /** Does something with its cache while no command has it. */
  cache<T>(task: (cache: Cache) => Promise<T> | T): Promise<T>;
  /** Has it run as a server while `task` does; `loaded` are the images that bundles brought. */
  serving<T>(task: (loaded: Named[]) => Promise<T>): Promise<T>;
}

export interface Sites extends AsyncDisposable {
  upstream: FakeRegistry;
  near: Site;
  far: Site;
  /** A file of that name in a directory of its own. */
  at(name: string): string;
}

export async function sites(
  registry: FakeRegistryOptions,
  { far: more = {} }: { far?: Record<string, unknown> } = {},
): Promise<Sites> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await fakeRegistry(registry));
  const dir = await Deno.makeTempDir({ prefix: "berth-bundle-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const hub = { url: upstream.url };
  const near = await site(join(dir, "near"), { registries: { hub } });
  const offline = { hub: { ...hub, offline: true } };
  const far = await site(join(dir, "far"), { registries: offline, ...more });
  await Deno.mkdir(join(dir, "files"));
  const owned = stack.move();
  return {
    ...{ upstream, near, far },
    at: (name) => join(dir, "files", name),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function site(dir: string, settings: Record<string, unknown>): Promise<Site> {
  await Deno.mkdir(dir);
  const file = join(dir, "config.json");
  const cacheDir = join(dir, "cache");
  const { cache: limits, ...rest } = settings as { cache?: Record<string, unknown> };
  const written = { default_registry: "hub", ...rest, cache: { dir: cacheDir, ...limits } };
  await Deno.writeTextFile(file, JSON.stringify(written));
  const open = () => openCache({ dir: cacheDir, scrubRate: 0 });
  return {
    dir,
    async bundle(name, ...args) {
      const [out, err, progress]: [string[], string[], string[]] = [[], [], []];
      const full = `bundle ${name}` as Parameters<typeof bundleCommand>[0];
      const code = await bundleCommand(full, [...args, "--config", file], {
        ...{ env: {}, cwd: dir, now: Date.now },
        print: (line) => void out.push(line),
        complain: (line) => void err.push(line),
        progress: (line) => void progress.push(line),
        options: ({ cache }) => ({
          ...{ dir: cache.dir, maxSize: cache.max_size, minFree: 0, backoff: () => 0 },
        }),
      });
      return { code, out: out.join("\n"), err: err.join("\n"), progress };
    },
    async cache(task) {
      const cache = await open();
      try {
        return await task(cache);
      } finally {
        await cache.close();
      }
    },
    async serving(task) {
      const cache = await open();
      const result = await loadConfig({ args: ["--config", file], env: {}, cwd: dir });
      if (!result.ok) throw new Error("the test's own configuration is wrong");
      const pulls = ownPulls(result.loaded.config, cache, {});
      const loaded: Named[] = [];
      const told = (images: readonly Named[]) => void loaded.push(...images);
      const control = serveControl(cache, cacheDir, { pulls, loaded: told });
      try {
        return await task(loaded);
      } finally {
        await control?.[Symbol.asyncDispose]();
        await pulls[Symbol.asyncDispose]();
        await cache.close();
      }
    },
  };
}

/** Tags that a site's cache knows, with their digests. */
export function tagsIn(cache: Cache): Record<string, string> {
  return Object.fromEntries(
    cache.repositories({ limit: 100 }).items.flatMap(({ repository }) =>
      cache.listTags(repository, { limit: 100 }).items
        .map(({ tag, digest }) => [`${repository}:${tag}`, digest])
    ),
  );
}
