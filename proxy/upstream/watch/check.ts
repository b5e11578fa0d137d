/** One look at a registry: `GET /v2/`, signed in, which counts against no quota. */
import { type Clock, systemClock } from "../../../base/clock.ts";
import { seconds } from "../../../base/units.ts";
import type { Registry } from "../../config/schema.ts";
import { discard } from "../../http/body.ts";
import { dockerConfigCredentials } from "../docker_config.ts";
import { UpstreamError, type UpstreamErrorKind } from "../errors.ts";
import { createUpstream, type UpstreamOptions } from "../native.ts";
import type { Environment } from "../proxies.ts";
import { type Finding, findingOf, findingOfStatus, isDead } from "./finding.ts";

type CheckOptions = Omit<UpstreamOptions, "retries" | "gate">;

/** Milliseconds for all of it. A registry that takes longer for `/v2/` keeps pulls waiting, too. */
export const LIMIT = 8_000;

/**
 * Asks `/v2/` with a client of its own, so that neither a kept connection nor a token from before
 * hides what has changed. Never throws for what the registry does; throws the reason of `signal`.
 */
export async function check(
  registry: Registry,
  options: CheckOptions,
  signal: AbortSignal,
): Promise<Finding> {
  const { clock = systemClock, env } = options;
  let dead: UpstreamErrorKind | undefined;
  let first = 0;
  const gate = {
    enter: () => undefined,
    answered: (status: number) => void (first ||= status),
    failed: ({ kind }: UpstreamError) => void (dead = isDead(kind) ? kind : undefined),
  };
  await using limit = timeLimit(registry.name, clock, signal);
  try {
    await using upstream = createUpstream(registry, { ...options, retries: 0, gate });
    const signedIn = await hasLogin(registry, env);
    const response = await limit.within(upstream.ping(limit.signal));
    await discard(response);
    return findingOfStatus(response.status, { challenged: first === 401, signedIn });
  } catch (error) {
    signal.throwIfAborted();
    if (first === 0 && limit.signal.aborted) dead ??= "timeout";
    return findingOf(error, first === 0 ? dead : undefined);
  }
}

/** A signal that ends with `signal` or after the time for a look; sign-in does not heed it by itself. */
function timeLimit(registry: string, clock: Clock, signal: AbortSignal) {
  const controller = new AbortController();
  const cancel = clock.after(LIMIT, () => {
    const reason = `it did not answer within ${seconds(LIMIT)}`;
    controller.abort(new UpstreamError("timeout", registry, { reason }));
  });
  const both = AbortSignal.any([signal, controller.signal]);
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {}); // nobody may be waiting
  both.addEventListener("abort", () => aborted.reject(both.reason), { once: true });
  return {
    signal: both,
    within: <T>(promise: Promise<T>): Promise<T> => Promise.race([promise, aborted.promise]),
    [Symbol.asyncDispose]: () => Promise.resolve(cancel()),
  };
}

/** Whether Berth comes with credentials of its own: being refused means something then. */
async function hasLogin(registry: Registry, env: Environment): Promise<boolean> {
  const { mode, username, logins, header, identity_token, docker_config, ecr } = registry.auth;
  if (mode === "client") return false;
  if (username || header || identity_token || ecr || Object.keys(logins).length > 0) return true;
  if (!docker_config) return false;
  return (await dockerConfigCredentials(registry, env)()).kind !== "anonymous";
}
