/** docs/observability.md has each metric with its labels, each field of the log, and each alert. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { requestLine } from "../../proxy/observe/log_format.ts";
import { values } from "../deploy/files.ts";
import { everyMetric } from "../fake/every_metric.ts";
import { record } from "../fake/records.ts";

const page = await Deno.readTextFile(join(import.meta.dirname!, "../../docs/observability.md"));

function section(title: string): string {
  const text = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
  assert.ok(text, `docs/observability.md has no part "${title}"`);
  return text;
}

/** The words in backticks of each cell of each row, the head left out. */
function rows(text: string): string[][][] {
  return text.split("\n").filter((line) => line.startsWith("| `")).map((line) =>
    line.split("|").slice(1, -1).map((cell) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!)
    )
  );
}

Deno.test("docs/observability.md, each metric with its labels, and no other", () => {
  const metrics = everyMetric().register.getMetricsAsArray() as unknown as {
    name: string;
    labelNames: string[];
  }[];
  const real = Object.fromEntries(metrics.map(({ name, labelNames }) => [name, [...labelNames]]));
  const told = Object.fromEntries(
    rows(section("Metrics")).flatMap(([names = [], labels = []]) =>
      names.map((name) => [name, labels])
    ),
  );
  assert.deepEqual(Object.keys(told).sort(), Object.keys(real).sort());
  for (const [name, labels] of Object.entries(real)) assert.deepEqual(told[name], labels, name);
});

Deno.test("docs/observability.md, each field of a request's line in JSON, and no other", () => {
  const line = JSON.parse(requestLine(record({}), "json"));
  const told = rows(section("The log")).flatMap(([names = []]) => names);
  assert.deepEqual(told.sort(), Object.keys(line).sort());
});

Deno.test("docs/observability.md, the levels as a line has them", () => {
  const row = section("The log").split("\n").find((line) => line.startsWith("| `level`"))!;
  const told = [...row.split("|")[2]!.split(";")[0]!.matchAll(/`([^`]+)`/g)].map(([, word]) =>
    word
  );
  const real = [{ kind: "ping" as const }, {}, { ended: "damaged" as const }, { status: 500 }]
    .map((fields) => JSON.parse(requestLine(record(fields), "json")).level);
  assert.deepEqual(told, real);
});

Deno.test("docs/observability.md, what to do about each alert, in the order of alerts.yml", () => {
  const { groups } = values("deploy/helm/berth/alerts.yml") as {
    groups: { rules: { alert: string }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  const told = [...section("Alerts").matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(told, alerts);
});
