/** The proxies that are compared, each with an empty cache and as its documentation sets it up. */
import { join } from "node:path";
import { startBerth } from "../e2e/harness/berth.ts";
import { startNginx } from "../e2e/harness/nginx.ts";
import { startRegistry } from "../e2e/harness/registry.ts";
import { scratchDir } from "../e2e/harness/scratch.ts";
import { freePort } from "../e2e/harness/wait.ts";

export interface Contender extends AsyncDisposable {
  readonly url: string;
  /** The most memory that its processes have held so far, in bytes. */
  peakMemory(): Promise<number>;
}

export type StartContender = (upstream: string) => Promise<Contender>;

/** Each starts its proxy in front of an upstream's URL; the order is that of the table. */
export const CONTENDERS: Record<string, StartContender> = {
  nginx: startNginxCache,
  "docker-registry": startRegistryCache,
  berth: startBerthCache,
};

/** nginx's `proxy_cache` with one request to upstream per key. It checks no digest. */
async function startNginxCache(upstream: string): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("nginx")).path;
  const port = freePort();
  const nginx = stack.use(
    await startNginx(
      dir,
      port,
      `
access_log off;
keepalive_requests 1000000;
proxy_cache_path ${join(dir, "cache")} levels=1:2 keys_zone=cache:16m max_size=32g inactive=1d
  use_temp_path=off;
upstream registry { server ${new URL(upstream).host}; keepalive 16; }
server {
  listen 127.0.0.1:${port};
  location /v2/ {
    proxy_pass http://registry;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_buffer_size 64k;
    proxy_buffers 16 128k;
    proxy_cache cache;
    proxy_cache_valid 200 1d;
    proxy_cache_lock on;
    proxy_cache_lock_timeout 10m;
    proxy_cache_lock_age 10m;
  }
}`,
    ),
  );
  const owned = stack.move();
  return contender(`http://127.0.0.1:${port}`, nginx.pid, owned);
}

async function startRegistryCache(upstream: string): Promise<Contender> {
  const registry = await startRegistry({ proxy: upstream });
  return contender(registry.url, registry.pid, registry);
}

async function startBerthCache(upstream: string): Promise<Contender> {
  const berth = await startBerth({
    default_registry: "docker",
    registries: { docker: { url: upstream, library: false, manifests: { ttl: "1d" } } },
    log: { level: "warn" },
  });
  return contender(berth.url, berth.pid, berth);
}

/** A running proxy; `owned` is what ends with it. */
export function contender(url: string, pid: number, owned: AsyncDisposable): Contender {
  return {
    url,
    async peakMemory() {
      const pids = [pid, ...await children(pid)];
      return (await Promise.all(pids.map(highWater))).reduce((sum, bytes) => sum + bytes, 0);
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

async function children(pid: number): Promise<number[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return text.split(" ").filter((one) => one).map(Number);
}

/** VmHWM of proc(5), in bytes. */
async function highWater(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
