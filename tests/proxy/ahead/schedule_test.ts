import assert from "node:assert/strict";
import { parseWindow } from "../../../base/day_window.ts";
import { nextRun, type Timing, windowEnd } from "../../../proxy/ahead/schedule.ts";

const HOUR = 3600e3;
const MINUTE = 60e3;

const timing = (at: string, every = 6 * HOUR, zone = "UTC"): Timing => ({
  every,
  window: parseWindow(at),
  zone,
});
const time = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);

Deno.test("parseWindow, a part of the day", () => {
  assert.deepEqual(parseWindow("02:00-05:30"), { from: 120, to: 330 });
  assert.deepEqual(parseWindow("22:00-04:00"), { from: 1320, to: 240 });
  for (const text of ["", "2:00-5:00", "02:00", "24:00-01:00", "02:60-03:00", "02:00-02:00"]) {
    assert.equal(parseWindow(text), undefined, text);
  }
});

Deno.test("nextRun, at any time of the day", () => {
  const now = time("2026-01-10T12:00Z");
  assert.equal(nextRun(timing(""), undefined, now, 0), now, "never before: now");
  assert.equal(iso(nextRun(timing(""), now, now, 0)), "2026-01-10T18:00");
  assert.equal(nextRun(timing(""), now, now, 1) - now, 6 * HOUR + 10 * MINUTE, "put off at most");
  assert.equal(nextRun(timing("", 10 * MINUTE), now, now, 1) - now, 11 * MINUTE);
  assert.equal(nextRun(timing(""), now - 99 * HOUR, now, 0), now, "what was missed runs once");
});

Deno.test("nextRun, within its window", () => {
  const at = timing("02:00-05:00");
  const cases: [last: string | undefined, now: string, next: string][] = [
    [undefined, "2026-01-10T12:00Z", "2026-01-11T02:00"],
    [undefined, "2026-01-10T03:00Z", "2026-01-10T03:00"],
    [undefined, "2026-01-10T05:00Z", "2026-01-11T02:00"],
    ["2026-01-10T02:00Z", "2026-01-10T02:05Z", "2026-01-11T02:00"],
    ["2026-01-10T02:00Z", "2026-01-15T04:59Z", "2026-01-15T04:59"],
  ];
  for (const [last, now, next] of cases) {
    assert.equal(iso(nextRun(at, last ? time(last) : undefined, time(now), 0)), next, now);
  }
  const inside = time("2026-01-10T04:59Z");
  assert.equal(nextRun(at, undefined, inside, 1), inside, "what never ran is not put off");
  assert.equal(iso(nextRun(at, undefined, time("2026-01-10T01:00Z"), 1)), "2026-01-10T02:10");
  const late = nextRun(at, inside - 24 * HOUR, inside, 1);
  assert.ok(late < time("2026-01-10T05:00Z"), "put off, but not out of its window");
  const night = timing("22:00-04:00");
  assert.equal(iso(nextRun(night, undefined, time("2026-01-10T01:00Z"), 0)), "2026-01-10T01:00");
  assert.equal(iso(nextRun(night, undefined, time("2026-01-10T04:00Z"), 0)), "2026-01-10T22:00");
});

Deno.test("nextRun, in a time zone, on the days when the clocks change", () => {
  const berlin = timing("02:00-05:00", 6 * HOUR, "Europe/Berlin");
  const from = (now: string) => iso(nextRun(berlin, undefined, time(now), 0));
  assert.equal(from("2026-01-10T12:00Z"), "2026-01-11T01:00");
  assert.equal(from("2026-07-10T12:00Z"), "2026-07-11T00:00");
  // 29 March: 02:00 is skipped; the window begins with the moment after, 03:00 in summer time.
  assert.equal(from("2026-03-28T12:00Z"), "2026-03-29T01:00");
  // 25 October: 02:00 comes twice; the first one counts.
  assert.equal(from("2026-10-24T12:00Z"), "2026-10-25T00:00");
  const skipped = timing("02:10-02:50", 6 * HOUR, "Europe/Berlin");
  const next = nextRun(skipped, undefined, time("2026-03-28T12:00Z"), 0);
  assert.equal(iso(next), "2026-03-29T01:10", "as long as it is on other days");
});

Deno.test("windowEnd, when what runs has to stop", () => {
  const at = timing("02:00-05:00");
  assert.equal(windowEnd(timing(""), 0), Infinity);
  assert.equal(iso(windowEnd(at, time("2026-01-10T04:00Z"))!), "2026-01-10T05:00");
  assert.equal(windowEnd(at, time("2026-01-10T05:00Z")), undefined);
  assert.equal(windowEnd(at, time("2026-01-10T01:59Z")), undefined);
});
