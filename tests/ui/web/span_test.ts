import assert from "node:assert/strict";
import { countersOf } from "../fake/figures.ts";
import { cacheable, difference, ratioChange, served, sum } from "../../../ui/web/ratio.ts";
import { spanBefore, spanFromQuery, spanName } from "../../../ui/web/span.ts";

const spanOf = (query: string) => spanFromQuery(new URLSearchParams(query));

Deno.test("spanFromQuery, a day unless something else is asked for", () => {
  assert.deepEqual(spanOf(""), { period: "24h", range: undefined });
  assert.deepEqual(spanOf("period=30d"), { period: "30d", range: undefined });
  assert.deepEqual(spanOf("period=1y"), { period: "24h", range: undefined });
});

Deno.test("spanFromQuery, a range only where it makes sense", () => {
  assert.deepEqual(spanOf("from=100&to=200").range, { from: 100, to: 200 });
  for (const query of ["from=200&to=100", "from=x&to=200", "to=200", "from=1.5&to=2"]) {
    assert.equal(spanOf(query).range, undefined, query);
  }
});

Deno.test("spanName and spanBefore, in words", () => {
  assert.equal(spanName(spanOf("period=1h"), 0), "Last hour");
  assert.equal(spanBefore(spanOf("period=1h")), "the hour before");
  assert.equal(spanBefore(spanOf("from=1&to=2")), "just before");
});

Deno.test("ratioChange, in points, silent where there is nothing to compare", () => {
  const [good, bad, none] = [countersOf(100, 0.9), countersOf(100, 0.8), countersOf(0, 0)];
  assert.equal(ratioChange(good, bad, "before"), "10 points more than before");
  assert.equal(ratioChange(bad, good, "before"), "10 points less than before");
  assert.equal(ratioChange(good, good, "before"), "As in before");
  assert.equal(ratioChange(good, null, "before"), "");
  assert.equal(ratioChange(good, none, "before"), "");
});

Deno.test("served and cacheable, stale answers come from the cache", () => {
  const counters = { ...countersOf(100, 0.9), stale: 10 };
  assert.deepEqual([served(counters), cacheable(counters)], [100, 110]);
});

Deno.test("sum and difference, counter by counter and never below zero", () => {
  const [more, less] = [countersOf(100, 0.5), countersOf(40, 0.5)];
  assert.equal(difference(more, less).requests, 60);
  assert.equal(difference(less, more).requests, 0);
  assert.deepEqual(sum(difference(more, less), less), more);
});
