/** Documents of several Berths in Valkey or Redis, which need not be trusted with them: sealed. */
import { seal, sealingKeys, unseal } from "../../base/seal.ts";
import type { SharedDocuments } from "../../base/shared_document.ts";
import type { Ask } from "./memory.ts";

export interface DocumentOptions {
  /** What the names of all keys begin with. */
  prefix: string;
  /** The first seals, all are believed. */
  keys: readonly Uint8Array<ArrayBuffer>[];
}

/** `SET` unless a version is there that is not lower. A value begins with its version. */
const WRITE = `
local held = redis.call('GET', KEYS[1])
if held and tonumber(string.match(held, '^%d+') or 0) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
return 1`;

/** A document is sealed together with its name and version: none can stand in for another. */
export function valkeyDocuments(ask: Ask, { prefix, keys }: DocumentOptions): SharedDocuments {
  const sealing = sealingKeys(keys);
  const keyOf = (name: string) => `{${prefix}}:document:${name}`;
  return {
    async read(name) {
      const kept = await ask((client) => client.get(keyOf(name)));
      if (kept === undefined) return "away";
      if (kept === null) return undefined;
      const [version = "", sealed = ""] = kept.split(" ");
      const text = await unseal(sealed, `${name} ${version}`, await sealing);
      return text === undefined ? "foreign" : { version: Number(version), text };
    },
    async write(name, { version, text }) {
      const sealed = await seal(text, `${name} ${version}`, await sealing);
      const done = await ask((client) => client.eval(WRITE, 1, keyOf(name), version, sealed));
      if (done === undefined) return "away";
      return done === 1 ? "kept" : "older";
    },
  };
}
