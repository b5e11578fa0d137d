import assert from "node:assert/strict";
import { HealthTracker } from "../../ui/stats_health.ts";
import { record } from "../fake/records.ts";

Deno.test("HealthTracker, failing since the first failure after the last answer", () => {
  const tracker = new HealthTracker();
  tracker.observe(record({ time: 1 }));
  assert.equal(tracker.of("docker"), undefined, "a hit says nothing of upstream");
  tracker.observe(record({ time: 2, upstreamStatus: 200 }));
  tracker.observe(record({ time: 3, status: 502, message: "no route" }));
  tracker.observe(record({ time: 4, upstreamStatus: 503, cache: "stale" }));
  assert.deepEqual(tracker.of("docker"), {
    lastOk: 2,
    failingSince: 3,
    message: "it answered 503",
  });
  tracker.observe(record({ time: 5, upstreamStatus: 404, status: 404 }));
  assert.deepEqual(tracker.of("docker"), { lastOk: 5, failingSince: 0, message: "" });
});
