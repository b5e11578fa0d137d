import assert from "node:assert/strict";
import { LineWriter } from "../../base/line_writer.ts";
import { FakeClock } from "../fake/clock.ts";

const KIB = 1024;

/** A writer, and what it has written: each write as a text of its own. */
function setup(write?: (bytes: Uint8Array) => number | Promise<number>) {
  const clock = new FakeClock();
  const written: string[] = [];
  const writer = new LineWriter({
    clock,
    async write(bytes) {
      const count = await write?.(bytes) ?? bytes.length;
      written.push(new TextDecoder().decode(bytes.subarray(0, count)));
      return count;
    },
    lostLine: (count, error) => `lost ${count}: ${(error as Error).message}\n`,
  });
  return { clock, written, writer };
}

/** Numbered lines of 1 KiB each. */
function lines(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${from + i} `.padEnd(KIB - 1, "x") + "\n");
}

Deno.test("LineWriter, lines within 100 ms are one write, in their order", async () => {
  const { clock, written, writer } = setup();
  for (let i = 0; i < 9; i++) {
    writer.add(`line ${i}\n`);
    await clock.advance(11);
  }
  assert.deepEqual(written, []);
  await clock.advance(1);
  const expected = Array.from({ length: 9 }, (_, i) => `line ${i}\n`).join("");
  assert.deepEqual(written, [expected]);
  await clock.advance(1000);
  writer.add("later\n");
  await clock.advance(100);
  assert.deepEqual(written, [expected, "later\n"]);
  assert.equal(clock.pending, 0);
});

Deno.test("LineWriter, much is written at once", async () => {
  const { clock, written, writer } = setup();
  for (const line of lines(0, 64)) writer.add(line);
  await clock.advance(0);
  assert.deepEqual(written, [lines(0, 64).join("")]);
  assert.equal(clock.pending, 0);
});

Deno.test("LineWriter, one write at a time, however short, and characters stay whole", async () => {
  let running = 0;
  const { clock, written, writer } = setup(async (bytes) => {
    assert.equal(++running, 1);
    await Promise.resolve();
    running--;
    return Math.min(bytes.length, 3);
  });
  writer.add("größer\n");
  void writer.flush();
  writer.add("naïve\n");
  assert.equal(await writer.flush(), true);
  assert.equal(new Set(written).size > 3, true, "several writes");
  const bytes = { length: new TextEncoder().encode("größer\nnaïve\n").length };
  assert.equal(written.length, Math.ceil(9 / 3) + Math.ceil((bytes.length - 9) / 3));
  assert.equal(clock.pending, 0);
});

Deno.test("LineWriter, those who add wait for a reader who is slow, and nothing is lost", async () => {
  const stalled = Promise.withResolvers<void>();
  const { clock, written, writer } = setup(async (bytes) => {
    await stalled.promise;
    return bytes.length;
  });
  const all = lines(0, 5000);
  let added = 0;
  for (; !writer.room; added++) writer.add(all[added]!);
  assert.ok(added > 4000, `${added}`);
  let waiting = true;
  void writer.room.then(() => waiting = false);
  await clock.advance(60_000);
  assert.deepEqual([waiting, written], [true, []]);
  stalled.resolve();
  await clock.advance(0);
  assert.equal(waiting, false);
  assert.equal(writer.room, undefined);
  for (const line of all.slice(added)) writer.add(line);
  assert.equal(await writer.flush(), true);
  assert.equal(written.join("") === all.join(""), true);
});

Deno.test("LineWriter, a write that fails is tried again, from where it failed", async () => {
  const disk = { free: 10 };
  const { clock, written, writer } = setup((bytes) => {
    if (disk.free === 0) throw new Error("disk full");
    const count = Math.min(bytes.length, disk.free);
    disk.free -= count;
    return count;
  });
  writer.add("one\ntwo\nthree\n");
  await clock.advance(100);
  assert.deepEqual(written, ["one\ntwo\nth"]);
  writer.add("four\n");
  assert.equal(await writer.flush(), false);
  await writer.flushWithin(1000);
  await clock.advance(5000);
  assert.equal(writer.room, undefined, "nobody waits for a disk");
  disk.free = 1000;
  await clock.advance(1000);
  assert.equal(await writer.flush(), true);
  assert.equal(written.join(""), "one\ntwo\nthree\nfour\n");
  assert.deepEqual([writer.lost, clock.pending], [0, 0]);
});

Deno.test("LineWriter, what could not be kept until writing works again is told", async () => {
  const disk = { full: true };
  const { clock, written, writer } = setup((bytes) => {
    if (disk.full) throw new Error("disk full");
    return bytes.length;
  });
  writer.add("first\n");
  await clock.advance(100);
  const all = lines(0, 4100);
  for (const line of all) writer.add(line);
  disk.full = false;
  await clock.advance(1000);
  writer.add("after\n");
  assert.equal(await writer.flush(), true);
  const kept = all.length - writer.lost;
  assert.equal(kept, 4096);
  const expected = `first\n${all.slice(0, kept).join("")}lost 4: disk full\nafter\n`;
  assert.equal(written.join("") === expected, true, written.join("").slice(-200));
  assert.equal(clock.pending, 0);
});

Deno.test("LineWriter, at the end the rest is written, and nobody is waited for for ever", async () => {
  const { clock, written, writer } = setup();
  writer.add("last\n");
  await writer.flushWithin(1000);
  assert.deepEqual(written, ["last\n"]);
  assert.equal(clock.pending, 0);

  const stuck = setup(() => new Promise<never>(() => {}));
  stuck.writer.add("never\n");
  let closed = false;
  const closing = stuck.writer.flushWithin(1000).then(() => closed = true);
  await stuck.clock.advance(999);
  assert.equal(closed, false);
  await stuck.clock.advance(1);
  await closing;
  assert.equal(stuck.clock.pending, 0);
});
