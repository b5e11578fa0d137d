import assert from "node:assert/strict";
import { acmeMetrics } from "../../proxy/acme/metrics.ts";
import { forwardMetrics } from "../../proxy/forward/metrics.ts";
import { type ClusterFigures, clusterMetrics } from "../../proxy/observe/cluster_metrics.ts";
import { createMetrics } from "../../proxy/observe/metrics.ts";
import { roomMetrics } from "../../proxy/observe/room_metrics.ts";
import { registryMetrics } from "../../proxy/observe/registry_metrics.ts";
import { values } from "./files.ts";

const metrics = createMetrics({
  version: "1.2.3",
  commit: "abc",
  counts: () => new Map(),
  usage: () => Promise.resolve({ bytes: 0, blobs: 0, maxSize: 0, pinnedBytes: 512, memory: 64 }),
  runningFills: () => 0,
  lostLines: () => 0,
  quotas: () => [],
  depot: () => ({
    ...{ problem: "", objects: 0, bytes: 0, maxSize: 0, queued: 0, gets: 0, puts: 0, errors: 0 },
    lastError: undefined,
  }),
});
forwardMetrics(metrics.register, () => []);
registryMetrics(metrics.register, () => []);
acmeMetrics(metrics.register, () => undefined);
const together = {
  ...{ problem: "", answers: true, self: undefined, peers: [], fills: {}, sent: 0, received: 0 },
  feed: { lag: 0, published: 0, applied: 0 },
};
clusterMetrics(metrics.register, () => together as ClusterFigures);
const nothing = () => Promise.resolve(undefined);
roomMetrics(metrics.register, { disk: nothing, certificateEnd: nothing });
const exposition = await metrics.scrape();

/** The metrics that an expression names, without a histogram's endings. */
function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:berth|process)_[a-z_]+/g)]
    .map(([name]) => name.replace(/_(bucket|sum|count)$/, ""));
}

function assertKnown(expression: string): void {
  for (const name of metricsIn(expression)) {
    assert.ok(exposition.text.includes(`# TYPE ${name} `), `${name} in ${expression}`);
  }
}

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; w: number };
  targets?: { expr: string }[];
}

Deno.test("Grafana's dashboard, asks for metrics that Berth has", () => {
  const dashboard = values("deploy/helm/berth/dashboards/berth.json") as {
    uid: string;
    panels: Panel[];
  };
  assert.equal(dashboard.uid, "berth");
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  for (const { type, title, gridPos, targets = [] } of dashboard.panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    assert.equal(targets.length > 0, type !== "row", title);
    for (const { expr } of targets) {
      assert.notEqual(metricsIn(expr).length, 0, expr);
      assertKnown(expr);
    }
  }
});

Deno.test("alerts, ask for metrics that Berth has and say what is wrong", () => {
  const { groups } = values("deploy/helm/berth/alerts.yml") as {
    groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
  };
  const rules = groups.flatMap(({ rules }) => rules);
  const names = new Set(rules.map(({ alert }) => alert));
  for (const about of ["PeerUnreachable", "CoordinatorAway", "FeedBehind", "DepotBehind"]) {
    assert.ok(names.has(`Berth${about}`), about);
  }
  for (const { alert, expr, annotations } of rules) {
    assert.match(alert, /^Berth[A-Z]/);
    assertKnown(expr);
    assert.match(annotations.summary, /\.$/);
  }
});

Deno.test("compose.yaml, mounts files that exist", () => {
  const { services } = values("compose.yaml") as {
    services: Record<string, { volumes?: string[] }>;
  };
  for (const volume of Object.values(services).flatMap(({ volumes = [] }) => volumes)) {
    const [from = ""] = volume.split(":");
    if (from.startsWith("./")) Deno.statSync(new URL(`../../${from}`, import.meta.url));
  }
});
