import assert from "node:assert/strict";
import { readFully } from "../../../cache/blobs/read_fully.ts";
import { assertBytes, noise } from "../support.ts";

/** A file whose reads give three bytes at most. */
function slow(bytes: Uint8Array) {
  return {
    read(into: Uint8Array, at: number) {
      const piece = bytes.subarray(at, at + Math.min(3, into.length));
      into.set(piece);
      return Promise.resolve(piece.length);
    },
  };
}

Deno.test("readFully, fills the buffer however little each read gives", async () => {
  const bytes = noise(20);
  for (const [at, length] of [[0, 20], [0, 1], [7, 10], [19, 1], [5, 0]] as const) {
    const into = new Uint8Array(length);
    assert.equal(await readFully(slow(bytes), into, at), length);
    assertBytes(into, bytes.subarray(at, at + length));
  }
});

Deno.test("readFully, says how much there was where the file ends early", async () => {
  const bytes = noise(20);
  const into = new Uint8Array(30);
  assert.equal(await readFully(slow(bytes), into, 4), 16);
  assertBytes(into.subarray(0, 16), bytes.subarray(4));
  assert.equal(await readFully(slow(bytes), into, 20), 0);
});
