import assert from "node:assert/strict";
import { type Ask, valkeyMemory } from "../../../cache/peers/memory.ts";

const KEY = new Uint8Array(32).fill(1);

/** A server that knows GET, SET and DEL. */
function server() {
  const kept = new Map<string, string>();
  const client = {
    get: (name: string) => Promise.resolve(kept.get(name) ?? null),
    set: (name: string, value: string) => Promise.resolve(kept.set(name, value) && "OK"),
    del: (name: string) => Promise.resolve(kept.delete(name) ? 1 : 0),
  };
  const ask: Ask = (ask) => ask(client as unknown as Parameters<Parameters<Ask>[0]>[0]);
  return { kept, ask };
}

Deno.test("valkeyMemory, names give away their kind alone, and all is in one slot", async () => {
  const { kept, ask } = server();
  const memory = valkeyMemory(ask, { prefix: "berth", key: KEY });
  assert.equal(await memory.put("proof:Basic c2VjcmV0 repo", "yes it is", 1000), true);
  assert.equal(await memory.get("proof:Basic c2VjcmV0 repo"), "yes it is");
  const [name] = [...kept.keys()];
  assert.match(name!, /^\{berth\}:proof:[\w-]{43}$/);
  await memory.forget("proof:Basic c2VjcmV0 repo");
  assert.equal(await memory.get("proof:Basic c2VjcmV0 repo"), undefined);
});

Deno.test("valkeyMemory, what somebody else has written there was never said", async () => {
  const { kept, ask } = server();
  const memory = valkeyMemory(ask, { prefix: "berth", key: KEY });
  const other = valkeyMemory(ask, { prefix: "berth", key: new Uint8Array(32) });
  await memory.put("a:one", "1", 1000);
  await memory.put("a:two", "2", 1000);
  assert.equal(await other.get("a:one"), undefined);
  const [one, two] = [...kept.keys()] as [string, string];
  for (const forged of ["", "1", "x 1", kept.get(two)!, kept.get(one)!.replace(/1$/, "3")]) {
    kept.set(one, forged);
    assert.equal(await memory.get("a:one"), undefined, forged);
  }
});

Deno.test("valkeyMemory, where nobody answers nothing is known, kept or in the way", async () => {
  const memory = valkeyMemory(() => Promise.resolve(undefined), { prefix: "berth", key: KEY });
  assert.equal(await memory.get("a:one"), undefined);
  assert.equal(await memory.put("a:one", "1", 1000), false);
  assert.equal(await memory.take([{ key: "a:one", burst: 1, everyMs: 1 }]), 0);
  await memory.forget("a:one");
});
