import assert from "node:assert/strict";
import fc from "fast-check";
import { BLOCK, Blocks } from "../../../cache/blobs/blocks.ts";
import { HELD_BACK, SharedBody } from "../../../cache/fill/shared_body.ts";
import { follow } from "../../../cache/fill/follower.ts";
import type { BlobFile } from "../../../cache/blobs/store.ts";
import { settle } from "../../fake/clock.ts";
import { assertBytes, bytesOf, drain, noise } from "../support.ts";

const KiB = 1024;

/** A file that grows: what has been appended to it so far can be read. */
class GrowingFile {
  #bytes = new Uint8Array();
  opened = 0;
  closed = 0;

  append(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
  }

  open(): Promise<BlobFile> {
    this.opened++;
    return Promise.resolve({
      size: this.#bytes.length,
      readable: () => assert.fail("not for a file that grows"),
      readNow: () => assert.fail("not while others wait"),
      read: async (into, at) => {
        await Promise.resolve();
        const part = this.#bytes.subarray(at, at + Math.min(into.length, 10 * KiB));
        into.set(part);
        return part.length;
      },
      close: () => void this.closed++,
    });
  }
}

interface Step {
  /** Bytes to append, the file keeping behind by `lag` pieces. */
  size: number;
  lag: number;
  /** Whether whoever can run does so before the next step. */
  pause: boolean;
}

const step = fc.record<Step>({
  size: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 300 * KiB })),
  lag: fc.integer({ min: 0, max: 3 }),
  pause: fc.boolean(),
});

const reader = fc.record({
  start: fc.double({ min: 0, max: 1, noNaN: true }),
  end: fc.double({ min: 0, max: 1, noNaN: true }),
  joinsAt: fc.nat({ max: 20 }),
  slow: fc.boolean(),
});

Deno.test("SharedBody, every reader gets exactly its bytes, at whatever pace anybody goes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.array(reader, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      fc.constantFrom(0, BLOCK, 32 * BLOCK),
      async (steps, readers, sized, memory) => {
        const total = steps.reduce((sum, { size }) => sum + size, 0);
        const bytes = noise(total, total);
        const file = new GrowingFile();
        const shared = new SharedBody({
          total: sized ? total : undefined,
          blocks: new Blocks(memory),
          open: () => file.open(),
        });
        const spans = readers.map(({ start, end, ...rest }) => {
          const from = Math.floor(start * total);
          const to = from + Math.ceil(end * (total - from));
          return { ...rest, start: from, end: sized ? Math.max(from + 1, to) : total };
        }).filter(({ start }) => start < total);
        const reading: Promise<void>[] = [];
        const join = (at: number) => {
          for (const span of spans.filter(({ joinsAt }) => joinsAt === at)) {
            const { start, end } = span;
            const { body } = follow(shared, { start, end: sized ? end : undefined });
            reading.push(
              read(body, span.slow).then((got) => {
                assertBytes(got, bytes.subarray(span.start, span.end), JSON.stringify(span));
              }),
            );
          }
        };
        let at = 0;
        const waiting: Uint8Array<ArrayBuffer>[] = [];
        let written = 0;
        const write = (most: number) => {
          while (waiting.length > most) {
            const piece = waiting.shift()!;
            file.append(piece);
            shared.written(written += piece.length);
          }
        };
        for (const [turn, { size, lag, pause }] of steps.entries()) {
          join(turn);
          const piece = bytes.slice(at, at += size);
          shared.append(piece);
          waiting.push(piece);
          write(lag);
          if (pause) await settle();
        }
        shared.verify();
        for (let turn = steps.length; turn <= 20; turn++) join(turn);
        await settle();
        write(0);
        await Promise.all(reading);
        await settle();
        assert.equal(shared.readers, 0);
        assert.equal(file.closed, file.opened, "files are closed");
      },
    ),
    { numRuns: 60 },
  );
});

async function read(body: ReadableStream<Uint8Array>, slow: boolean): Promise<Uint8Array> {
  if (!slow) return await bytesOf(body);
  const parts: Uint8Array[] = [];
  for await (const part of body) {
    parts.push(part.slice());
    await settle();
  }
  return await bytesOf(new Blob(parts as BlobPart[]).stream());
}

Deno.test("SharedBody, nobody gets all of what it asked for before everything is verified", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      fc.boolean(),
      async (steps, sized, fails) => {
        const total = steps.reduce((sum, { size }) => sum + size, 0);
        const bytes = noise(total);
        const shared = new SharedBody({
          total: sized ? total : undefined,
          blocks: new Blocks(32 * BLOCK),
          open: () => assert.fail("all is in memory"),
        });
        const { body } = follow(shared, { start: 0, end: sized ? total : undefined });
        const reading = drain(body);
        let at = 0;
        for (const { size } of steps) shared.append(bytes.slice(at, at += size));
        await settle();
        if (fails) shared.fail(new Error("wrong"));
        else shared.verify();
        const got = await reading;
        assert.equal(got.error !== undefined, fails);
        if (fails) assert.ok(got.bytes.length <= Math.max(0, total - HELD_BACK));
        else assertBytes(got.bytes, bytes);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("SharedBody, keeps no more in memory than it may, once the file has it", async () => {
  const file = new GrowingFile();
  const blocks = new Blocks(2 * BLOCK);
  const shared = new SharedBody({ total: undefined, blocks, open: () => file.open() });
  const bytes = noise(1000 * KiB);
  for (let at = 0; at < bytes.length; at += 100 * KiB) {
    shared.append(bytes.slice(at, at + 100 * KiB));
  }
  assertBytes(shared.whole()!, bytes);
  file.append(bytes);
  assert.equal(blocks.size, 4 * BLOCK);
  shared.written(bytes.length);
  blocks.trim();
  assert.equal(blocks.size, 2 * BLOCK);
  assert.equal(shared.whole(), undefined);
  shared.verify();
  const { body } = follow(shared, { start: 0, end: undefined });
  assertBytes(await bytesOf(body), bytes);
  assert.equal(file.opened, 1);
});

Deno.test("follow, cancelled while it waits, leaves nothing behind", async () => {
  let idle = 0;
  const file = new GrowingFile();
  const options = {
    total: 10,
    blocks: new Blocks(0),
    open: () => file.open(),
    onIdle: () => idle++,
  };
  const shared = new SharedBody(options);
  const { body } = follow(shared, { start: 0, end: 10 });
  const reader = body.getReader();
  const pending = reader.read();
  await settle();
  await reader.cancel();
  assert.deepEqual(await pending, { value: undefined, done: true });
  assert.equal(shared.readers, 0);
  assert.equal(idle, 1);
  shared.append(new Uint8Array(10));
  shared.verify();
  await settle();
});
