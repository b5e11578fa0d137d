import assert from "node:assert/strict";
import { type BodyGuard, guardBody, readLimited } from "../../../proxy/http/body.ts";
import { FakeClock } from "../../fake/clock.ts";
import { deterministicBytes } from "../../fake/content.ts";

const bytes = deterministicBytes(300_000, 1);

function source(): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const next = bytes.slice(offset, offset += 7_000);
      if (next.length > 0) return controller.enqueue(next);
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

function guarded(body = source(), more: Partial<BodyGuard> = {}) {
  const clock = new FakeClock();
  const timeout = () => new Error("idle");
  const failure = (cause: unknown) => cause;
  return { clock, body: guardBody(body, { idle: 1000, clock, timeout, failure, ...more }) };
}

/** Sends some bytes and then nothing, with a read that nothing but `cancel` ends. */
function silent() {
  const state = { body: source(), cancelled: undefined as unknown };
  let sent = false;
  state.body = new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (sent) return new Promise<void>(() => {});
      sent = true;
      controller.enqueue(new Uint8Array(10));
    },
    cancel: (reason) => void (state.cancelled = reason),
  });
  return state;
}

Deno.test("guardBody, the same bytes for every way of reading, and no timer left", async () => {
  const whole = guarded();
  assert.deepEqual(await new Response(whole.body).bytes(), bytes);
  assert.equal(whole.clock.pending, 0);

  const { body, clock } = guarded();
  const reader = body.getReader({ mode: "byob" });
  let buffer = new Uint8Array(1 << 16);
  const got: number[] = [];
  for (;;) {
    const { done, value } = await reader.read(buffer);
    if (done) break;
    got.push(...value);
    buffer = new Uint8Array(value.buffer);
    assert.equal(buffer.length, 1 << 16, "the reader's own buffer comes back");
  }
  assert.deepEqual(new Uint8Array(got), bytes);
  assert.equal(clock.pending, 0);
});

Deno.test("guardBody, cancel goes down to the source", async () => {
  let cancelled: unknown;
  const { body, clock } = guarded(
    new ReadableStream({
      type: "bytes",
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: (reason) => void (cancelled = reason),
    }),
  );
  const reader = body.getReader();
  await reader.read();
  await reader.cancel("enough");
  assert.equal(cancelled, "enough");
  assert.equal(clock.pending, 0);
});

Deno.test("guardBody, a body that goes idle is cancelled, and its pending read fails", async () => {
  const source = silent();
  const { body, clock } = guarded(source.body);
  const reader = body.getReader();
  await reader.read();
  const failed = assert.rejects(reader.read(), { message: "idle" });
  await clock.advance(1000);
  await failed;
  assert.equal((source.cancelled as Error).message, "idle");
  assert.equal(clock.pending, 0);
});

Deno.test("guardBody, an aborted signal ends a pending read, and one that comes later", async () => {
  for (const pending of [true, false]) {
    const controller = new AbortController();
    const source = silent();
    const { body, clock } = guarded(source.body, { signal: controller.signal });
    const reader = body.getReader();
    await reader.read();
    const before = pending ? reader.read() : undefined;
    controller.abort("gone");
    await assert.rejects(before ?? reader.read(), (reason) => reason === "gone");
    assert.equal(source.cancelled, "gone");
    assert.equal(clock.pending, 0);
  }
});

Deno.test("guardBody, without an idle time there is no timer, and errors are still put into words", async () => {
  const source = silent();
  const { body, clock } = guarded(source.body, { idle: Infinity });
  const reader = body.getReader();
  await reader.read();
  const pending = reader.read();
  assert.equal(clock.pending, 0);
  await reader.cancel();
  assert.equal((await pending).done, true);

  const failing = guarded(
    new ReadableStream({ type: "bytes", pull: (controller) => controller.error("reset") }),
    { idle: Infinity, failure: (cause) => `test: ${cause}` },
  );
  await assert.rejects(failing.body.getReader().read(), (reason) => reason === "test: reset");
});

Deno.test("readLimited, the whole body or nothing", async () => {
  assert.deepEqual(await readLimited(new Response(source()), 300_000), bytes);
  assert.equal(await readLimited(new Response(source()), 299_999), undefined);
  assert.deepEqual(await readLimited(new Response(null), 10), new Uint8Array());
});
