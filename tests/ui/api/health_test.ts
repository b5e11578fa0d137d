import assert from "node:assert/strict";
import type { Quota } from "../../../proxy/upstream/quota.ts";
import type { Verdict } from "../../../proxy/upstream/watch/standing.ts";
import { type HealthInputs, quotaView, registryHealth } from "../../../ui/api/views/health.ts";

const NOW = 1_700_000_000_000;
const HOUR = 3600e3;

function quota(fields: Partial<Quota> = {}): Quota {
  return {
    limit: 100,
    remaining: 87,
    windowSeconds: 21600,
    source: undefined,
    seenAt: NOW - HOUR,
    retryAt: undefined,
    ...fields,
  };
}

const WELL = {
  lastOk: NOW - 1000,
  failingSince: 0,
  failedAt: 0,
  answered: false,
  refused: false,
  message: "",
};

function verdict(fields: Partial<Verdict>): Verdict {
  return {
    up: true,
    reason: "ok",
    message: "",
    since: NOW - HOUR,
    checkedAt: NOW - 1000,
    lastOk: NOW - 1000,
    ...fields,
  };
}

function health(inputs: Partial<HealthInputs>) {
  const found = registryHealth("docker", {
    health: WELL,
    offline: false,
    standing: undefined,
    pace: { bytesPerSecond: 0, latencyMs: 45.4 },
    quota: undefined,
    now: NOW,
    ...inputs,
  });
  return [found.state, found.text, found.since];
}

Deno.test("registryHealth, the state in words", () => {
  const failing = { ...WELL, lastOk: 0, failingSince: NOW - HOUR, failedAt: NOW - 60e3 };
  const refused = "the connection was refused";
  const down = verdict({ up: false, reason: "connect", message: refused });
  const locked = verdict({ up: false, reason: "auth", message: "it rejected Berth's credentials" });
  const table: [Partial<HealthInputs>, [string, string, number | null]][] = [
    [{}, ["ok", "Reachable", null]],
    [{ health: undefined }, ["idle", "Not contacted yet", null]],
    [{ quota: quota() }, ["ok", "87 of 100 pulls left in 6 h (rolling)", null]],
    [{ quota: quota({ remaining: 9, rate: 6 / HOUR }) }, [
      "limited",
      "9 of 100 pulls left in 6 h (rolling), at this rate none in 30 min",
      NOW - HOUR,
    ]],
    [{ quota: quota({ remaining: 90, rate: 1 / HOUR }) }, [
      "ok",
      "90 of 100 pulls left in 6 h (rolling)",
      null,
    ]],
    [{ quota: quota({ remaining: 0, limit: undefined, retryAt: NOW + 60e3 }) }, [
      "limited",
      "Rate limited: asks to wait 1 min",
      NOW - HOUR,
    ]],
    [{ quota: quota({ remaining: 0, seenAt: NOW - 7 * HOUR }) }, ["ok", "Reachable", null]],
    [{ health: { ...failing, message: "docker: the connection was refused" } }, [
      "failing",
      "The connection was refused",
      NOW - HOUR,
    ]],
    [{ health: { ...failing, refused: true, message: "it refused the configured sign-in" } }, [
      "refused",
      "It refused the configured sign-in",
      NOW - HOUR,
    ]],
    [{ health: undefined, standing: verdict({}) }, ["ok", "Reachable", null]],
    [{ standing: down }, ["failing", "The connection was refused", NOW - HOUR]],
    [{ standing: locked }, ["refused", "It rejected Berth's credentials", NOW - HOUR]],
    [{ offline: true, health: { ...failing, message: "gone" } }, [
      "offline",
      "Offline, serves what is cached",
      null,
    ]],
    [{ health: { ...failing, message: "gone" }, standing: verdict({}) }, ["ok", "Reachable", null]],
    [
      { health: { ...failing, message: "it answered 503", answered: true }, standing: verdict({}) },
      [
        "failing",
        "It answered 503",
        NOW - HOUR,
      ],
    ],
  ];
  for (const [inputs, expected] of table) {
    assert.deepEqual(health(inputs), expected, JSON.stringify(inputs));
  }
});

Deno.test("quotaView, figures only while they hold", () => {
  assert.deepEqual(quotaView(quota(), NOW), {
    limit: 100,
    remaining: 87,
    windowMs: 6 * HOUR,
    resetsAt: null,
    emptyAt: null,
    measuredAt: NOW - HOUR,
  });
  assert.equal(quotaView(quota({ limit: undefined }), NOW), null);
  assert.equal(quotaView(quota({ seenAt: NOW - 7 * HOUR }), NOW), null);
  assert.equal(quotaView(undefined, NOW), null);
});
