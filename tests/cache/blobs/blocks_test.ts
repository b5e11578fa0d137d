import assert from "node:assert/strict";
import { BLOCK, type Block, Blocks } from "../../../cache/blobs/blocks.ts";

/** A store whose every block is full of its index, and which counts what is read of it. */
function setup(limit: number) {
  const blocks = new Blocks(limit * BLOCK);
  const reads: string[] = [];
  const borrow = (index: number, digest = "a") =>
    blocks.borrow(digest, index, BLOCK, (into) => {
      reads.push(`${digest}${index}`);
      into.fill(index);
    }) as Block;
  return { blocks, reads, borrow };
}

Deno.test("Blocks, a block is read once for all who want it, also while it is being read", async () => {
  const blocks = new Blocks(4 * BLOCK);
  const read = Promise.withResolvers<void>();
  let reads = 0;
  const load = () => {
    reads++;
    return read.promise;
  };
  const both = [blocks.borrow("a", 0, 10, load), blocks.borrow("a", 0, 10, load)];
  read.resolve();
  const [one, other] = await Promise.all(both);
  assert.equal(one, other);
  assert.equal(one!.bytes.length, 10);
  assert.equal(blocks.borrow("a", 0, 10, load), one);
  assert.equal(reads, 1);
});

Deno.test("Blocks, what failed reaches everyone who waits, and the next one tries again", async () => {
  const blocks = new Blocks(4 * BLOCK);
  const failing = () => Promise.reject(new Error("no"));
  const both = [blocks.borrow("a", 0, 10, failing), blocks.borrow("a", 0, 10, failing)];
  for (const block of both) await assert.rejects(async () => await block, /no/);
  assert.throws(
    () =>
      blocks.borrow("a", 0, 10, () => {
        throw new Error("at once");
      }),
    /at once/,
  );
  assert.equal(blocks.size, 0);
  const block = await blocks.borrow("a", 0, 10, (into) => void into.fill(7));
  assert.equal(block.bytes[9], 7);
});

Deno.test("Blocks, the least recently used makes room, in the same memory", () => {
  const { blocks, reads, borrow } = setup(2);
  const [first, second] = [borrow(0), borrow(1)];
  blocks.giveBack(second);
  blocks.giveBack(first);
  blocks.giveBack(borrow(1)); // Used again: the other one goes.
  const third = borrow(2);
  assert.equal(third.bytes.buffer, first.bytes.buffer);
  assert.equal(blocks.size, 2 * BLOCK);
  blocks.giveBack(borrow(1));
  assert.deepEqual(reads, ["a0", "a1", "a2"]);
});

Deno.test("Blocks, what is lent or written off is never written over", () => {
  const { blocks, borrow } = setup(1);
  const [lent, writtenOff, forgotten] = [borrow(1), borrow(2), borrow(3, "b")];
  blocks.writeOff(writtenOff);
  blocks.delete("b");
  for (let index = 4; index < 20; index++) blocks.giveBack(borrow(index));
  assert.deepEqual([lent, writtenOff, forgotten].map(({ bytes }) => bytes[0]), [1, 2, 3]);
  blocks.giveBack(forgotten);
  blocks.giveBack(lent);
  for (let index = 20; index < 40; index++) borrow(index);
  assert.notEqual(lent.bytes[0], 1, "given back, it serves others");
  assert.equal(writtenOff.bytes[0], 2);
});

Deno.test("Blocks, a digest that is forgotten is read anew", () => {
  const { blocks, reads, borrow } = setup(4);
  blocks.giveBack(borrow(0));
  blocks.giveBack(borrow(0, "b"));
  blocks.delete("a");
  blocks.giveBack(borrow(0));
  blocks.giveBack(borrow(0, "b"));
  assert.deepEqual(reads, ["a0", "b0", "a0"]);
});

Deno.test("Blocks, holds more than its limit only while more is lent, and nothing when at rest", () => {
  const { blocks, reads, borrow } = setup(4);
  const lent = Array.from({ length: 10 }, (_, index) => borrow(index));
  assert.equal(blocks.size, 10 * BLOCK);
  for (const block of lent.slice(1)) blocks.giveBack(block);
  blocks.writeOff(lent[0]!);
  blocks.trim();
  assert.equal(blocks.size, 4 * BLOCK);
  blocks.resize(2 * BLOCK);
  assert.equal(blocks.size, 2 * BLOCK);
  blocks.rest();
  assert.equal(blocks.size, 2 * BLOCK, "somebody has asked since");
  blocks.rest();
  assert.equal(blocks.size, 0);
  blocks.giveBack(borrow(0));
  assert.equal(reads.length, 11);
});
