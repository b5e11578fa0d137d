/**
 * Loading: defaults < built-in registries < file < environment < flags, checked as a whole. Nothing
 * is thrown for what a person wrote; every problem is collected and says where it stands.
 */
import { statedWords, urlHost } from "./registry_words.ts";
import type { ParsedFile } from "./file.ts";
import type { Overlay } from "./overlay.ts";
import { exposureWarning } from "./exposure.ts";
import { readSources } from "./sources.ts";
import { readHtpasswd } from "./htpasswd.ts";
import type { Layers, Sources } from "./layers.ts";
import { schemaMessages } from "./messages.ts";
import type { Provenance, Setting } from "./provenance.ts";
import { formatKey, getIn, isTree, type Path, type Tree } from "./path.ts";
import { doubts } from "./doubts.ts";
import { type ConfigProblem, formatProblem } from "./problem.ts";
import { violations } from "./rules.ts";
import type { Violation } from "./violation.ts";
import { modeWarnings, secretFiles } from "./file_modes.ts";
import { checkFiles } from "./named_files.ts";
import type { LoadInput } from "./load_input.ts";
import type { FetchedMap } from "./registry_map.ts";
import { type Config, configSchema, type RegistryConfig } from "./schema.ts";
import { readSecrets } from "./secrets.ts";
import { realSystem, type System } from "./system.ts";

export interface LoadedConfig {
  readonly config: Config;
  /** Where each value of `config` comes from. */
  readonly sources: Sources;
  /** The configuration file as an absolute path, if there is one. */
  readonly file: string | undefined;
  /** What is accepted but deserves a line in the log. */
  readonly warnings: readonly string[];
  /** Every file that was read or looked for: a change of one may change the configuration. */
  readonly files: readonly string[];
  /** Registries that `enabled: false` takes out of the map. */
  readonly disabled: Readonly<Record<string, RegistryConfig>>;
  /** What `registry_map` gave, where it is a URL. */
  readonly map: FetchedMap | undefined;
  /** What the file says by itself. */
  readonly stated: readonly Setting[];
  /** Changes above it; none where nothing is kept. */
  readonly overlay: LoadedOverlay | undefined;
}

interface LoadedOverlay extends Omit<Overlay, "problems"> {
  /** Why it is not used; empty where it is. */
  readonly problem: string;
}

export type LoadResult =
  | { readonly ok: true; readonly loaded: LoadedConfig }
  | {
    readonly ok: false;
    readonly problems: readonly ConfigProblem[];
    /** What was read or looked for before the problems were found. */
    readonly files: readonly string[];
    /** Whether an overlay says something. */
    readonly overlaid: boolean;
  };

/**
 * Loads the configuration that `args`, `env` and the file in `cwd` make together. An overlay that
 * makes no valid one of it is left out, and told of.
 */
export async function loadConfig(input: LoadInput): Promise<LoadResult> {
  const result = await load(input);
  if (result.ok || !result.overlaid || input.overlay !== undefined) return result;
  const without = await load({ ...input, overlay: "" });
  if (!without.ok) return without;
  const { loaded } = without;
  const problem = result.problems.map(formatProblem).join("; ");
  const overlay = loaded.overlay && { ...loaded.overlay, problem };
  const warning = `the overlay is not used, and its changes are not active: ${problem}`;
  return { ok: true, loaded: { ...loaded, overlay, warnings: [...loaded.warnings, warning] } };
}

async function load(input: LoadInput): Promise<LoadResult> {
  const { env = {}, cwd = "/", system = realSystem } = input;
  const read = await readSources({ ...input, env, cwd, system });
  const { layers, file, files, map, warnings, stated, overlay } = read;
  const overlaid = saysSomething(overlay);
  const problems = [...read.problems];
  addImplied(layers);

  const place = (path: Path, at: "key" | "value") => locate(layers, file, path, at);
  const parsed = configSchema.safeParse(layers.tree);
  if (!parsed.success) {
    for (const { path, at, message } of schemaMessages(parsed.error, layers.tree)) {
      problems.push({ key: formatKey(path), origin: place(path, at), message });
    }
  }
  if (!parsed.success || problems.length > 0) {
    return { ok: false, problems: inOrder(problems), files, overlaid };
  }

  const { config, disabled } = withoutDisabled(parsed.data);
  const yielded = yieldBuiltInAliases(config, layers);
  const named = await readNamedFiles(config, { cwd, home: env.HOME ?? "", system });
  const broke = ({ path, message }: Violation) => ({
    key: formatKey(path),
    origin: place(path, "value"),
    message,
  });
  problems.push(...named.violations.map(broke));
  const all = [...files, ...named.files];
  if (problems.length > 0) {
    return { ok: false, problems: inOrder(problems), files: all, overlaid };
  }

  layers.add(named.found);
  const sources = layers.sources({
    ...config,
    registries: { ...config.registries, ...disabled },
  });
  const exposure = exposureWarning(config);
  const known = [...Object.keys(config.registries), ...Object.keys(disabled)];
  const doubtful = [...doubts(config, known), ...yielded].map(broke).map(formatProblem);
  // The origins call it by the name that messages have for it.
  const holders = secretFiles(config, sources)
    .map((it) => it === file?.path ? read.path ?? it : it);
  const wide = await modeWarnings([...holders, ...named.secret], system);
  return {
    ok: true,
    loaded: {
      config,
      sources,
      file: read.path,
      warnings: [...warnings, ...doubtful, ...exposure ? [exposure] : [], ...wide],
      files: all,
      disabled,
      map,
      stated,
      overlay: overlay && { ...overlay, problem: "" },
    },
  };
}

function saysSomething(overlay: Overlay | undefined): boolean {
  return overlay !== undefined && overlay.settings.length + overlay.problems.length > 0;
}

/**
 * Puts the users and secrets that files hold into `config`, and checks it and the files that it
 * names. The result tells where each value was found, every file that was tried, and those of them
 * that are secret.
 */
async function readNamedFiles(
  config: Config,
  { cwd, home, system }: { cwd: string; home: string; system: System },
) {
  const htpasswd = await readHtpasswd(config, cwd, home, system);
  const broken = violations(config);
  const secrets = await readSecrets(config, cwd, home, system);
  const files = secrets.found.map(({ file }) => file);
  const named = await checkFiles(config, cwd, home, system);
  const found: Setting[] = secrets.found.map(({ path, file }) => ({
    path,
    value: getIn(config, path),
    origin: { kind: "file", file },
  }));
  return {
    found: [...htpasswd.found, ...found],
    violations: [
      ...htpasswd.violations,
      ...broken,
      ...secrets.violations,
      ...named.violations,
    ],
    files: [...secrets.files, ...named.files],
    secret: [...files, ...named.secret],
  };
}

/** The origin of `path` for a message: exact within the file, else the source that comes nearest. */
function locate(
  layers: Layers,
  file: ParsedFile | undefined,
  path: Path,
  at: "key" | "value",
): Provenance | undefined {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    const origin = layers.origin(part) ?? layers.sectionOrigin(part);
    // A key that the file spells as another tool does stands where its setting says.
    const within = origin?.kind === "file" && origin.file === file?.path && file.has(path[0]!);
    if (within) return file.origin(path, at);
    if (origin) return origin;
  }
  return undefined;
}

/** Problems as a reader meets them: the command line and environment, then the file downwards. */
function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const position = ({ origin }: ConfigProblem): [number, number] =>
    origin?.kind === "file" ? [origin.line ?? 0, origin.column ?? 0] : [-1, 0];
  return problems.toSorted((a, b) => {
    const [[lineA, columnA], [lineB, columnB]] = [position(a), position(b)];
    return lineA - lineB || columnA - columnB;
  });
}

/** Settings that others imply. */
function addImplied(layers: Layers): void {
  nameDefaultRegistry(layers);
  takeOffline(layers);
}

/** A URL as `default_registry` means the registry that has it, or joins the map as `default`. */
function nameDefaultRegistry(layers: Layers): void {
  const path = ["default_registry"];
  const url = layers.tree.default_registry;
  const origin = layers.origin(path);
  if (typeof url !== "string" || !/^https?:\/\//.test(url) || !origin) return;
  const registries = layers.tree.registries as Tree;
  const same = (a: unknown) => URL.parse(String(a))?.href === URL.parse(url)?.href;
  const known = Object.entries(registries).find(([, registry]) =>
    isTree(registry) && same(registry.url) && !registry.repo_prefix && registry.enabled !== false
  );
  if (!known) layers.add([{ path: ["registries", "default", "url"], value: url, origin }]);
  layers.add([{ path, value: known?.[0] ?? "default", origin }]);
}

/** `offline: true` is said of each registry, whatever it says itself. */
function takeOffline(layers: Layers): void {
  const origin = layers.origin(["offline"]);
  if (layers.tree.offline !== true || !origin) return;
  for (const name of Object.keys(layers.tree.registries as Tree)) {
    layers.add([{ path: ["registries", name, "offline"], value: true, origin }]);
  }
}

function withoutDisabled(config: Config) {
  const entries = Object.entries(config.registries);
  const off = ([, { enabled }]: [string, RegistryConfig]) => enabled === false;
  return {
    config: { ...config, registries: Object.fromEntries(entries.filter((e) => !off(e))) },
    disabled: Object.fromEntries(entries.filter(off)),
  };
}

/**
 * A built-in alias gives way to a registry of the operator's that states or has that host. The result
 * tells of those that it states as an alias, which takes a well-known name away.
 */
function yieldBuiltInAliases(config: Config, layers: Layers): Violation[] {
  const entries = Object.entries(config.registries);
  return entries.flatMap(([name, registry]) => {
    if (layers.origin(["registries", name, "aliases"])?.kind !== "built-in") return [];
    const others = entries.filter(([other]) => other !== name);
    const stated = others.flatMap(([other, it]) => statedWords(other, it));
    const taken = new Set([
      ...others.flatMap(([, it]) => it.repo_prefix ? [] : [urlHost(it)]),
      ...stated.map(([word]) => word),
    ]);
    const gone = new Set(registry.aliases.filter((alias) => taken.has(alias)));
    registry.aliases = registry.aliases.filter((alias) => !gone.has(alias));
    return stated.filter(([word, path]) => gone.has(word) && path[2] === "aliases")
      .map(([word, path]) => ({
        path,
        message: `${
          JSON.stringify(word)
        } now refers to this registry instead of the built-in ${name}`,
      }));
  });
}
