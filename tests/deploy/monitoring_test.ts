import assert from "node:assert/strict";
import { everyMetric } from "../fake/every_metric.ts";
import { values } from "./files.ts";

const exposition = await everyMetric().scrape();

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
