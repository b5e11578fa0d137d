import assert from "node:assert/strict";
import { BLOCK, Blocks } from "../../../cache/blobs/blocks.ts";
import { Passage } from "../../../cache/read/passage.ts";
import { PromptReads } from "../../../cache/read/prompt_reads.ts";
import type { BlobFile } from "../../../cache/blobs/store.ts";
import { assertBytes, bytesOf, noise } from "../support.ts";

/** A file in memory, read in pieces that are not full. */
function fileOf(bytes: Uint8Array, size: number): BlobFile & { reads: number; closed: number } {
  const readNow = (into: Uint8Array, at: number) => {
    assert.equal(file.closed, 0);
    file.reads++;
    const piece = bytes.subarray(at, at + Math.min(into.length, 200_000));
    into.set(piece);
    return piece.length;
  };
  const file = {
    size,
    reads: 0,
    closed: 0,
    readable: () => assert.fail("not as a stream"),
    read: (into: Uint8Array, at: number) => Promise.resolve().then(() => readNow(into, at)),
    readNow,
    close: () => void file.closed++,
  };
  return file;
}

const CONTENT = noise(3 * 2 ** 20 + 12_345);

interface Setup {
  blocks?: Blocks;
  warm?: boolean;
  size?: number;
  start?: number;
  end?: number;
  digest?: string;
}

function passage({ size = CONTENT.length, ...setup }: Setup) {
  const { blocks = new Blocks(16 * BLOCK), warm = false } = setup;
  const { start = 0, end = size, digest = "a" } = setup;
  const file = fileOf(CONTENT, size);
  let left = 0;
  const reader = new Passage({
    ...{ digest, file, span: { start, end }, blocks, warm },
    prompt: new PromptReads(),
    left: () => left++,
  });
  return { reader, file, left: () => left };
}

Deno.test("Passage, gives the bytes of its span, at once or read ahead", async () => {
  const spans = [[0, CONTENT.length], [1, BLOCK], [BLOCK - 1, BLOCK + 1], [700_000, 3_000_000]];
  for (const warm of [false, true]) {
    for (const [start, end] of spans) {
      const { reader, file, left } = passage({ warm, start: start!, end: end! });
      assertBytes(await bytesOf(reader.stream()), CONTENT.subarray(start, end));
      assert.equal(left(), 1);
      assert.equal(file.closed, 1);
    }
  }
});

Deno.test("Passage, who leaves in the midst leaves nothing open and nothing lent", async () => {
  for (const warm of [false, true]) {
    const blocks = new Blocks(0);
    const { reader, file, left } = passage({ warm, blocks });
    const body = reader.stream().getReader();
    await body.read();
    reader.used(BLOCK);
    await body.cancel();
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(left(), 1);
    assert.equal(file.closed, 1);
    blocks.trim();
    assert.equal(blocks.size, 0);
  }
});

Deno.test("Passage, an error closes it and reaches the reader", async () => {
  for (const warm of [false, true]) {
    const { reader, file, left } = passage({ warm, size: CONTENT.length + 3 * BLOCK });
    await assert.rejects(bytesOf(reader.stream()), /the file ends at byte/);
    assert.equal(left(), 1);
    assert.equal(file.closed, 1);
  }
});

/** A consumer that holds what it took for as long as it may, and looks at it again at the end of that. */
async function consume(reader: Passage, start: number, holds: number, pause: () => Promise<void>) {
  const held: { at: number; bytes: Uint8Array }[] = [];
  let at = start;
  const check = (upTo: number) => {
    while (held[0] && held[0].at + held[0].bytes.length <= upTo) {
      const { at, bytes } = held.shift()!;
      assertBytes(bytes, CONTENT.subarray(at, at + bytes.length));
    }
  };
  for await (const bytes of reader.stream()) {
    held.push({ at, bytes });
    at += bytes.length;
    await pause();
    check(at - holds);
    reader.used(at - holds - start);
  }
  for (let turn = 0; turn < 50; turn++) await pause();
  check(Infinity);
  assert.equal(held.length, 0);
}

Deno.test("Passage, many readers at different places never see bytes of another block", async () => {
  let state = 1;
  const chance = () => (state = state * 48271 % 2147483647) / 2147483647;
  const pause = async () => {
    while (chance() < 0.5) await new Promise((resolve) => setTimeout(resolve));
  };
  const blocks = new Blocks(4 * BLOCK);
  const readers = Array.from({ length: 40 }, async (_, index) => {
    const start = Math.floor(chance() * 2e6);
    const { reader } = passage({
      ...{ blocks, start, warm: index % 3 === 0, digest: "abc"[index % 3]! },
    });
    await pause();
    await consume(reader, start, 2 ** 19, pause);
  });
  await Promise.all(readers);
  blocks.trim();
  assert.ok(blocks.size <= 4 * BLOCK);
});

Deno.test("Passage, a consumer that never says what it is done with keeps all of it", async () => {
  const blocks = new Blocks(2 * BLOCK);
  const { reader } = passage({ blocks });
  const chunks = await Array.fromAsync(reader.stream());
  await bytesOf(passage({ blocks, digest: "b" }).reader.stream());
  let at = 0;
  for (const bytes of chunks) assertBytes(bytes, CONTENT.subarray(at, at += bytes.length));
});
