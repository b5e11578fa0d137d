import assert from "node:assert/strict";
import { ENGINE, Garbage } from "../../base/garbage.ts";

const MB = 2 ** 20;

/** An engine whose collections take `ms` and leave `left` of what is outside of its heap. */
function engine({ ms = 0, left = 0 } = {}) {
  const state = {
    collections: 0,
    outside: 0,
    time: 0,
    collect() {
      state.collections++;
      state.time += ms;
      state.outside = left;
    },
  };
  const garbage = new Garbage({
    collect: state.collect,
    outside: () => state.outside,
    now: () => state.time,
  });
  return { state, garbage };
}

Deno.test("Garbage, is collected once after the start and after each time of work, as soon as that is over", () => {
  const { state, garbage } = engine();
  let work = 0;
  for (let i = 0; i < 3; i++) garbage.settle(work);
  assert.equal(state.collections, 1, "what the start has left behind");
  for (work = 1; work < 5; work++) garbage.settle(work);
  work--;
  assert.equal(state.collections, 1, "it goes on");
  for (let i = 0; i < 3; i++) garbage.settle(work);
  assert.equal(state.collections, 2);
  work++;
  for (let i = 0; i < 3; i++) garbage.settle(work);
  assert.equal(state.collections, 3);
});

Deno.test("Garbage, is collected under load once 12 MB lie outside of the heap, beside what is kept", () => {
  const { state, garbage } = engine({ left: 40 * MB });
  let kept = 30 * MB;
  state.outside = 40 * MB;
  garbage.press(kept);
  state.outside = 50 * MB;
  garbage.press(kept);
  assert.equal(state.collections, 0);
  state.outside = kept = 400 * MB;
  garbage.press(kept);
  assert.equal(state.collections, 0, "what is kept is no garbage");
  kept = 30 * MB;
  state.outside = 65 * MB;
  garbage.press(kept);
  assert.equal(state.collections, 1);
  for (let i = 0; i < 5; i++) garbage.press(kept);
  assert.equal(state.collections, 1, "what survived is in use");
  state.outside = 65 * MB;
  garbage.press(kept);
  assert.equal(state.collections, 2);
});

Deno.test("Garbage, the engine's own collections count", () => {
  const { state, garbage } = engine();
  state.outside = 60 * MB;
  garbage.press(0);
  state.outside = 20 * MB;
  garbage.press(0);
  state.outside = 45 * MB;
  garbage.press(0);
  assert.equal(state.collections, 1);
});

Deno.test("Garbage, collecting it takes a tenth of the time at most", () => {
  const { state, garbage } = engine({ ms: 50 });
  garbage.press(0);
  for (let i = 0; i < 100; i++) {
    state.outside = 500 * MB;
    garbage.press(0);
    state.time += 10;
  }
  assert.ok(state.collections >= 2 && state.collections <= 4, `${state.collections}`);
});

Deno.test("ENGINE, tells what is outside of its heap", () => {
  const before = ENGINE.outside();
  const buffers = Array.from({ length: 4 }, () => new Uint8Array(MB));
  assert.ok(ENGINE.outside() - before >= buffers.length * MB, "no collection can have taken them");
});
