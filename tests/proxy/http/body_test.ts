import assert from "node:assert/strict";
import { guardBody, readLimited } from "../../../proxy/http/body.ts";
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

function guarded(body = source()) {
  const clock = new FakeClock();
  const guard = { idle: 1000, clock, abort: () => {}, failure: (cause: unknown) => cause };
  return { clock, body: guardBody(body, guard) };
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

Deno.test("readLimited, the whole body or nothing", async () => {
  assert.deepEqual(await readLimited(new Response(source()), 300_000), bytes);
  assert.equal(await readLimited(new Response(source()), 299_999), undefined);
  assert.deepEqual(await readLimited(new Response(null), 10), new Uint8Array());
});
