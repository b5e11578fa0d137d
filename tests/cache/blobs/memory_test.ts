import assert from "node:assert/strict";
import { Memory } from "../../../cache/blobs/memory.ts";

Deno.test("Memory, holds what was used last within its bytes, and nothing large", () => {
  const memory = new Memory(3000);
  for (const name of ["a", "b"]) memory.set(name, new Uint8Array(1000), "t");
  assert.equal(memory.get("a")?.bytes.length, 1000);
  memory.set("c", new Uint8Array(1000), "t");
  assert.deepEqual(["a", "b", "c"].map((name) => memory.get(name) !== undefined), [
    true,
    false,
    true,
  ]);
  memory.resize(1500);
  assert.deepEqual(["a", "c"].map((name) => memory.get(name) !== undefined), [false, true]);
  memory.delete("c");
  assert.equal(memory.size, 0);
  const large = new Memory(10 * 2 ** 20);
  large.set("big", new Uint8Array(2 ** 20 + 1), "t");
  assert.equal(large.get("big"), undefined);
  new Memory(0).set("x", new Uint8Array(1), "t");
});
