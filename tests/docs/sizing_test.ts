/** docs/sizing.md computes with what docs/speed.md has. */
import assert from "node:assert/strict";
import { text } from "../deploy/files.ts";

const sizing = text("docs/sizing.md");

/** What Berth took, of a load in docs/speed.md: its first figure, or its CPU time. */
function measured(load: string, metric: "first" | "CPU"): number {
  const rows = text("docs/speed.md").split("\n").map((line) => line.split(/ *\| */).slice(1));
  const at = rows.findIndex(([name]) => name?.startsWith(`${load},`));
  assert.notEqual(at, -1, load);
  return Number(rows[metric === "first" ? at : at + 1]![3]);
}

/** The numbers of the row that begins with `name`. */
function row(name: string): number[] {
  const line = sizing.split("\n").find((it) => it.startsWith(`| ${name}`));
  assert.ok(line, name);
  const cells = line.split("|").slice(2);
  return cells.flatMap((cell) => cell.replaceAll(",", "").match(/\d+(\.\d+)?/g) ?? []).map(Number);
}

const HIT = measured("hit, 1 client", "CPU");
const SMALL = Math.max(measured("hits of a 4 KiB blob", "CPU"), measured("manifest by tag", "CPU"));
const MOST = measured("hit, 4 clients", "first");

Deno.test("docs/sizing.md, says what was measured", () => {
  assert.equal(row("a hit, from disk")[0], HIT);
  assert.equal(row("… and most at once")[0], MOST);
  const sent = "hit sent by nginx in front";
  assert.deepEqual(row("a hit that [nginx]"), [
    measured(`${sent}, 1 client`, "CPU"),
    measured(`${sent}, 4 clients`, "first"),
  ]);
  assert.equal(row("a hit over TLS")[0], measured("hit over TLS, HTTP/1.1, 1 client", "CPU"));
  assert.equal(row("a cold pull")[0], measured("cold, 1 client", "CPU"));
  assert.equal(row("a manifest by tag")[0], Number(SMALL.toFixed(3)));
});

Deno.test("docs/sizing.md, computes right", () => {
  const about = (value: number) => Number(value.toPrecision(2));
  const small = Number(SMALL.toFixed(3));
  const gb = [30, 300, 3000];
  assert.deepEqual(row("bytes to them"), gb);
  assert.deepEqual(row("requests"), [1100, 11_000, 110_000]);
  const hits = gb.map((it) => it * HIT);
  const asked = [1.1, 11, 110].map((it) => it * small);
  assert.deepEqual(row("CPU, hits"), hits.map(Math.round));
  assert.deepEqual(row("CPU, requests").map(about), asked.map((it) => Number(it.toPrecision(1))));
  const cores = hits.map((it, i) => (it + asked[i]!) / 3600);
  assert.deepEqual(row("**cores over the hour"), cores.map((it) => Number(about(it).toFixed(2))));
  assert.deepEqual(row("**cores in those five"), cores.map((it) => about(it * 12)));
  const [berths] = row("to 5,000");
  assert.equal(berths, Math.ceil(10_000 / MOST));
});
