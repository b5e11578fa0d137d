/** The registry port as users reach it: the app on a real socket, in front of fake registries. */
import type { Cache } from "../../cache/api.ts";
import { createProxy, type ProxyHandler, type ProxyParts } from "../../proxy/app.ts";
import { type Config, configSchema } from "../../proxy/config/schema.ts";
import { listen, type ListenOptions } from "../../proxy/http/listen.ts";
import { MemoryProofBook } from "../../proxy/client_sign_in/proof_book.ts";
import type { RequestRecord } from "../../proxy/observe/record.ts";
import { sealingKeys } from "../../base/seal.ts";
import type { Upstream } from "../../proxy/upstream/client.ts";
import { timeoutsOf } from "../../proxy/upstream/deadline.ts";
import { createUpstream } from "../../proxy/upstream/native.ts";

export interface TestProxy extends AsyncDisposable {
  url: string;
  host: string;
  config: Config;
  /** What answers, for requests that come by no connection. */
  handler: ProxyHandler;
  /** What was recorded, in order of completion. */
  records: RequestRecord[];
  /** A request to the proxy; redirects are not followed. */
  get(path: string, init?: RequestInit): Promise<Response>;
}

/**
 * Starts a proxy for `settings` (as in the file, without defaults), without a cache or TLS unless
 * they are given.
 */
export async function startProxy(
  settings: Record<string, unknown>,
  given: Partial<ProxyParts> = {},
  cache?: Cache,
  tls?: ListenOptions["tls"],
): Promise<TestProxy> {
  const config = configSchema.parse({ upstream: { retries: 0 }, ...settings });
  const records: RequestRecord[] = [];
  const now = given.now ?? Date.now;
  const { retries } = config.upstream;
  const timeouts = timeoutsOf(config.upstream);
  const upstreams: Upstream[] = [];
  const handler = createProxy(config, {
    cache,
    upstream: (registry) => {
      const made = createUpstream(registry, { timeouts, retries, env: {} });
      upstreams.push(made);
      return made;
    },
    onRecord: (record) => records.push(record),
    proofs: new MemoryProofBook({ now }),
    uploadKeys: await sealingKeys(),
    now,
    ...given,
  });
  const listener = listen({
    address: { hostname: "127.0.0.1", port: 0 },
    handler,
    tls,
  });
  const host = `127.0.0.1:${listener.address.port}`;
  const url = `${tls ? "https" : "http"}://${host}`;
  return {
    url,
    host,
    config,
    handler,
    records,
    get: (path, init) => fetch(url + path, { redirect: "manual", ...init }),
    async [Symbol.asyncDispose]() {
      await listener.close(1000);
      for (const upstream of upstreams) await upstream[Symbol.asyncDispose]();
    },
  };
}
