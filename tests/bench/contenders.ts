/**
 * The proxies that are compared, each with an empty cache, as its documentation sets it up and with
 * the log of requests that users keep: nginx's buffered, the others' as they write it.
 */
import { join } from "node:path";
import { type Settings, startBerth } from "../e2e/harness/berth.ts";
import { makeAuthority, makeServerCertificate } from "../e2e/harness/certificates.ts";
import { startNginx } from "../e2e/harness/nginx.ts";
import { startRegistry } from "../e2e/harness/registry.ts";
import { scratchDir } from "../e2e/harness/scratch.ts";
import { listens } from "../e2e/harness/wait.ts";
import { freePort } from "../fake/ports.ts";
import { type Contender, contender, type Starters } from "./contender.ts";

/** How each Berth under test is started, by the name of its column. */
export type Berths = Record<string, string[]>;

/** Caches in plain HTTP; the order is that of the table. */
export function caches(berths: Berths): Starters {
  return {
    nginx: startNginxCache,
    "docker-registry": startRegistryCache,
    ...eachBerth(berths, (command) => (upstream) => startBerthCache(upstream, command)),
  };
}

/** The same over TLS. docker-registry stays out: its TLS is not what anybody compares with. */
export function tlsCaches(berths: Berths): Starters {
  return {
    nginx: (upstream) => withCertificate((tls) => startNginxCache(upstream, tls)),
    ...eachBerth(
      berths,
      (command) => (upstream) => withCertificate((tls) => startBerthCache(upstream, command, tls)),
    ),
  };
}

/** A starter for each Berth under test. */
export function eachBerth(
  berths: Berths,
  starter: (command: string[]) => Starters[string],
): Starters {
  return Object.fromEntries(
    Object.entries(berths).map(([name, command]) => [name, starter(command)]),
  );
}

interface Tls {
  caFile: string;
  certFile: string;
  keyFile: string;
}

/** Makes a certificate for a contender, which ends with that contender. */
async function withCertificate(start: (tls: Tls) => Promise<Contender>): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await scratchDir("certificate"));
  const authority = await makeAuthority(path);
  const { certFile, keyFile } = await makeServerCertificate(path, authority);
  const inner = stack.use(await start({ caFile: authority.certFile, certFile, keyFile }));
  const owned = stack.move();
  return { ...inner, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** nginx's `proxy_cache` with one request to upstream per key. It checks no digest. */
async function startNginxCache(upstream: string, tls?: Tls): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("nginx")).path;
  const port = freePort();
  const config = `
access_log ${join(dir, "access.log")} combined buffer=64k flush=1s;
keepalive_requests 1000000;
proxy_cache_path ${join(dir, "cache")} levels=1:2 keys_zone=cache:16m max_size=32g inactive=1d
  use_temp_path=off;
upstream registry { server ${new URL(upstream).host}; keepalive 16; }
server {
  listen 127.0.0.1:${port}${tls ? " ssl http2" : ""};
  ${tls ? `ssl_certificate ${tls.certFile}; ssl_certificate_key ${tls.keyFile};` : ""}
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
}`;
  const ready = tls && (() => listens(port));
  const nginx = stack.use(await startNginx(dir, port, config, ready));
  const owned = stack.move();
  const url = `${tls ? "https" : "http"}://127.0.0.1:${port}`;
  return contender(url, nginx.pid, owned, tls ? { caFile: tls.caFile } : {});
}

async function startRegistryCache(upstream: string): Promise<Contender> {
  const registry = await startRegistry({ proxy: upstream });
  return contender(registry.url, registry.pid, registry);
}

async function startBerthCache(
  upstream: string,
  command: string[],
  tls?: Tls,
): Promise<Contender> {
  const settings: Settings = {
    default_registry: "docker",
    registries: { docker: { url: upstream, library: false, manifests: { ttl: "1d" } } },
    ...(tls && { tls: { cert_file: tls.certFile, key_file: tls.keyFile } }),
  };
  const berth = await startBerth(settings, command);
  return contender(berth.url, berth.pid, berth, { berth, ...(tls && { caFile: tls.caFile }) });
}
