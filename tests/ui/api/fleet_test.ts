import assert from "node:assert/strict";
import { zero } from "../../../proxy/observe/stats/counts.ts";
import { Fleet } from "../../../ui/api/fleet.ts";
import { type MemberFigures, memberFigures } from "../../../ui/api/schema/events.ts";
import { type Stats, stats } from "../../../ui/api/schema/stats.ts";
import { sumLive, sumStats } from "../../../ui/api/views/sums.ts";
import { idleStatus } from "../../fake/present.ts";

function figuresOf(requests: number): MemberFigures {
  const counters = { ...zero(), requests };
  return {
    live: { now: 9000, total: counters, since: 100 - requests, lastMinute: counters, active: 1 },
    fills: [],
    storage: { ...idleStatus.storage, bytes: requests },
    lagMs: null,
  };
}

/** A fleet whose members tell what `tell` makes of their ids, which are asked at `clock.now`. */
function fleetOf(
  tell: (id: string, name: string, signal: AbortSignal) => Promise<unknown>,
  problems: Record<string, string> = {},
) {
  const clock = { now: 10_000 };
  const asked: string[] = [];
  const ids = ["b", "c"];
  const fleet = new Fleet(
    {
      self: () => "a",
      others: () => ids.map((id) => ({ id, problem: problems[id] ?? "" })),
      told(id, name, signal) {
        asked.push(`${id} ${name}`);
        return tell(id, name, signal);
      },
    },
    () => clock.now,
    50,
  );
  return { fleet, clock, asked, ids };
}

const never = (signal: AbortSignal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

Deno.test("Fleet, asks all at once and names who says nothing, or nothing of use", async () => {
  const { fleet, ids } = fleetOf((id, _name, signal) => {
    if (id === "b") return Promise.resolve(figuresOf(1));
    if (id === "c") return never(signal);
    return Promise.resolve({ of: "another version" });
  });
  ids.push("d");
  const { answers, members } = await fleet.askAll("figures", memberFigures);
  assert.deepEqual([...answers.keys()], ["b"]);
  assert.deepEqual(members, { asked: 4, silent: ["c", "d"] });
});

Deno.test("Fleet, does not wait for who is known not to be reached", async () => {
  const { fleet, asked } = fleetOf(() => Promise.resolve(figuresOf(1)), {
    b: "cannot be reached",
  });
  const { members } = await fleet.askAll("figures", memberFigures);
  assert.deepEqual(asked, ["c figures"]);
  assert.deepEqual(members, { asked: 3, silent: ["b"] });
});

Deno.test("Fleet, keeps what a member said last, and says that it is silent now", async () => {
  let silent = false;
  const { fleet, clock, asked, ids } = fleetOf((id) =>
    silent && id === "b" ? Promise.reject(new Error("away")) : Promise.resolve(figuresOf(5))
  );
  const seen = () =>
    fleet.members(figuresOf(1)).map(({ id, answers, bytes }) => `${id} ${answers} ${bytes}`);
  assert.deepEqual(seen(), ["a true 1"]);
  await fleet.refresh();
  assert.deepEqual(seen(), ["a true 1", "b true 5", "c true 5"]);
  await fleet.refresh();
  assert.equal(asked.length, 2, "not again within a moment");
  silent = true;
  clock.now += 1000;
  await fleet.refresh();
  assert.deepEqual(seen(), ["a true 1", "b false 5", "c true 5"]);
  assert.deepEqual(fleet.figures().map(([id]) => id), ["c"], "sums are of those that answer");
  ids.shift();
  clock.now += 1000;
  await fleet.refresh();
  assert.deepEqual(seen(), ["a true 1", "c true 5"], "who has left is forgotten");
});

Deno.test("sumLive, all that is counted, since the earliest beginning", () => {
  const [own, ...others] = [1, 20, 300].map((requests) => figuresOf(requests).live);
  const sum = sumLive(own!, others);
  assert.equal(sum.total.requests, 321);
  assert.equal(sum.lastMinute.requests, 321);
  assert.deepEqual([sum.active, sum.since], [3, -200]);
  assert.deepEqual(sumLive(own!, []), own);
});

Deno.test("sumStats, totals, registries and steps of all", () => {
  const counters = (requests: number) => ({ ...zero(), requests });
  const stats = (requests: number, names: string[], times: number[]): Stats => ({
    period: "1h",
    from: 0,
    to: 300,
    since: requests,
    stepMs: 60,
    total: counters(requests),
    previous: names.includes("quay") ? counters(7) : null,
    registries: names.map((name) => ({ ...counters(requests), name })),
    series: times.map((time) => ({ ...counters(requests), time })),
    members: null,
  });
  const members = { asked: 3, silent: ["c"] };
  const sum = sumStats(stats(2, ["docker"], [60, 120]), [stats(5, ["quay", "docker"], [0, 121])], {
    ...members,
  });
  assert.deepEqual([sum.total.requests, sum.since, sum.previous?.requests], [7, 2, 7]);
  assert.deepEqual(sum.registries.map(({ name, requests }) => `${name} ${requests}`), [
    "docker 7",
    "quay 5",
  ]);
  assert.deepEqual(sum.series.map(({ time, requests }) => [time, requests]), [[0, 5], [60, 2], [
    120,
    7,
  ]]);
  assert.deepEqual(sum.members, members);
});

Deno.test("Fleet, an older version does not tell what was refused, and counts with the rest", async () => {
  const { refused: _, ...old } = zero();
  const span = { period: "1h", from: 0, to: 60_000, since: 0, stepMs: 60_000 };
  const rest = { previous: old, registries: [{ ...old, name: "docker" }], members: null };
  const told = { ...span, ...rest, total: old, series: [{ ...old, time: 0 }] };
  const { fleet } = fleetOf(() => Promise.resolve(told));
  const { answers, members } = await fleet.askAll("stats", stats);
  assert.deepEqual(members.silent, []);
  assert.deepEqual([...answers.values()].map(({ total }) => total.refused), [0, 0]);
});
