/** Registries as a platform reaches them that has `fetch` and nothing else: no files, no resolver. */
import type { Registry } from "../config/schema.ts";
import { addressClass, targetsAllowed } from "./address.ts";
import { type ClientOptions, createClient, type Upstream } from "./client.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { seconds } from "../../base/units.ts";
import { type Credentials, statedCredentials } from "./credentials.ts";
import type { Timeouts } from "./deadline.ts";
import { ecrCredentials } from "./ecr.ts";
import { kindOfFailure, UpstreamError } from "./errors.ts";
import { offlineTransport } from "./offline.ts";
import type { Environment } from "./proxies.ts";
import type { TargetCheck } from "./target.ts";
import type { Outgoing, Transport } from "./transport.ts";

export interface PlainOptions extends ClientOptions {
  fetch: typeof fetch;
  /** `AWS_*`, for ECR. */
  env: Environment;
}

/** A client for one registry of the map; it holds nothing that would have to be closed. */
export function createPlainUpstream(registry: Registry, options: PlainOptions): Upstream {
  const { clock = systemClock, timeouts } = options;
  const transport = registry.offline
    ? offlineTransport(registry.name)
    : plainTransport(registry.name, options.fetch, timeouts, clock);
  return createClient(registry, {
    transport,
    checkTarget: nameCheck(registry),
    credentials: credentialsOf(registry, options.env, transport, clock),
  }, options);
}

function credentialsOf(
  registry: Registry,
  env: Environment,
  transport: Transport,
  clock: Clock,
): Credentials {
  const stated = statedCredentials(registry);
  return stated ?? ecrCredentials({ registry, env, transport, clock });
}

/** `fetch` with a limit until the response's headers; what comes then is the platform's to watch. */
function plainTransport(
  registry: string,
  call: typeof fetch,
  { connect, response: limit }: Timeouts,
  clock: Clock,
): Transport {
  return {
    async send({ method, url, headers, body, signal }: Outgoing): Promise<Response> {
      const controller = new AbortController();
      const stop = clock.after(connect + limit, () => {
        const reason = `it did not answer within ${seconds(connect + limit)}`;
        controller.abort(new UpstreamError("timeout", registry, { reason }));
      });
      try {
        const response = await call(url, {
          method,
          headers,
          redirect: "manual",
          signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
          ...(body === undefined ? {} : streaming(body)),
        });
        return unpacked(response, registry);
      } catch (cause) {
        if (cause instanceof UpstreamError) throw cause;
        if (signal?.aborted) throw signal.reason;
        if (controller.signal.aborted) throw controller.signal.reason;
        throw new UpstreamError(kindOfFailure(cause), registry, { cause });
      } finally {
        stop();
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A body that is a stream must say that it is sent before the answer comes (Fetch, `duplex`). */
function streaming(body: NonNullable<Outgoing["body"]>): RequestInit {
  const init: RequestInit & { duplex?: "half" } = { body };
  if (body instanceof ReadableStream) init.duplex = "half";
  return init;
}

/** Some platforms unpack a body by its Content-Encoding and some do not; the digest then lies. */
function unpacked(response: Response, registry: string): Response {
  const coding = response.headers.get("content-encoding") ?? "identity";
  if (coding === "identity") return response;
  void response.body?.cancel();
  const reason = `it packed its answer (${coding}) although it was asked not to`;
  throw new UpstreamError("protocol", registry, { reason });
}

/** Names that no public resolver has: of this machine, of a private network, of a cloud's own. */
const PRIVATE_NAME = /^[^.]+$|\.(localhost|local|localdomain|internal|intranet|lan|home\.arpa)\.?$/;

/**
 * Without a resolver a host can only be judged by its name: private names, and addresses that are
 * not public, may be called only where the operator's own registry is of that kind.
 */
function nameCheck({ name, url }: Registry): TargetCheck {
  const own = new URL(url).hostname;
  const isAddress = (hostname: string) => /^\[|^[\d.]+$/.test(hostname);
  return ({ hostname }) => {
    const allowed = hostname === own ||
      (isAddress(hostname)
        ? addressClass(hostname) === "public" ||
          (isAddress(own) && targetsAllowed([hostname], [own]))
        : !PRIVATE_NAME.test(hostname));
    return allowed
      ? Promise.resolve(undefined)
      : Promise.reject(new UpstreamError("forbidden-target", name));
  };
}
