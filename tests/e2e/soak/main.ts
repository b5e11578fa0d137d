/**
 * `deno task soak --minutes N`: as long as it is told to, on the compiled executable; docs/reliability.md
 * has what is tried. `--seed` repeats the choices of a run that failed. The last lines are the tally as
 * that page has it.
 */
import { parseArgs } from "node:util";
import { Dice } from "./dice.ts";
import { soak, type Tally } from "./soak.ts";

const PULLS_A_ROUND = 500;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: expected a number above 0`);
const dice = new Dice(Number(values.seed));
const began = performance.now();
const passed = () => (performance.now() - began) / 60_000;
const line = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

line(`${minutes} minutes, seed ${dice.seed}`);
const tally = await soak({
  dice,
  pullsARound: PULLS_A_ROUND,
  over: () => passed() >= minutes,
  report: ({ rounds, pulls }) =>
    line(`${passed().toFixed(1)} min: round ${rounds}, ${JSON.stringify(pulls)}`),
});
line("");
for (const [what, count] of rows(tally, passed())) line(`| ${what} | ${count} |`);

function rows(tally: Tally, minutes: number): [string, string][] {
  const count = (value: number) => value.toLocaleString("en-US");
  const { pulls, most } = tally;
  return [
    ["minutes, seed", `${minutes.toFixed(0)}, ${dice.seed}`],
    ["pulls that came to their end", count(pulls.clean)],
    ["pulls that ended in an error that the client saw", count(pulls.failed)],
    ["pulls whose client went away", count(pulls.aborted)],
    ["bytes that clients got", `${(tally.bytes / 1e9).toFixed(1)} GB`],
    ["requests upstream, a fifth of them with a fault", count(tally.upstream)],
    ["kills, stops", `${count(tally.kills)}, ${count(tally.stops)}`],
    ["full disks, outages of the registry", `${count(tally.fullDisks)}, ${count(tally.outages)}`],
    ["hostile requests", count(tally.hostile)],
    ["looks at all promises", count(tally.rounds)],
    ["most memory, open files", `${(most.memory / 1e6).toFixed(0)} MB, ${most.files}`],
    ["wrong bytes, broken promises", "0"],
  ];
}
