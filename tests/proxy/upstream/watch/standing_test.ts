import assert from "node:assert/strict";
import { type Finding, findingOfStatus, FINE } from "../../../../proxy/upstream/watch/finding.ts";
import { EVERY, Standing } from "../../../../proxy/upstream/watch/standing.ts";

const REFUSED: Finding = { reason: "connect", message: "refused", dead: "refused" };
const BUSY: Finding = { reason: "http", message: "it answered 503", status: 503 };
const LOCKED: Finding = { reason: "auth", message: "it rejected Berth's credentials (401)" };

Deno.test("Standing, one failed look decides nothing, two do, one good one ends it", () => {
  const standing = new Standing();
  assert.equal(standing.looked(FINE, 0, 1), undefined, "up from the start is no news");
  assert.equal(standing.looked(REFUSED, 60, 61), undefined);
  assert.equal(standing.verdict?.up, true);
  const down = standing.looked(REFUSED, 62, 63);
  assert.deepEqual([down?.verdict.up, down?.verdict.reason, down?.verdict.since], [
    false,
    "connect",
    63,
  ]);
  assert.equal(standing.looked(REFUSED, 70, 71), undefined, "told once");
  const back = standing.looked(FINE, 80, 83);
  assert.deepEqual([back?.verdict.up, back?.lasted, back?.verdict.since], [true, 20, 83]);
});

Deno.test("Standing, a request and a look that agree are enough; looks alone shut nothing", () => {
  const standing = new Standing();
  standing.failed("refused");
  assert.equal(standing.dead, undefined);
  assert.equal(standing.looked(REFUSED, 1, 2)?.verdict.up, false);
  assert.equal(standing.dead, "refused");
  const unused = new Standing();
  unused.looked(REFUSED, 1, 2);
  unused.looked(REFUSED, 3, 4);
  assert.deepEqual([unused.verdict?.up, unused.dead], [false, undefined]);
  unused.failed("timeout");
  assert.equal(unused.dead, "refused");
  unused.answered(404, 5);
  assert.equal(unused.dead, undefined, "somebody is there");
});

Deno.test("Standing, errors and refused credentials shut nothing, whatever requests met", () => {
  for (const finding of [BUSY, LOCKED]) {
    const standing = new Standing();
    standing.failed("timeout");
    standing.looked(finding, 1, 2);
    assert.equal(standing.looked(finding, 3, 4)?.verdict.reason, finding.reason);
    assert.equal(standing.dead, undefined);
  }
});

Deno.test("Standing, what requests get is worth more than /v2/, credentials apart", () => {
  const standing = new Standing();
  standing.looked(FINE, 1, 2);
  for (let at = 10; at < 50; at += 10) {
    standing.answered(200, at + 1);
    assert.equal(standing.looked({ ...REFUSED, reason: "timeout" }, at, at + 2), undefined);
  }
  assert.equal(standing.verdict?.up, true);
  const missing = findingOfStatus(404, { challenged: false, signedIn: false });
  for (const at of [60, 70]) assert.equal(standing.looked(missing, at, at + 1), undefined);
  standing.answered(200, 81);
  standing.looked(LOCKED, 80, 82);
  standing.answered(200, 84);
  assert.equal(standing.looked(LOCKED, 83, 85)?.verdict.reason, "auth");
});

Deno.test("Standing, another kind of trouble is news and lasts from its own beginning", () => {
  const standing = new Standing();
  for (const at of [1, 3]) standing.looked(REFUSED, at, at + 1);
  assert.equal(standing.looked(BUSY, 5, 6), undefined);
  assert.deepEqual([standing.verdict?.reason, standing.verdict?.since], ["http", 4]);
  assert.equal(standing.looked(LOCKED, 7, 8)?.verdict.since, 8);
});

Deno.test("Standing, looks again soon to be sure, then backs off to half a minute", () => {
  const standing = new Standing();
  assert.equal(standing.pause(0), EVERY);
  standing.looked(REFUSED, 0, 0);
  assert.equal(standing.pause(0), 2_000);
  const pauses: number[] = [];
  for (let at = 2_000; at < 120_000; at += standing.pause(at)) {
    standing.looked(REFUSED, at, at);
    // Looks that requests ask for between them put nothing off.
    standing.looked(REFUSED, at, at);
    pauses.push(standing.pause(at));
  }
  assert.deepEqual(pauses, [1e3, 1e3, 2e3, 4e3, 8e3, 16e3, 30e3, 30e3, 30e3]);
  standing.looked(FINE, 130_000, 130_000);
  assert.equal(standing.pause(130_000), EVERY);
});

Deno.test("findingOfStatus, what an answer to /v2/ says", () => {
  const table: [number, boolean, boolean, string][] = [
    [200, false, false, "ok"],
    [307, false, false, "ok"],
    [429, true, true, "ok"],
    [401, true, false, "ok"],
    [403, true, false, "ok"],
    [403, false, false, "http"],
    [401, true, true, "auth"],
    [403, true, true, "auth"],
    [404, false, false, "http"],
    [503, false, true, "http"],
  ];
  for (const [status, challenged, signedIn, reason] of table) {
    const found = findingOfStatus(status, { challenged, signedIn });
    assert.equal(found.reason, reason, `${status} ${challenged} ${signedIn}`);
  }
});
