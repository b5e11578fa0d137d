/** One of several Berths asks about a tag; the others wait for what it was told, and not for long. */
import assert from "node:assert/strict";
import type { TakeTurn, Turn } from "../../../base/turn.ts";
import { inTurn } from "../../../proxy/cached/in_turn.ts";
import { FakeClock } from "../../fake/clock.ts";
import { stored } from "../../fake/pair.ts";
import { image } from "../../fake/content.ts";
import { cachedPair } from "../../fake/pair.ts";
import { MANIFEST } from "./cached_pair.ts";

/** Turns that are what `now` says; `taken` counts how often it was asked, `done` how often let go of. */
function turns(now: Turn["kind"]) {
  const state = { now, taken: 0, done: 0 };
  const turn: TakeTurn = () => {
    state.taken++;
    const { now } = state;
    return Promise.resolve(
      now === "mine" ? { kind: now, done: () => void state.done++ } : { kind: now },
    );
  };
  return { state, turn };
}

Deno.test("inTurn, whose turn it is asks at once and lets go, also after a failure", async () => {
  const clock = new FakeClock();
  const { state, turn } = turns("mine");
  const options = { turn, clock, told: () => undefined };
  assert.equal(await inTurn("x", options, () => Promise.resolve("asked")), "asked");
  await assert.rejects(inTurn("x", options, () => Promise.reject(new Error("no"))), /no/);
  assert.deepEqual(state, { now: "mine", taken: 2, done: 2 });
  state.now = "alone";
  assert.equal(await inTurn("x", options, () => Promise.resolve("asked")), "asked");
  assert.equal(clock.pending, 0);
});

Deno.test("inTurn, who waits has what the other one was told", async () => {
  const clock = new FakeClock();
  const { turn } = turns("another's");
  const others: string[] = [];
  const asked: string[] = [];
  const answer = inTurn("x", { turn, clock, told: () => others[0] }, () => {
    asked.push("asked");
    return Promise.resolve("own");
  });
  await clock.advance(500);
  others.push("another's");
  await clock.advance(25);
  assert.equal(await answer, "another's");
  assert.deepEqual(asked, []);
});

Deno.test("inTurn, who waits asks when the other one has let go without an answer", async () => {
  const clock = new FakeClock();
  const { state, turn } = turns("another's");
  const answer = inTurn(
    "x",
    { turn, clock, told: () => undefined },
    () => Promise.resolve("own"),
  );
  await clock.advance(100);
  state.now = "mine";
  await clock.advance(250);
  assert.equal(await answer, "own");
  assert.equal(state.done, 1);
});

Deno.test("inTurn, nobody waits for longer than two seconds", async () => {
  const clock = new FakeClock();
  const { turn } = turns("another's");
  const began = clock.now();
  let ended = 0;
  const answer = inTurn("x", { turn, clock, told: () => undefined }, () => {
    ended = clock.now();
    return Promise.resolve("own");
  });
  await clock.advance(10_000);
  assert.equal(await answer, "own");
  assert.equal(ended - began, 2000);
});

Deno.test("manifests, a tag past its ttl is what another Berth was just told it is", async () => {
  const clock = new FakeClock();
  const { state, turn } = turns("alone");
  const [app, moved] = [image(), image({ seed: 9 })];
  await using t = await cachedPair({
    registry: { images: { "org/app:latest": app } },
    settings: { cache: { manifests: { ttl: "1m" } } },
    parts: { now: clock.now, clock, turn },
  }, { clock });
  const get = async () => {
    const response = await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST);
    await response.bytes();
    await stored(t);
    return response.headers.get("docker-content-digest");
  };
  assert.equal(await get(), app.root.digest);
  assert.equal(state.taken, 0, "nothing is known of it: it may just have been pushed");
  await t.cache.put(moved.root.digest, moved.root.bytes, moved.root.mediaType, "hub/org/app");
  const heads = () => t.upstream.count("HEAD", /manifests\/latest/);
  const before = heads();
  await clock.skip(60_001);
  state.now = "another's";
  const pulled = get();
  while (state.taken === 0) await clock.advance(0);
  const key = t.cache.rows.changedSince(0).find((change) => change.kind === "tag")!.key;
  const { digest, mediaType, bytes } = moved.root;
  t.cache.setTag(key, { digest, mediaType, size: bytes.length, checkedAt: clock.now() });
  await clock.advance(25);
  assert.equal(await pulled, digest);
  assert.equal(heads(), before, "nobody asked again");
  await clock.skip(60_001);
  state.now = "mine";
  assert.equal(await get(), app.root.digest);
  assert.deepEqual([heads(), state.done], [before + 1, 1]);
});
