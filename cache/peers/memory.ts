/** What several Berths know together, in Valkey or Redis. */
import type { Cluster, Redis } from "iovalkey";
import type { SharedMemory } from "../../base/shared_memory.ts";

/** Asks the server; `undefined` where it does not answer. */
export type Ask = <T>(ask: (client: Redis | Cluster) => Promise<T>) => Promise<T | undefined>;

/** A memory whose keys begin with `prefix`. */
export function valkeyMemory(ask: Ask, prefix: string): SharedMemory {
  const name = (key: string) => `{${prefix}}:${key}`;
  return {
    get: async (key) => await ask((client) => client.get(name(key))) ?? undefined,
    async put(key, value, life) {
      const px = Math.max(1, Math.ceil(life));
      return await ask((client) => client.set(name(key), value, "PX", px)) === "OK";
    },
  };
}
