/** Registries as a machine reaches them: its files, its resolver, proxies, certificates, timeouts. */
import { readFileSync } from "node:fs";
import type { Registry } from "../config/schema.ts";
import { type ClientOptions, createClient, type Upstream } from "./client.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { type Credentials, statedCredentials } from "./credentials.ts";
import { type Dial, type Lookup, systemDial, systemLookup } from "./dial.ts";
import { decoded } from "./decode.ts";
import { dockerConfigCredentials } from "./docker_config.ts";
import { ecrCredentials } from "./ecr.ts";
import { offlineTransport } from "./offline.ts";
import type { Environment } from "./proxies.ts";
import { createTargetCheck } from "./target.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface UpstreamOptions extends ClientOptions {
  /** `http_proxy` and so on, `AWS_*`, `HOME`. */
  env: Environment;
  lookup?: Lookup;
  dial?: Dial;
}

/** A client for one registry of the map. Throws where `ca_file` cannot be read. */
export function createUpstream(registry: Registry, options: UpstreamOptions): Upstream {
  const { clock = systemClock, env, lookup = systemLookup, dial = systemDial } = options;
  const own = new URL(registry.url);
  const transport = registry.offline ? offlineTransport(registry.name) : createTransport({
    registry: registry.name,
    timeouts: options.timeouts,
    clock,
    env,
    lookup,
    dial,
    insecureTls: registry.insecure_tls,
    ca: registry.ca_file ? readFileSync(registry.ca_file, "utf8") : undefined,
  });
  return createClient(registry, {
    transport,
    checkTarget: createTargetCheck({ registry: registry.name, own, lookup, env }),
    credentials: configuredCredentials(registry, env, transport, clock),
    decode: async (response) => await decoded(response, registry.name) ?? response,
  }, options);
}

function configuredCredentials(
  registry: Registry,
  env: Environment,
  transport: Transport,
  clock: Clock,
): Credentials {
  if (registry.auth.ecr) return ecrCredentials({ registry, env, transport, clock });
  return statedCredentials(registry) ?? dockerConfigCredentials(registry, env);
}
