import assert from "node:assert/strict";
import { valkeyDocuments } from "../../../cache/peers/documents.ts";
import type { Ask } from "../../../cache/peers/memory.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte);

/** A server that knows GET and the one script. */
function server() {
  const kept = new Map<string, string>();
  const versionOf = (value = "0") => Number(/^\d+/.exec(value)?.[0] ?? 0);
  const client = {
    get: (name: string) => Promise.resolve(kept.get(name) ?? null),
    eval(_script: string, _keys: number, name: string, version: number, sealed: string) {
      if (kept.has(name) && versionOf(kept.get(name)) >= version) return Promise.resolve(0);
      kept.set(name, `${version} ${sealed}`);
      return Promise.resolve(1);
    },
  };
  const ask: Ask = (ask) => ask(client as unknown as Parameters<Parameters<Ask>[0]>[0]);
  const open = (...keys: Uint8Array<ArrayBuffer>[]) =>
    valkeyDocuments(ask, { prefix: "berth", keys });
  return { kept, open };
}

Deno.test("valkeyDocuments, a document is there for all who have the secret, and readable to nobody else", async () => {
  const { kept, open } = server();
  const text = "password: hunter2\n" + "ä".repeat(200_000);
  const one = open(key(1));
  assert.equal(await one.read("overlay"), undefined);
  assert.equal(await one.write("overlay", { version: 3, text }), "kept");
  assert.deepEqual(await one.read("overlay"), { version: 3, text });
  assert.deepEqual([...kept.keys()], ["{berth}:document:overlay"]);
  assert.doesNotMatch([...kept.values()].join(), /hunter2/);
  // While the secret is being changed, old and new lines are believed.
  assert.deepEqual(await open(key(2), key(1)).read("overlay"), { version: 3, text });
  assert.equal(await open(key(2)).read("overlay"), "foreign");
});

Deno.test("valkeyDocuments, what is not newer is not written, and nothing stands in for another", async () => {
  const { kept, open } = server();
  const documents = open(key(1));
  await documents.write("overlay", { version: 3, text: "three" });
  for (const version of [1, 2, 3]) {
    assert.equal(await documents.write("overlay", { version, text: "else" }), "older");
  }
  const value = kept.get("{berth}:document:overlay")!;
  kept.set("{berth}:document:certificate", value);
  assert.equal(await documents.read("certificate"), "foreign");
  for (const forged of [value.replace("3 ", "4 "), "", "4", "x y", value.slice(0, -2)]) {
    kept.set("{berth}:document:overlay", forged);
    assert.equal(await documents.read("overlay"), "foreign", forged);
  }
});

Deno.test("valkeyDocuments, where nobody answers that is said", async () => {
  const options = { prefix: "berth", keys: [key(1)] };
  const documents = valkeyDocuments(() => Promise.resolve(undefined), options);
  assert.equal(await documents.read("overlay"), "away");
  assert.equal(await documents.write("overlay", { version: 1, text: "" }), "away");
});
