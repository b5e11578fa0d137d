import assert from "node:assert/strict";
import type { Member } from "../../../cache/peers/coordinator.ts";
import { describeChange, PeerHealth, UNREACHED } from "../../../proxy/peers/health.ts";
import { FakeClock } from "../../fake/clock.ts";

const PEER: Member = {
  id: "b",
  address: "b:8082",
  version: "1",
  since: 0,
  mark: "same",
  unreached: [],
};

/** A look at one peer, which answers with `said`, at a time of its own for each; what it told of. */
function healthOf() {
  const clock = new FakeClock(0);
  const others = [PEER];
  let said = "";
  const state = { ahead: 0 };
  const told: string[] = [];
  const health = new PeerHealth({
    clock,
    self: { id: "a", address: "a:8082", since: 0, mark: "same" },
    others: () => others,
    ahead: () => state.ahead,
    greet: () => Promise.resolve(said),
    changed: (change) => told.push(describeChange(change).line),
  });
  const look = async (says: string) => {
    said = says;
    await health.look();
    return told.splice(0);
  };
  return { health, look, others, clock, told, state };
}

const AWAY = `b at b:8082: ${UNREACHED}: check its cluster.advertise`;
const JOINED = "b at b:8082 has joined the cluster";
const OVER = "what was wrong with this Berth is over";

Deno.test("PeerHealth, a peer that misses one greeting is busy; one that misses two is away", async () => {
  const { health, look } = healthOf();
  await using _ = health;
  assert.deepEqual(await look(""), [JOINED]);
  assert.deepEqual(await look(UNREACHED), []);
  assert.deepEqual(health.states.map(({ problem, seen }) => [problem, seen]), [["", 0]]);
  assert.deepEqual(await look(""), []);
  assert.deepEqual(await look(UNREACHED), [], "the first one again");
  assert.deepEqual(await look(UNREACHED), [AWAY]);
  assert.deepEqual(await look(UNREACHED), []);
  assert.deepEqual(await look(""), ["b at b:8082 is reached again"]);
});

Deno.test("PeerHealth, what is wrong is told at once of a newcomer, and where a peer says it", async () => {
  const { health, look, others } = healthOf();
  await using _ = health;
  assert.deepEqual(await look(UNREACHED), [JOINED, AWAY]);
  others.pop();
  assert.deepEqual(await look(""), ["b at b:8082 has left the cluster"]);
  others.push(PEER);
  assert.deepEqual(await look(""), [JOINED]);
  assert.deepEqual(await look("answered 500"), ["b at b:8082: answered 500"]);
});

Deno.test("PeerHealth, who does not answer is told to the others, and who refuses is not", async () => {
  const { health, look, others } = healthOf();
  await using _ = health;
  for (
    const [says, unreached] of [
      [UNREACHED, ["b"]],
      ["answered 404", ["b"]],
      ["the clocks of the two are more than a minute apart", []],
      ["", []],
    ] as const
  ) {
    await look(says);
    assert.deepEqual(health.unreached, unreached, says);
  }
  others[0] = { ...PEER, mark: "other" };
  const differs = ["b at b:8082: cluster.secret differs from the one here"];
  assert.deepEqual(await look("cluster.secret differs, or this is no peer"), differs);
  assert.deepEqual(health.unreached, []);
});

Deno.test("PeerHealth, one whom others do not reach says so itself, by the key to change", async () => {
  const { health, look, others } = healthOf();
  await using _ = health;
  await look("");
  others[0] = { ...PEER, unreached: ["a"] };
  assert.deepEqual(await look(""), [], "once is no news");
  const problem = "this Berth cannot be reached at a:8082 by b: check cluster.advertise";
  assert.deepEqual(await look(""), [problem]);
  assert.equal(health.problem, problem);
  assert.deepEqual(await look(""), [], "told once");
  others[0] = PEER;
  assert.deepEqual(await look(""), [OVER]);
  assert.equal(health.problem, "");
});

Deno.test("PeerHealth, the address of another is wrong, unless it is of one who was there before", async () => {
  const { health, clock, others, told } = healthOf();
  await using _ = health;
  others[0] = { ...PEER, address: "a:8082" };
  await clock.advance(12_000);
  assert.equal(health.problem, "");
  await clock.advance(12_000);
  const problem = "this Berth and b give the same address, a:8082: check cluster.advertise";
  assert.equal(health.problem, problem);
  assert.ok(told.includes(problem), told.join("\n"));
});

Deno.test("PeerHealth, a clock that is wrong is told before peers refuse each other", async () => {
  const { health, look, state } = healthOf();
  await using _ = health;
  await look("");
  state.ahead = -45_000;
  await look("");
  const behind = "the clock of this machine is 45 s behind that of cluster.url: set the wrong one";
  assert.deepEqual(await look(""), [behind]);
  state.ahead = 75_000;
  assert.deepEqual(await look(""), [], "still the clock");
  assert.match(health.problem, /75 s ahead of/);
  state.ahead = 0;
  assert.deepEqual(await look(""), [OVER]);
});
