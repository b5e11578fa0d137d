import assert from "node:assert/strict";
import { describeChange, PeerHealth, UNREACHED } from "../../../proxy/peers/health.ts";
import { FakeClock } from "../../fake/clock.ts";

/** A look at one peer, which answers with `said`, at a time of its own for each; what it told of. */
function healthOf() {
  const clock = new FakeClock(0);
  const peer = { id: "b", address: "b:8082", version: "1", since: 0, mark: "same" };
  const others = [peer];
  let said = "";
  const told: string[] = [];
  const health = new PeerHealth({
    clock,
    mark: "same",
    others: () => others,
    greet: () => Promise.resolve(said),
    changed: (change) => told.push(describeChange(change).line),
  });
  const look = async (says: string) => {
    said = says;
    await health.look();
    return told.splice(0);
  };
  return { health, look, others };
}

const AWAY = `b at b:8082: ${UNREACHED}: check its cluster.advertise`;
const JOINED = "b at b:8082 has joined the cluster";

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
  others.push({ id: "b", address: "b:8082", version: "1", since: 0, mark: "same" });
  assert.deepEqual(await look(""), [JOINED]);
  assert.deepEqual(await look("answered 500"), ["b at b:8082: answered 500"]);
});
