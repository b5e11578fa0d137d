/** Where the configuration has the depot, and the way to it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "../base/clock.ts";
import type { DepotPlace, S3Keys, S3Options, S3Send } from "../cache/depot_options.ts";
import { DepotError } from "../cache/errors.ts";
import type { Config } from "../proxy/config/schema.ts";
import type { Timeouts } from "../proxy/upstream/deadline.ts";
import { systemDial, systemLookup } from "../proxy/upstream/dial.ts";
import { UpstreamError } from "../proxy/upstream/errors.ts";
import type { Environment } from "../proxy/upstream/proxies.ts";
import { createTransport, type Transport } from "../proxy/upstream/transport.ts";
import { awsUrl, roleKeys } from "./depot_roles.ts";

type DepotConfig = Config["cache"]["depot"];

/** Somebody waits, and upstream has the same. */
const ASKING: Timeouts = { connect: 500, response: 500, idle: 5000 };
const LENDING: Timeouts = { connect: 5000, response: 10_000, idle: 5000 };
const LENDING_NEAR: Timeouts = { connect: 1000, response: 2000, idle: 1000 };
const WORKING: Timeouts = { connect: 5000, response: 60_000, idle: 30_000 };

/**
 * The place of the depot that `cache.depot` names, with what closes its connections. Keys come from
 * there, else from `AWS_ACCESS_KEY_ID` and its like, else from the role of this pod or machine.
 * Throws {@linkcode DepotError} where a setting is missing or a file cannot be read.
 */
export function depotPlace(
  config: DepotConfig,
  env: Environment,
): { place: DepotPlace } & AsyncDisposable {
  const url = new URL(config.url);
  if (url.protocol === "file:") {
    return { place: { dir: fileURLToPath(url) }, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const bucket = bucketOf(url, config, env);
  const { ask, work, close } = wayTo(config, env);
  const own = keysOf(config, env);
  const role = own ? undefined : roleOf(bucket.region, env);
  const keys = own ?? role!.keys;
  return {
    place: { ...bucket, keys, ask, work },
    async [Symbol.asyncDispose]() {
      await Promise.all([close(), role?.close()]);
    },
  };
}

function bucketOf(
  url: URL,
  config: DepotConfig,
  env: Environment,
): Omit<S3Options, "ask" | "work" | "keys"> {
  const { endpoint, redirect_endpoint, path_style: style } = config;
  const region = config.region || env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1";
  const path = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, "");
  return {
    endpoint: new URL(endpoint || awsUrl("s3", region)),
    ...(redirect_endpoint && { linkEndpoint: new URL(redirect_endpoint) }),
    bucket: url.hostname,
    prefix: path && `${path}/`,
    region,
    pathStyle: style === "always" || (style === "auto" && endpoint !== ""),
  };
}

/** Keys of the role that this pod or machine has; closing ends the connections to who lends them. */
function roleOf(region: string, env: Environment) {
  const registry = "cache.depot.access_key_id";
  const far = transport({ registry, timeouts: LENDING, env });
  const nearby = { ...env, no_proxy: "*", NO_PROXY: "*" };
  const near = transport({ registry, timeouts: LENDING_NEAR, env: nearby });
  const keys = roleKeys({
    env,
    region,
    send: (request) => far.send(request),
    sendNear: (request) => near.send(request),
    readText: (file) => Deno.readTextFile(file),
    now: Date.now,
  });
  const close = () => Promise.all([far[Symbol.asyncDispose](), near[Symbol.asyncDispose]()]);
  return { keys, close };
}

/**
 * Keys belong together: those of the configuration, or those of the environment; `undefined` where
 * neither has any.
 */
function keysOf(config: DepotConfig, env: Environment): S3Keys | undefined {
  const own = config.access_key_id !== "";
  const accessKeyId = own ? config.access_key_id : env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = own ? config.secret_access_key : env.AWS_SECRET_ACCESS_KEY;
  const sessionToken = own ? config.session_token : env.AWS_SESSION_TOKEN;
  if (!accessKeyId) return undefined;
  if (!secretAccessKey) {
    const where = own ? "here" : "in AWS_SECRET_ACCESS_KEY";
    throw new DepotError("settings", "secret_access_key", `no secret ${where}`);
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function wayTo({ ca_file }: DepotConfig, env: Environment) {
  const ca = ca_file ? readCa(ca_file) : undefined;
  const common = { registry: "cache.depot.endpoint", env, ca };
  const asking = transport({ ...common, timeouts: ASKING });
  const working = transport({ ...common, timeouts: WORKING });
  const by = (transport: Transport): S3Send => async (request) => {
    try {
      return await transport.send(request);
    } catch (cause) {
      if (!(cause instanceof UpstreamError)) throw cause;
      throw new DepotError("away", "endpoint", cause.reason, { cause });
    }
  };
  return {
    ask: by(asking),
    work: by(working),
    close: async () => {
      await Promise.all([asking[Symbol.asyncDispose](), working[Symbol.asyncDispose]()]);
    },
  };
}

/** Requests as registries get them, but for the check of addresses: the operator has named this one. */
function transport(
  { registry, timeouts, env, ca }: {
    registry: string;
    timeouts: Timeouts;
    env: Environment;
    ca?: string | undefined;
  },
): Transport {
  return createTransport({
    registry,
    timeouts,
    clock: systemClock,
    env,
    lookup: systemLookup,
    dial: systemDial,
    insecureTls: false,
    ca,
  });
}

function readCa(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DepotError("settings", "ca_file", reason, { cause });
  }
}
