import assert from "node:assert/strict";
import { Activity, type ActivityFilter } from "../../../../proxy/observe/stats/activity.ts";
import { record } from "../../../fake/records.ts";

Deno.test("Activity, keeps the latest and pages backwards", () => {
  const activity = new Activity(0, 4);
  for (let i = 1; i <= 6; i++) activity.push(record({ id: `n${i}` }));
  const seqs = (found: { seq: number }[]) => found.map(({ seq }) => seq);
  assert.equal(activity.last, 6);
  assert.equal(activity.size, 4);
  assert.deepEqual(seqs(activity.search({}, 10)), [6, 5, 4, 3]);
  assert.deepEqual(seqs(activity.search({}, 2)), [6, 5]);
  assert.deepEqual(seqs(activity.search({}, 2, 5)), [4, 3]);
  assert.deepEqual(seqs(activity.search({}, 2, 3)), []);
  assert.deepEqual(seqs(activity.after(4, 10)), [5, 6]);
  assert.deepEqual(seqs(activity.after(0, 3)), [4, 5, 6]);
  assert.deepEqual(seqs(activity.after(6, 3)), []);
  assert.equal(activity.find("n6")?.seq, 6);
  assert.equal(activity.find("n1"), undefined);
});

Deno.test("Activity, filters", () => {
  const activity = new Activity(0);
  activity.push(record({ id: "hit" }));
  activity.push(record({ id: "quay", registry: "quay", repository: "Org/App" }));
  activity.push(record({ id: "limited", cache: "none", status: 429 }));
  activity.push(record({ id: "denied", kind: "manifest", cache: "none", status: 403 }));
  activity.push(
    record({
      id: "cut",
      time: 1_700_000_000_001,
      cache: "miss",
      error: "DIGEST_INVALID",
      message: "wrong",
    }),
  );
  const table: [ActivityFilter, string[]][] = [
    [{}, ["cut", "denied", "limited", "quay", "hit"]],
    [{ registry: "quay" }, ["quay"]],
    [{ kind: "manifest" }, ["denied"]],
    [{ cache: "miss" }, ["cut"]],
    [{ errors: true }, ["limited"]],
    [{ refused: true }, ["denied"]],
    [{ errors: true, refused: true }, ["denied", "limited"]],
    [{ from: 1_700_000_000_001 }, ["cut"]],
    [{ to: 1_700_000_000_001, cache: "hit" }, ["quay", "hit"]],
    [{ text: "org/app" }, ["quay"]],
    [{ text: "WRONG" }, ["cut"]],
  ];
  for (const [filter, ids] of table) {
    assert.deepEqual(activity.search(filter, 9).map(({ id }) => id), ids, JSON.stringify(filter));
  }
});

Deno.test("Activity, numbers go on growing after a restart", () => {
  const before = new Activity(1_700_000_000_000);
  assert.equal(before.size, 0);
  before.push(record());
  const after = new Activity(1_700_000_060_000);
  after.push(record({ id: "new" }));
  assert.deepEqual(after.after(before.last, 9).map(({ id }) => id), ["new"]);
});

Deno.test("Activity, requests that failed stay when many others have come", () => {
  const activity = new Activity(0, 3);
  activity.push(record({ id: "failed", status: 502 }));
  activity.push(record({ id: "refused", status: 404 }));
  for (let i = 0; i < 5; i++) activity.push(record({ id: `hit ${i}` }));
  const ids = (filter: ActivityFilter, before?: number) =>
    activity.search(filter, 9, before).map(({ id }) => id);
  assert.deepEqual(ids({ errors: true }), ["failed"]);
  assert.deepEqual(ids({ refused: true }), ["refused"]);
  assert.deepEqual(ids({}), ["hit 4", "hit 3", "hit 2", "refused", "failed"]);
  assert.deepEqual(ids({}, 2), ["failed"]);
  assert.equal(activity.find("failed")?.seq, 1);
  assert.equal(activity.size, 5);
});
