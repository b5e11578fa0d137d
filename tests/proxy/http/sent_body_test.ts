import assert from "node:assert/strict";
import { ClientStalled, inPieces, sendBody, type Sent } from "../../../proxy/http/sent_body.ts";
import { FakeClock, settle } from "../../fake/clock.ts";

function bodyOf(...chunks: (number | Error)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const next = chunks.shift();
      if (next === undefined) controller.close();
      else if (next instanceof Error) controller.error(next);
      else controller.enqueue(new Uint8Array(next));
    },
  }, { highWaterMark: 0 });
}

function setup(...chunks: (number | Error)[]) {
  const clock = new FakeClock();
  const ends: Sent[] = [];
  const taken: number[] = [];
  const running = new Set<() => void>();
  const body = sendBody(bodyOf(...chunks), {
    clock,
    now: clock.now,
    timeout: 1000,
    running,
    taken: (bytes) => taken.push(bytes),
    ended: (sent) => ends.push(sent),
  });
  return { clock, ends, taken, running, body };
}

Deno.test("sendBody, a body that is read to its end is complete, with all its bytes", async () => {
  const { body, ends, taken, running, clock } = setup(10, 20, 30);
  assert.equal((await new Response(body).bytes()).length, 60);
  assert.equal(running.size, 0);
  assert.deepEqual(taken, [10, 20, 30]);
  assert.deepEqual(ends, [{ bytes: 60, end: { kind: "complete" } }]);
  assert.equal(clock.pending, 0);
});

Deno.test("sendBody, a client that leaves has had what it took and no more", async () => {
  const { body, ends, clock } = setup(10, 20, 30);
  const reader = body.getReader();
  await reader.read();
  await reader.cancel("gone");
  assert.deepEqual(ends, [{ bytes: 10, end: { kind: "closed" } }]);
  assert.equal(clock.pending, 0);
});

Deno.test("sendBody, a source that breaks off is told with its error, and the client sees one", async () => {
  const error = new Error("cut");
  const { body, ends } = setup(10, error);
  await assert.rejects(new Response(body).bytes(), /cut/);
  assert.deepEqual(ends, [{ bytes: 10, end: { kind: "failed", error } }]);
});

Deno.test("sendBody, a client that takes nothing for too long is given up, once", async () => {
  const { body, ends, clock } = setup(10, 20, 30);
  const reader = body.getReader();
  await reader.read();
  await clock.advance(999);
  await settle();
  assert.deepEqual(ends, []);
  await reader.read();
  await clock.advance(1001);
  await settle();
  assert.deepEqual(ends, [{ bytes: 30, end: { kind: "stalled" } }]);
  await assert.rejects(reader.read(), ClientStalled);
});

Deno.test("sendBody, a body can be broken off from outside while it runs, once", async () => {
  const { body, ends, running, clock } = setup(10, 20, 30);
  const reader = body.getReader();
  await reader.read();
  for (const stop of running) stop();
  assert.deepEqual(ends, [{ bytes: 10, end: { kind: "stopped" } }]);
  await assert.rejects(reader.read(), /being stopped/);
  assert.equal(running.size, 0);
  assert.equal(clock.pending, 0);
});

Deno.test("inPieces, gives the same bytes in views of the given size", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(1000));
  const sizes: number[] = [];
  const all: Uint8Array[] = [];
  for await (const piece of inPieces(bytes, 300)) {
    sizes.push(piece.length);
    all.push(piece);
    assert.equal(piece.buffer, bytes.buffer);
  }
  assert.deepEqual(sizes, [300, 300, 300, 100]);
  assert.deepEqual(new Uint8Array(await new Blob(all as BlobPart[]).arrayBuffer()), bytes);
});

/** A body that may go at `speed` bytes a second, after a first second's worth. */
function paced(speed: number, ...chunks: number[]) {
  const clock = new FakeClock();
  const ends: Sent[] = [];
  const taken: number[] = [];
  const start = clock.now();
  let sent = 0;
  const body = sendBody(bodyOf(...chunks), {
    clock,
    now: clock.now,
    timeout: 1000,
    pace: { most: speed, wait: () => Math.max(0, sent * 1000 / speed - (clock.now() - start)) },
    taken: (bytes) => {
      taken.push(bytes);
      sent += bytes;
    },
    ended: (sent) => ends.push(sent),
  });
  return { clock, ends, taken, body };
}

Deno.test("sendBody, held back, is whole in its time, in pieces of a second at most", async () => {
  const { body, clock, ends, taken } = paced(100, 250, 30);
  const whole = new Response(body).bytes();
  await clock.advance(2400);
  assert.deepEqual(ends, []);
  await clock.advance(400);
  assert.equal((await whole).length, 280);
  assert.deepEqual(taken, [100, 100, 50, 30]);
  assert.deepEqual(ends, [{ bytes: 280, end: { kind: "complete" } }]);
  assert.equal(clock.pending, 0);
});

Deno.test("sendBody, a client that leaves while it is held back has had what it took", async () => {
  const { body, clock, ends } = paced(10, 10, 10, 10);
  const reader = body.getReader();
  await reader.read();
  const next = reader.read();
  await clock.advance(500);
  await reader.cancel("gone");
  assert.equal((await next).done, true);
  assert.deepEqual(ends, [{ bytes: 10, end: { kind: "closed" } }]);
  await settle();
  assert.equal(clock.pending, 0);
});

Deno.test("sendBody, being held back is no stall of the client's", async () => {
  const { body, clock, ends } = paced(10, 30, 30);
  const reader = body.getReader();
  await reader.read();
  const next = reader.read();
  await clock.advance(2000);
  assert.equal((await next).value!.length, 10);
  await clock.advance(1100);
  assert.equal(ends[0]?.end.kind, "stalled", "but taking nothing is");
});
