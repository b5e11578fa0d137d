import assert from "node:assert/strict";
import { UpstreamError, type UpstreamErrorKind } from "../../../../proxy/upstream/errors.ts";
import { HealthTracker } from "../../../../proxy/observe/stats/health.ts";
import { record } from "../../../fake/records.ts";

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
    failedAt: 4,
    answered: true,
    refused: false,
    message: "it answered 503",
  });
  tracker.observe(record({ time: 5, upstreamStatus: 404, status: 404 }));
  assert.deepEqual(tracker.of("docker"), {
    lastOk: 5,
    failingSince: 0,
    failedAt: 0,
    answered: false,
    refused: false,
    message: "",
  });
});

Deno.test("HealthTracker, an image served stale is a failure that the client did not see", () => {
  const tracker = new HealthTracker();
  tracker.observe(record({ time: 1, cache: "stale", message: "" }));
  assert.deepEqual(tracker.of("docker"), {
    lastOk: 0,
    failingSince: 1,
    failedAt: 1,
    answered: false,
    refused: false,
    message: "it cannot be reached",
  });
});

Deno.test("HealthTracker, quota refusals are answers, refused sign-ins are told apart", () => {
  const tracker = new HealthTracker();
  tracker.observe(record({ time: 1, status: 429, upstreamStatus: 429 }));
  assert.equal(tracker.of("docker")?.lastOk, 1);
  tracker.observe(record({ time: 2, status: 403, upstreamStatus: 401, upstreamError: "auth" }));
  assert.equal(tracker.of("docker")?.refused, true, "a 401 of a registry with Basic");
  const observe = (upstreamError: UpstreamErrorKind) => {
    const { status, message } = new UpstreamError(upstreamError, "docker");
    tracker.observe(record({ time: 2, status, message, upstreamError, cache: "none" }));
    return tracker.of("docker")?.refused;
  };
  assert.equal(observe("auth"), true);
  assert.equal(observe("tls"), false);
});
