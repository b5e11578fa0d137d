/** Everything that other tools' settings come to, in the order in which it counts. */
import type { Setting } from "../provenance.ts";
import { describeProvenance } from "../provenance.ts";
import { formatKey } from "../path.ts";
import type { ConfigProblem } from "../problem.ts";
import { containerRegistryProxy } from "./container_registry_proxy.ts";
import { crm, isCrmFile } from "./crm.ts";
import { LEGACY_OPTIONS, UNNEEDED } from "./table.ts";
import type { DropInInput, Note, Reading, Tool, ToolSetting } from "./tool.ts";
import { crev, serverlessRegistryProxy } from "./vanity.ts";

interface DropIn {
  /** What the tools do when they are not told otherwise: below the file. */
  readonly defaults: readonly Setting[];
  /** From a tool's own file. */
  readonly file: readonly Setting[];
  readonly environment: readonly Setting[];
  readonly flags: readonly Setting[];
  readonly problems: readonly ConfigProblem[];
  /** One line for each tool with settings that Berth has no use for or another. */
  readonly warnings: readonly string[];
}

/** Reads the settings of all the tools; `file` is what the configuration file says, in any tool's spelling. */
export async function dropIn(input: DropInInput, file: readonly Setting[]): Promise<DropIn> {
  const others: Reading[] = [
    await containerRegistryProxy(input),
    serverlessRegistryProxy(input),
    crev(input),
    ...(isCrmFile(file) ? [crm(input, file)] : []),
  ];
  const readings = [table(input, others), ...others];
  const settings = readings.flatMap((reading) => reading.settings ?? []);
  const of = (kind: string) => settings.filter(({ origin }) => origin.kind === kind);
  const problems = [
    ...readings.flatMap((reading) => reading.problems ?? []),
    ...contradictions(settings),
    ...incompatible(settings),
  ];
  return {
    defaults: readings.flatMap((reading) => reading.defaults ?? []),
    file: of("file"),
    environment: of("environment"),
    flags: of("flag"),
    problems,
    warnings: noteLines(readings.flatMap((reading) => reading.notes ?? [])),
  };
}

function table(input: DropInInput, others: readonly Reading[]): Reading {
  const { env } = input;
  const settings = LEGACY_OPTIONS.flatMap(({ tool, env: name, keys, read }): ToolSetting[] => {
    if (name === "DEBUG" && !besideItsTool(input, others)) return [];
    const value = env[name] ? read(env[name]) : undefined;
    if (value === undefined) return [];
    return keys.map((path) => ({ tool, path, value, origin: { kind: "environment", name } }));
  });
  const notes = UNNEEDED.filter(({ env: name }) => env[name])
    .map(({ tool, env: name, instead }) => ({ tool, name, instead }));
  return { settings, notes };
}

/**
 * Whether `DEBUG` is a tool's: many programs and platforms set it. crproxy has flags in Go's spelling
 * beside it, the others have settings that nobody else has.
 */
function besideItsTool({ env, goFlags = false }: DropInInput, others: readonly Reading[]): boolean {
  const own = [...LEGACY_OPTIONS, ...UNNEEDED].some(({ env: name }) =>
    name !== "DEBUG" && env[name]
  );
  const read = ({ settings = [], defaults = [] }: Reading) => settings.length + defaults.length > 0;
  return goFlags || own || others.some(read);
}

/** Two tools that say different things of one key. */
function contradictions(settings: readonly ToolSetting[]): ConfigProblem[] {
  const first = new Map<string, ToolSetting>();
  const problems: ConfigProblem[] = [];
  for (const setting of settings) {
    const key = formatKey(setting.path);
    const other = first.get(key);
    if (!other) first.set(key, setting);
    else if (other.tool !== setting.tool && !sameValue(other.value, setting.value)) {
      problems.push({ key, origin: setting.origin, message: versus(setting, other) });
    }
  }
  return problems;
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function versus(one: ToolSetting, other: ToolSetting): string {
  return `${one.tool} contradicts ${other.tool}, which says otherwise in ` +
    `${describeProvenance(other.origin)}; expected one of them`;
}

/** A tool for one registry beside a tool for many. */
function incompatible(settings: readonly ToolSetting[]): ConfigProblem[] {
  const vanity = settings.find(({ path }) => formatKey(path) === "registries.vanity.url");
  const many = settings.find(({ path }) => formatKey(path) === "forward.intercept");
  if (!vanity || !many) return [];
  const message = `${many.tool} serves many registries and ${vanity.tool} (` +
    `${describeProvenance(vanity.origin)}) only one; expected one of them`;
  return [{ key: "", origin: many.origin, message }];
}

function noteLines(notes: readonly Note[]): string[] {
  const tools = new Set<Tool>(notes.map(({ tool }) => tool));
  return [...tools].map((tool) => {
    const said = notes.filter((note) => note.tool === tool)
      .map(({ name, instead }) => `${name} (${instead})`).join(", ");
    return `settings of ${tool} that Berth does not need or takes otherwise: ${said}`;
  });
}
