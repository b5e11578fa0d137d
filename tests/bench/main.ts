/**
 * `deno task bench [--only NAME] [--json]`: Berth, nginx's proxy_cache and docker-registry's proxy,
 * one after another in front of the same upstream on this machine. Prints a table of medians and
 * ratios; with `--json` every sample.
 */
import { parseArgs } from "node:util";
import { scratchDir } from "../e2e/harness/scratch.ts";
import { CASES as LOAD_CASES } from "./cases.ts";
import { CONTENDERS } from "./contenders.ts";
import { FORWARD } from "./forward.ts";
import { START } from "./start.ts";
import { type Row, table } from "./table.ts";
import { startUpstream } from "./upstream.ts";

const CASES = [...LOAD_CASES, ...FORWARD, START];

function print(text: string): Promise<number> {
  return Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
}

async function bench(only: string[]): Promise<Row[]> {
  await using scratch = await scratchDir("bench");
  await using upstream = await startUpstream(scratch.path);
  const rows: Row[] = [];
  for (const one of CASES.filter(({ name }) => only.length === 0 || only.includes(name))) {
    const added: Row[] = one.metrics.map((metric) => ({ ...metric, samples: {} }));
    for (const [contender, startContender] of Object.entries(one.starters ?? CONTENDERS)) {
      if (one.contenders && !one.contenders.includes(contender)) continue;
      await using proxy = await startContender(upstream.url);
      const samples = await one.run(proxy, upstream);
      added.forEach((row, i) => row.samples[contender] = samples[i]!);
    }
    rows.push(...added);
  }
  return rows;
}

const { values } = parseArgs({
  args: Deno.args,
  options: { only: { type: "string", multiple: true, default: [] }, json: { type: "boolean" } },
});
const unknown = values.only.find((name) => !CASES.some((one) => one.name === name));
if (unknown !== undefined) {
  await print(`--only ${unknown}: no such case; there are ${CASES.map((c) => c.name).join(", ")}`);
  Deno.exit(2);
}
const rows = await bench(values.only);
const named = rows.flatMap(({ samples }) => Object.keys(samples));
const columns = [...new Set([...Object.keys(CONTENDERS), ...named])];
await print(values.json ? JSON.stringify(rows) : table(rows, columns, "berth"));
