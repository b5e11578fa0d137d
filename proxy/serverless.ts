/**
 * Berth as a handler for platforms that call one: `deno serve`, Deno Deploy, Cloudflare Workers,
 * Vercel. No files, no listener, no cache: what comes in goes to the registry, names mapped, and what
 * the registry redirects to is handed to the client with `redirects: pass`.
 */
import { createProxy, type ProxyHandler } from "./app.ts";
import type { Config, ConfigInput } from "./config/schema.ts";
import type { RecordSink } from "./observe/record.ts";
import { sealingKeys } from "../base/seal.ts";
import { configFromEnvironment, configOf } from "./config/serverless.ts";
import { timeoutsOf } from "./upstream/deadline.ts";
import { createPlainUpstream } from "./upstream/plain.ts";

export interface HandlerOptions {
  /** What to serve, with the keys of config.yaml; a single registry is the default one. */
  config: ConfigInput;
  /** `AWS_*` for ECR. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Told of each request when its answer begins, for a log. */
  onRecord?: RecordSink;
  /** How registries are called. */
  fetch?: typeof fetch;
}

/** `info`: what `deno serve` tells of the connection. */
export type Handler = (request: Request, info?: unknown) => Promise<Response>;

/** A handler for `/v2/`, the token endpoint and browsers. Throws `ConfigError` at once. */
export function createHandler({ config, ...options }: HandlerOptions): Handler {
  return handlerOf(configOf(config), options);
}

function handlerOf(config: Config, options: Omit<HandlerOptions, "config">): Handler {
  let made: Promise<ProxyHandler> | undefined;
  return async (request, info) => {
    // Not before: in global scope some platforms forbid to make keys.
    const handle = await (made ??= makeProxy(config, options));
    return await handle(request, { peer: peerOf(info), via: "direct" });
  };
}

async function makeProxy(
  config: Config,
  { env = {}, onRecord = () => {}, fetch: call = fetch }: Omit<HandlerOptions, "config">,
): Promise<ProxyHandler> {
  const { retries } = config.upstream;
  const timeouts = timeoutsOf(config.upstream);
  return createProxy(config, {
    upstream: (registry) =>
      createPlainUpstream(registry, { timeouts, retries, env, fetch: (...args) => call(...args) }),
    onRecord,
    uploadKeys: await sealingKeys(),
  });
}

/** The address of the peer, where the platform passes it the way Deno does. */
function peerOf(info: unknown): string {
  const { remoteAddr } = (info ?? {}) as { remoteAddr?: { hostname?: unknown } };
  return typeof remoteAddr?.hostname === "string" ? remoteAddr.hostname : "";
}

/** The variables of the process, where there is one, and those that a platform hands in. */
function environmentOf(given: unknown): Record<string, string> {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const all = { ...process?.env, ...(given ?? {}) };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value]] : []
    ),
  );
}

function createFromEnvironment(): Handler {
  let made: Promise<Handler> | undefined;
  return async (request, given) => {
    made ??= Promise.resolve(environmentOf(given)).then(async (env) =>
      handlerOf(await configFromEnvironment(env), { env })
    );
    return await (await made)(request, given);
  };
}

/**
 * Configured by the environment: of the process, or as Cloudflare hands it in with each request.
 * https://developers.cloudflare.com/workers/runtime-apis/handlers/fetch/
 */
export default { fetch: createFromEnvironment() };
