import assert from "node:assert/strict";
import { shareState, type StatePeers } from "../../cli/shared_state.ts";
import { NO_STORE, Tokens } from "../../proxy/access/tokens.ts";
import { FakeClock } from "../fake/clock.ts";

const CI = { name: "ci", scopes: ["pull"], expires: null, by: "ann" } as const;

/** Berths of a cluster, whose feed loses everything while `lossy`. */
function clusterOf(count: number) {
  const clock = new FakeClock();
  const state = { lossy: false };
  const all: { tokens: Tokens; listen?: (about: string, value: unknown) => void }[] = [];
  const peersOf = (self: number): StatePeers => ({
    tellOthers(topic, about, value) {
      assert.equal(topic, "tokens");
      if (state.lossy) return;
      const text = JSON.stringify(value);
      for (const [n, one] of all.entries()) {
        if (n !== self) one.listen?.(about, JSON.parse(text));
      }
    },
    onTold: (_, listener) => all[self]!.listen = listener,
    told(id, name) {
      const [topic, query] = name.split("?");
      if (topic !== "tokens" || id === "old") return Promise.reject(new Error("answered 404"));
      const known = new URLSearchParams(query).get("known");
      return Promise.resolve(JSON.parse(JSON.stringify(all[Number(id)]!.tokens.toldTo(known))));
    },
    status: () => ({
      peers: [
        ...all.map((_, n) => ({ id: String(n), problem: "" })).filter((_, n) => n !== self),
        { id: "old", problem: "" },
        { id: "away", problem: "cannot be reached" },
      ],
    }),
  });
  const add = async () => {
    const tokens = await Tokens.open(NO_STORE, clock.now);
    all.push({ tokens });
    const shared = await shareState("tokens", tokens, { peers: peersOf(all.length - 1), clock });
    return { tokens, shared };
  };
  return { clock, state, start: () => Promise.all(Array.from({ length: count }, add)), add };
}

Deno.test("shareState, a newcomer knows every token, and each change is known at once", async () => {
  const cluster = clusterOf(2);
  const [one, two] = await cluster.start() as [
    Awaited<ReturnType<typeof cluster.add>>,
    Awaited<ReturnType<typeof cluster.add>>,
  ];
  const { token, id } = await one.tokens.make(CI);
  assert.equal(two.tokens.puller(token, "192.0.2.1"), "ci");
  const three = await cluster.add();
  assert.equal(three.tokens.puller(token, "192.0.2.1"), "ci");
  await cluster.clock.advance(10_000);
  assert.equal(one.tokens.list()[0]!.lastFrom, "192.0.2.1");
  await three.tokens.revoke(id);
  for (const { tokens } of [one, two, three]) assert.equal(tokens.find(token, "x"), undefined);
  for (const { shared } of [one, two, three]) await shared[Symbol.asyncDispose]();
});

Deno.test("shareState, what the feed loses is known seconds later, of whoever knows it", async () => {
  const cluster = clusterOf(2);
  const [one, two] = await cluster.start() as [
    Awaited<ReturnType<typeof cluster.add>>,
    Awaited<ReturnType<typeof cluster.add>>,
  ];
  cluster.state.lossy = true;
  const { token, id } = await one.tokens.make(CI);
  assert.equal(two.tokens.puller(token, "x"), undefined);
  await cluster.clock.advance(10_000);
  assert.equal(two.tokens.puller(token, "x"), "ci");
  await two.tokens.revoke(id);
  assert.equal(one.tokens.puller(token, "x"), "ci");
  await cluster.clock.advance(10_000);
  assert.equal(one.tokens.puller(token, "x"), undefined);
  for (const { shared } of [one, two]) await shared[Symbol.asyncDispose]();
});
