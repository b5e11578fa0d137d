/**
 * `deno task bench-table FILE`: writes the table of speed in docs/speed.md, and a short one in
 * README.md, from the JSON of a run (`deno task bench --json FILE`), with what Berth is behind in set
 * bold.
 */
import { join } from "node:path";
import { readResult, type Result } from "./result.ts";
import { ratio, table } from "./table.ts";

/** The rows that a reader asks for. */
const SHOWN = [
  ...["hit", "small", "manifest", "accel", "tls", "tls-http2", "intercept", "cold", "herd", "many"],
  ...["slow", "ranges", "latency", "faults", "start"],
];
/** The pages with a table; a brief one has the first metric of each load with others beside it. */
const PAGES = [{ path: "docs/speed.md", brief: false }, { path: "README.md", brief: true }];
const BRIEFLY = ["hit", "small", "manifest", "accel", "cold", "herd"];
const SUBJECT = "Berth";
const OTHERS = ["nginx", "docker-registry"];
/** From this share of another's on, Berth is as good as it. */
const EVEN = 0.95;

const BEGIN = "<!-- speed: written by `deno task bench-table` -->";
const END = "<!-- /speed -->";

/** The table of `result` in Markdown, with the machine that it was taken on. */
export function speedSection({ day, machine, deno, rows: all }: Result, brief = false): string {
  const isShown = ({ row, name }: Result["rows"][number]) =>
    brief ? BRIEFLY.includes(row) && !name.startsWith("…") : SHOWN.includes(row);
  const rows = all.filter(isShown)
    .map((row) => ({ ...row, samples: renamed(row.samples) }));
  const memory = Math.round(machine.memory / 2 ** 30);
  return [
    `Taken on ${day} with Deno ${deno} on ${machine.cores} cores (${machine.model}) and ${memory} ` +
    "GiB of memory. The last columns say how many times better Berth is; below 1 it is worse.",
    "",
    table(rows, [...OTHERS, SUBJECT], SUBJECT, (share) => {
      const text = share.toFixed(2);
      return share < EVEN ? `**${text}**` : text;
    }),
    "",
    behind(rows),
  ].join("\n");
}

function renamed({ berth, ...others }: Record<string, number[]>): Record<string, number[]> {
  return berth ? { ...others, [SUBJECT]: berth } : others;
}

/** In how many rows Berth is worse than each of the others. */
function behind(rows: Result["rows"]): string {
  const counts = OTHERS.flatMap((other) => {
    const shares = rows.flatMap((row) => ratio(row, SUBJECT, other) ?? []);
    const worse = shares.filter((share) => share < EVEN).length;
    return worse === 0 ? [] : [`${other} in ${worse} of ${shares.length} rows`];
  });
  if (counts.length === 0) return "Berth is behind in none of these rows.";
  return `Bold is where Berth is behind: ${counts.join(", ")}.`;
}

/** `page` with the table of `result` between its marks. Throws where it has none. */
export function withSpeed(page: string, result: Result, brief = false): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`expected ${BEGIN} and, behind it, ${END}`);
  const section = `${BEGIN}\n\n${speedSection(result, brief)}\n\n`;
  return page.slice(0, begin) + section + page.slice(end);
}

if (import.meta.main) {
  const [file = ""] = Deno.args;
  const result = await readResult(file);
  if (!result) throw new Error(`${file}: expected the JSON of a run, as --json writes it`);
  const root = join(import.meta.dirname!, "..", "..");
  for (const { path, brief } of PAGES) {
    const page = join(root, path);
    await Deno.writeTextFile(page, withSpeed(await Deno.readTextFile(page), result, brief));
    const { success } = await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", page] })
      .output();
    if (!success) throw new Error(`${page}: deno fmt does not take it`);
  }
}
