/** Where the configuration has the depot, and the way to it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "../base/clock.ts";
import type { DepotPlace, S3Options, S3Send } from "../cache/depot_options.ts";
import { DepotError } from "../cache/errors.ts";
import type { Config } from "../proxy/config/schema.ts";
import type { Timeouts } from "../proxy/upstream/deadline.ts";
import { systemDial, systemLookup } from "../proxy/upstream/dial.ts";
import { UpstreamError } from "../proxy/upstream/errors.ts";
import type { Environment } from "../proxy/upstream/proxies.ts";
import { createTransport, type Transport } from "../proxy/upstream/transport.ts";

type DepotConfig = Config["cache"]["depot"];

/** Somebody waits, and upstream has the same. */
const ASKING: Timeouts = { connect: 500, response: 500, idle: 5000 };
const WORKING: Timeouts = { connect: 5000, response: 60_000, idle: 30_000 };

/**
 * The place of the depot that `cache.depot` names, with what closes its connections. Keys come from
 * there, else from `AWS_ACCESS_KEY_ID` and its like. Throws {@linkcode DepotError} where
 * a setting is missing or a file cannot be read.
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
  return { place: { ...bucket, ask, work }, [Symbol.asyncDispose]: close };
}

function bucketOf(
  url: URL,
  config: DepotConfig,
  env: Environment,
): Omit<S3Options, "ask" | "work"> {
  const { endpoint, path_style: style } = config;
  const region = config.region || env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1";
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const path = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, "");
  return {
    endpoint: new URL(endpoint || `https://s3.${region}.${suffix}`),
    bucket: url.hostname,
    prefix: path && `${path}/`,
    region,
    pathStyle: style === "always" || (style === "auto" && endpoint !== ""),
    keys: keysOf(config, env),
  };
}

/** Keys belong together: those of the configuration, or those of the environment. */
function keysOf(config: DepotConfig, env: Environment): S3Options["keys"] {
  const own = config.access_key_id !== "";
  const accessKeyId = own ? config.access_key_id : env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = own ? config.secret_access_key : env.AWS_SECRET_ACCESS_KEY;
  const sessionToken = own ? config.session_token : env.AWS_SESSION_TOKEN;
  if (!accessKeyId) {
    const reason = "no key, neither here nor in AWS_ACCESS_KEY_ID";
    throw new DepotError("settings", "access_key_id", reason);
  }
  if (!secretAccessKey) {
    const where = own ? "here" : "in AWS_SECRET_ACCESS_KEY";
    throw new DepotError("settings", "secret_access_key", `no secret ${where}`);
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/** Requests as registries get them, but for the check of addresses: the operator has named this one. */
function wayTo({ ca_file }: DepotConfig, env: Environment) {
  const ca = ca_file ? readCa(ca_file) : undefined;
  const transport = (timeouts: Timeouts) =>
    createTransport({
      registry: "cache.depot.endpoint",
      timeouts,
      clock: systemClock,
      env,
      lookup: systemLookup,
      dial: systemDial,
      insecureTls: false,
      ca,
    });
  const [asking, working] = [transport(ASKING), transport(WORKING)];
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

function readCa(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DepotError("settings", "ca_file", reason, { cause });
  }
}
