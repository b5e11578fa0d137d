/** Which limits hold for whom. Pure. */
import type { BucketRate } from "../../base/buckets.ts";
import { formatSize, parseRate, parseSpeed } from "../../base/units.ts";
import type { Config } from "../config/schema.ts";
import { clientNetwork, inNetworks, parseNetworks } from "../http/origin.ts";

/** Who asks for what. */
export interface Asking {
  /** Address. */
  client: string;
  /** Empty where nobody signed in. */
  user: string;
  /** Name of the registry; undefined: of any. */
  registry?: string | undefined;
}

/** A limit of the configuration, ready to be held to. */
export interface Limit {
  /** As its `name` says, or its place in the list does. */
  readonly name: string;
  /** Another one where its figures are others. */
  readonly id: string;
  readonly total: boolean;
  /** For what comes from registries, not for clients. */
  readonly upstream: boolean;
  readonly requests: BucketRate | undefined;
  /** Of bytes. */
  readonly bandwidth: BucketRate | undefined;
  /** 0: any number. */
  readonly concurrent: number;
  /** In words: `100/m requests, 50 MiB/s, 20 at once`. */
  readonly text: string;
  holdsFor(asking: Asking): boolean;
}

/** The limits of `config`, in their order. */
export function limitsOf({ limits }: Pick<Config, "limits">): Limit[] {
  return limits.map((limit, index) => {
    const { users, registries, requests, bandwidth, concurrent, total, upstream } = limit;
    const networks = parseNetworks(limit.networks);
    const rate = parseRate(requests);
    const speed = parseSpeed(bandwidth);
    const name = limit.name || `limits[${index}]`;
    return {
      name,
      id: `${name} ${requests} ${bandwidth} ${total}`,
      total: total || upstream,
      upstream,
      requests: rate && { burst: rate.count, everyMs: rate.ms / rate.count },
      bandwidth: speed ? { burst: speed, everyMs: 1000 / speed } : undefined,
      concurrent,
      text: textOf({ requests, speed, concurrent, total }),
      holdsFor: ({ client, user, registry }) =>
        (users.length === 0 || users.includes(user)) &&
        (networks.length === 0 || inNetworks(client, networks)) &&
        (registries.length === 0 || registry === undefined || registries.includes(registry)),
    };
  });
}

/** The bucket of `limit` that `asking` takes from: a client's own, or everybody's. */
export function keyOf({ id, total }: Limit, { client, user }: Asking): string {
  return total ? id : `${id} ${user} ${clientNetwork(client)}`;
}

function textOf(
  { requests, speed, concurrent, total }: {
    requests: string;
    speed: number | undefined;
    concurrent: number;
    total: boolean;
  },
): string {
  const parts = [
    requests && `${requests} requests`,
    speed && `${formatSize(speed)}/s`,
    concurrent && `${concurrent} at once`,
  ].filter((part) => part);
  return `${parts.join(", ")}${total ? " for all together" : ""}`;
}
