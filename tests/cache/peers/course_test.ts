import assert from "node:assert/strict";
import type { Coordinator, Leader, Member } from "../../../cache/peers/coordinator.ts";
import { courseByPeers, type PeerEvent, type PeerWay } from "../../../cache/peers/course.ts";
import type { Source } from "../../../cache/types.ts";
import { FakeClock, settle } from "../../fake/clock.ts";
import { answer } from "../support.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const BYTES = new TextEncoder().encode("what upstream has");
const PEER: Member = {
  id: "b",
  address: "b:8082",
  version: "1",
  since: 0,
  mark: "",
  unreached: [],
};

interface World {
  /** Who has the right to fetch; `undefined`: whoever asks gets it. */
  leader?: Leader | undefined;
  alone?: boolean;
  /** What a peer does when it is asked. */
  peer?: "has" | "has not" | "is away" | "hangs" | "breaks off";
  /** What is on the peers' disks. */
  disk?: boolean;
  allowed?: boolean;
}

const LEADER: Leader = { ...PEER, right: "the right of b" };

/** A fill of one Berth among others; what happened, in order. */
function world(given: World) {
  const state = { allowed: true, peer: "has" as const, ...given } as Required<World>;
  const clock = new FakeClock();
  const done: string[] = [];
  const counts: PeerEvent[] = [];
  const coordinator: Coordinator = {
    others: [PEER],
    claim(_, gone) {
      done.push(gone ? "take over" : "claim");
      if (state.alone) return Promise.resolve({ kind: "alone" });
      if (state.leader && !gone) return Promise.resolve({ kind: "held", leader: state.leader });
      state.leader = undefined as never;
      const release = () => Promise.resolve(void done.push("release"));
      return Promise.resolve({ kind: "mine", lease: { held: true, release } });
    },
    leads: () => Promise.resolve(state.leader !== undefined),
  };
  const peers: PeerWay = {
    has: () => Promise.resolve(state.disk === true),
    open(_, __, from) {
      done.push(`peer ${from}`);
      if (state.peer === "is away") return Promise.reject(new Error("refused"));
      if (state.peer === "has not") return Promise.resolve(undefined);
      if (state.peer === "hangs") return new Promise(() => {});
      const whole = answer(BYTES, from);
      if (state.peer === "has") return Promise.resolve(whole);
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(BYTES.slice(from, from + 4)),
      });
      return Promise.resolve({ ...whole, body });
    },
  };
  const upstream: Source = (from) => {
    done.push(`upstream ${from}`);
    return Promise.resolve(answer(BYTES, from));
  };
  const prove = () => {
    done.push("prove");
    return state.allowed ? Promise.resolve() : Promise.reject(new Error("denied"));
  };
  const count = (event: PeerEvent) => void counts.push(event);
  const course = courseByPeers({ coordinator, peers, clock, count })(DIGEST);
  const source = course.via(upstream, prove);
  const get = async (from = 0) => {
    const { body } = await source(from, new AbortController().signal);
    return await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text();
  };
  return { state, clock, course, done, counts, get, source };
}

Deno.test("courseByPeers, who is asked for the bytes, and in which order", async () => {
  const held = { leader: LEADER };
  const table: Record<string, [World, string[], PeerEvent[]]> = {
    "nobody to ask": [{ alone: true }, ["claim", "upstream 0"], ["alone"]],
    "nobody fetches it": [{}, ["claim", "upstream 0"], ["led"]],
    "a peer fetches it": [held, ["claim", "prove", "peer 0"], ["followed"]],
    "a peer has it on its disk": [{ disk: true }, ["claim", "prove", "peer 0"], ["copied"]],
    "a peer had the right and is away": [
      { ...held, peer: "is away" },
      ["claim", "prove", "peer 0", "take over", "upstream 0"],
      ["taken over"],
    ],
    "a peer had the right and was refused": [
      { ...held, peer: "has not" },
      ["claim", "prove", "peer 0", "take over", "upstream 0"],
      ["taken over"],
    ],
  };
  for (const [what, [given, expected, counted]] of Object.entries(table)) {
    const { get, done, counts, course } = world(given);
    assert.equal(await get(), "what upstream has", what);
    assert.deepEqual(done, expected, what);
    assert.deepEqual(counts, counted, what);
    await course.ended(undefined);
    assert.equal(done.includes("release"), /led|copied|taken/.test(counted.join()), what);
  }
});

Deno.test("courseByPeers, whoever may not have it gets nothing from a peer either", async () => {
  for (const given of [{ leader: LEADER }, { disk: true }]) {
    const { get, done } = world({ ...given, allowed: false });
    await assert.rejects(get(), /denied/);
    assert.ok(!done.some((step) => step.startsWith("peer")), done.join());
  }
});

Deno.test("courseByPeers, a peer that hangs is left when its right has run out, not before", async () => {
  const { state, clock, get, done } = world({ leader: LEADER, peer: "hangs" });
  const got = get();
  await settle();
  for (let i = 0; i < 3; i++) await clock.advance(1000);
  assert.deepEqual(done, ["claim", "prove", "peer 0"], "it is only slow");
  state.leader = undefined as never;
  await clock.advance(1000);
  assert.equal(await got, "what upstream has");
  assert.deepEqual(done.slice(3), ["take over", "upstream 0"]);
});

Deno.test("courseByPeers, a body that falls silent breaks off when its sender has gone", async () => {
  const { state, clock, source } = world({ leader: LEADER, peer: "breaks off" });
  const { body } = await source(0, new AbortController().signal);
  const reader = body.getReader();
  assert.equal((await reader.read()).value?.length, 4);
  const next = reader.read();
  await settle();
  await clock.advance(1000);
  state.leader = undefined as never;
  const broken = assert.rejects(next, { name: "SourceBroken" });
  await clock.advance(1000);
  await broken;
});

Deno.test("courseByPeers, who leads asks upstream again when that breaks off, and lets go once", async () => {
  const { get, done, course } = world({});
  await get();
  await get(5);
  await course.ended({ size: 17, mediaType: "" });
  assert.deepEqual(done, ["claim", "upstream 0", "upstream 5", "release"]);
});
