import { type Registry, registrySchema } from "../../../proxy/config/schema.ts";
import type { Upstream } from "../../../proxy/upstream/client.ts";
import { createUpstream, type UpstreamOptions } from "../../../proxy/upstream/native.ts";

/** A registry of the map, as the configuration would hold it. */
export function registryAt(url: string, settings: Record<string, unknown> = {}): Registry {
  return { ...registrySchema.parse({ url, ...settings }), name: "test" };
}

/** Much more than any of these takes, also on a machine that has a lot else to do. */
export const TIMEOUTS = { connect: 20_000, response: 50_000, idle: 50_000 };

/** A client with limits that only a fake clock reaches, and no environment. */
export function upstreamAt(
  url: string,
  settings: Record<string, unknown> = {},
  options: Partial<UpstreamOptions> = {},
): Upstream {
  return createUpstream(registryAt(url, settings), {
    timeouts: TIMEOUTS,
    retries: 2,
    env: {},
    random: () => 0,
    ...options,
  });
}
