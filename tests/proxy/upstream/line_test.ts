import assert from "node:assert/strict";
import { Line } from "../../../proxy/upstream/line.ts";
import { FakeClock } from "../../fake/clock.ts";

const KIB = 1024;
const SPEED = 64 * KIB;
const LIMIT = {
  id: "uplink",
  bandwidth: { burst: SPEED, everyMs: 1000 / SPEED },
  holdsFor: (registry: string) => registry === "docker",
};

/** A body of `pieces` of 64 KiB, which remembers whether it was cancelled. */
function source(pieces: number) {
  const state = { cancelled: false };
  let left = pieces;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(64 * KIB));
      else controller.close();
    },
    cancel: () => void (state.cancelled = true),
  });
  return { state, response: new Response(body, { status: 206, headers: { etag: '"a"' } }) };
}

function reading(response: Response) {
  const state = { bytes: 0 };
  const reader = response.body!.getReader();
  const done = (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      state.bytes += next.value.length;
    }
  })();
  return { state, done, reader };
}

Deno.test("Line, a registry without a limit is left alone", () => {
  const { response } = source(1);
  const line = new Line(new FakeClock());
  assert.equal(line.paced(response, [LIMIT], { registry: "quay" }), response);
  assert.equal(line.paced(response, [], { registry: "docker" }), response);
});

Deno.test("Line, what comes in is read as fast as it may, and is the same answer", async () => {
  const clock = new FakeClock();
  const paced = new Line(clock).paced(source(4).response, [LIMIT], { registry: "docker" });
  assert.deepEqual([paced.status, paced.headers.get("etag")], [206, '"a"']);
  const { state, done } = reading(paced);
  await clock.advance(0);
  assert.equal(state.bytes, 2 * SPEED, "a second's worth ahead, and the piece that spends it");
  await clock.advance(1000);
  assert.equal(state.bytes, 3 * SPEED);
  await clock.advance(3000);
  await done;
  assert.deepEqual([state.bytes, clock.pending], [4 * SPEED, 0]);
});

Deno.test("Line, people come before what is fetched ahead, which is never left for good", async () => {
  const clock = new FakeClock();
  const line = new Line(clock);
  const ask = (priority: "people" | "ahead") =>
    reading(line.paced(source(100).response, [LIMIT], { registry: "docker", priority }));
  const people = ask("people");
  const ahead = ask("ahead");
  await clock.advance(10_000);
  assert.ok(people.state.bytes >= 10 * SPEED, `${people.state.bytes / SPEED}`);
  assert.ok(ahead.state.bytes <= 2 * SPEED, `${ahead.state.bytes / SPEED}`);
  const before = ahead.state.bytes;
  await clock.advance(20_000);
  assert.ok(ahead.state.bytes > before, "its connection lives");
  await people.reader.cancel();
  const alone = ahead.state.bytes;
  await clock.advance(20_000);
  assert.ok(ahead.state.bytes - alone >= 8 * SPEED, `${(ahead.state.bytes - alone) / SPEED}`);
  await ahead.reader.cancel();
});

Deno.test("Line, somebody who leaves while waiting leaves nothing behind", async () => {
  const clock = new FakeClock();
  const { response, state } = source(100);
  const { reader, done } = reading(
    new Line(clock).paced(response, [LIMIT], { registry: "docker" }),
  );
  await clock.advance(100);
  assert.equal(clock.pending, 1);
  await reader.cancel(new Error("gone"));
  await done;
  await clock.advance(0);
  assert.deepEqual([state.cancelled, clock.pending], [true, 0]);
});
