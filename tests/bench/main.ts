/**
 * `deno task bench [--rows A,B] [--berth NAME=PATH]… [--json FILE] [--against FILE] [--short|--tiny]`: Berth, nginx's
 * proxy_cache and docker-registry's proxy in front of the same upstream on this machine. Prints a
 * table of medians and ratios. `--berth` adds a further executable of Berth, to compare one before and
 * one after a change in one run; `--json` keeps every sample, and `--against` says which rows
 * cost more CPU time than in such a file, which may be the same one and need not be there yet;
 * `--short` moves less, and `--tiny` only shows that it works.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { COMMAND, unprivileged } from "../e2e/harness/berth.ts";
import { scratchDir } from "../e2e/harness/scratch.ts";
import { type Berths, caches } from "./contenders.ts";
import { compared } from "./compare.ts";
import { readResult, resultOf, writeResult } from "./result.ts";
import type { Row } from "./row.ts";
import { ACCEL } from "./rows/accel.ts";
import { COLD } from "./rows/cold.ts";
import { CROWDS } from "./rows/crowds.ts";
import { FAULTS } from "./rows/faults.ts";
import { FORWARD } from "./rows/forward.ts";
import { HITS } from "./rows/hits.ts";
import { REPLICAS } from "./rows/replicas.ts";
import { START } from "./rows/start.ts";
import { TLS } from "./rows/tls.ts";
import { measure } from "./run.ts";
import { FULL, SHORT, TINY } from "./scale.ts";
import { type Measured, table } from "./table.ts";
import { startUpstream } from "./upstream.ts";

const ROWS: Row[] = [
  ...HITS,
  ...COLD,
  ...CROWDS,
  ...TLS,
  ACCEL,
  ...FORWARD,
  REPLICAS,
  FAULTS,
  START,
];

/** The column that the others are compared with. */
const SUBJECT = "berth";

async function print(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
}

async function refuse(message: string): Promise<never> {
  await print(message);
  Deno.exit(2);
}

/** The rows that `--rows` names, a list with commas; every row when it is left out. */
async function selected(list: string | undefined): Promise<Row[]> {
  const names = list?.split(",");
  const unknown = names?.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown === undefined) return ROWS.filter(({ name }) => names?.includes(name) ?? true);
  return await refuse(
    `--rows ${unknown}: no such row; there are ${ROWS.map(({ name }) => name).join(", ")}`,
  );
}

/** What is under test: this executable, and those that `--berth` names. */
async function berthsOf(entries: string[]): Promise<Berths> {
  const berths: Berths = { [SUBJECT]: COMMAND };
  for (const entry of entries) {
    const [, name, path] = /^([^=]+)=(.+)$/.exec(entry) ?? [];
    if (name === undefined || path === undefined || Object.hasOwn(caches(berths), name)) {
      return await refuse(`--berth ${entry}: expected NAME=PATH with a name of its own`);
    }
    berths[name] = unprivileged(resolve(path));
  }
  return berths;
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rows: { type: "string" },
    berth: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    against: { type: "string" },
    short: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
  },
});
const rows = await selected(values.rows);
const berths = await berthsOf(values.berth);
const scale = values.tiny ? TINY : values.short ? SHORT : FULL;
const before = values.against === undefined ? undefined : await readResult(values.against);
await using scratch = await scratchDir("bench");
await using upstream = await startUpstream(scratch.path, scale.large);
const measured: Measured[] = [];
for (const row of rows) {
  measured.push(...await measure(row, berths, upstream, scale));
  // Kept row by row: what a later one fails with takes nothing from those before.
  if (values.json !== undefined) await writeResult(values.json, resultOf(measured, scale));
}
const result = resultOf(measured, scale);
const known = Object.keys(caches(berths));
const others = measured.flatMap(({ samples }) => Object.keys(samples));
await print(table(measured, [...new Set([...known, ...others])], SUBJECT));
if (values.against !== undefined) {
  await print(["", ...compared(before, result, SUBJECT)].join("\n"));
}
