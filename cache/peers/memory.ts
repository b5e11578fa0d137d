/** What several Berths know together, in Valkey or Redis. */
import type { Cluster, Redis } from "iovalkey";
import { createHmac, timingSafeEqual } from "node:crypto";
import type { SharedMemory, SharedRate } from "../../base/shared_memory.ts";

/** Asks the server; `undefined` where it does not answer. */
export type Ask = <T>(ask: (client: Redis | Cluster) => Promise<T>) => Promise<T | undefined>;

interface MemoryOptions {
  /** What the names of all keys begin with. */
  prefix: string;
  /** Hides what keys name, and signs what is kept. */
  key: Uint8Array;
}

/** Of each key it is kept when everything that was taken will have come back (a GCRA's clock). */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local full, wait = {}, 0
for i, key in ipairs(KEYS) do
  local every, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  full[i] = math.max(now, tonumber(redis.call('GET', key) or 0)) + every
  wait = math.max(wait, full[i] - now - every * burst)
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', full[i]), 'PX', math.ceil(full[i] - now))
end
return 0`;
const GIVE_BACK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i, key in ipairs(KEYS) do
  local full = tonumber(redis.call('GET', key) or 0) - tonumber(ARGV[2 * i - 1])
  if full > now then
    redis.call('SET', key, string.format('%.0f', full), 'PX', math.ceil(full - now))
  else
    redis.call('DEL', key)
  end
end
return 0`;

/** Keys are named by their kind, which stands before the first colon, and by a hash of the rest. */
export function valkeyMemory(ask: Ask, { prefix, key: secret }: MemoryOptions): SharedMemory {
  const mac = (text: string) => createHmac("sha256", secret).update(text).digest("base64url");
  const named = (key: string) => `{${prefix}}:${key.split(":")[0]}:${mac(`name\0${key}`)}`;
  const signed = (key: string, value: string) => mac(`value\0${key}\0${value}`);
  const run = (script: string, rates: readonly SharedRate[]) =>
    ask((client) =>
      client.eval(
        script,
        rates.length,
        ...rates.map(({ key }) => named(key)),
        ...rates.flatMap(({ everyMs, burst }) => [everyMs, burst]),
      )
    );
  return {
    async get(key) {
      const kept = await ask((client) => client.get(named(key))) ?? "";
      const [signature = "", ...rest] = kept.split(" ");
      const value = rest.join(" ");
      return same(signature, signed(key, value)) ? value : undefined;
    },
    async put(key, value, life) {
      const kept = `${signed(key, value)} ${value}`;
      const px = Math.max(1, Math.ceil(life));
      return await ask((client) => client.set(named(key), kept, "PX", px)) === "OK";
    },
    async forget(key) {
      await ask((client) => client.del(named(key)));
    },
    take: async (rates) => Number(await run(TAKE, rates) ?? 0),
    async giveBack(rates) {
      await run(GIVE_BACK, rates);
    },
  };
}

function same(one: string, other: string): boolean {
  const encode = (text: string) => new TextEncoder().encode(text);
  const [a, b] = [encode(one), encode(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
