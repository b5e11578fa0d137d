/** Everything that the sources say, laid over each other in the order in which they count. */
import { join } from "node:path";
import { parseArguments } from "./arguments.ts";
import { discoverFile } from "./discover.ts";
import { isCrmSetting } from "./dropin/crm.ts";
import { dropIn } from "./dropin/dropin.ts";
import { environmentSettings } from "./environment.ts";
import { type ParsedFile, parseFile } from "./file.ts";
import { builtInSettings, Layers } from "./layers.ts";
import type { LoadInput } from "./load_input.ts";
import { describeProvenance, type Setting } from "./provenance.ts";
import { formatKey, getIn, isTree, newTree, type Tree } from "./path.ts";
import { overlaid, type Overlay, OVERLAY_FILE, parseOverlay, stillNeeded } from "./overlay.ts";
import { plainStart } from "./plain_start.ts";
import type { ConfigProblem } from "./problem.ts";
import { type FetchedMap, readRegistryMap, type RegistryMapReading } from "./registry_map.ts";
import { configSchema } from "./schema.ts";
import { resolvePath } from "./secrets.ts";
import { unreadable } from "./system.ts";

interface ReadSources {
  readonly layers: Layers;
  /** What the file alone says. */
  readonly stated: readonly Setting[];
  /** None where nothing is kept. */
  readonly overlay: Overlay | undefined;
  readonly file: ParsedFile | undefined;
  /** Absolute path of the file, if one was found. */
  readonly path: string | undefined;
  /** Every file that was read or looked for. */
  readonly files: readonly string[];
  readonly map: FetchedMap | undefined;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

type SourcesInput = LoadInput & Required<Pick<LoadInput, "env" | "cwd" | "system">>;

/**
 * Reads all sources. From the bottom: built-in registries, what a recognised tool does by itself,
 * the registry map, the file with its overlay, other tools' environment, `BERTH_…`, other tools'
 * flags, flags.
 */
export async function readSources(input: SourcesInput): Promise<ReadSources> {
  const { env, cwd, system } = input;
  const args = parseArguments(input.args ?? []);
  const found = await discoverFile(args.config, env, cwd, system);
  const text = input.text ?? found.file?.text;
  const file = text === undefined
    ? undefined
    : parseFile(found.file?.name ?? "config.yaml", text, env);
  const stated = file?.settings ?? [];
  const environment = environmentSettings(env);
  const map = await readMap([...stated, ...environment.settings, ...args.settings], input);
  const sources = { input, args, environment, map, plain: text === undefined };
  const below = await layOver(stated, sources);
  const overlay = await readOverlay(below.layers, stated, input);
  const { layers, tools } = overlay && overlay.settings.length > 0
    ? await layOver(overlaid(stated, overlay), sources)
    : below;
  return {
    layers,
    stated,
    overlay,
    file,
    path: found.file?.path,
    files: [...found.looked, ...(map.file ? [map.file] : [])],
    map: map.fetched,
    problems: [
      ...args.problems,
      ...(found.problem ? [found.problem] : []),
      ...(file?.problems ?? []),
      ...(overlay?.problems ?? []),
      ...map.problems,
      ...tools.problems,
    ],
    warnings: [
      ...environment.warnings,
      ...map.warnings,
      ...tools.warnings,
      ...unusedVolume(tools.defaults, layers),
    ],
  };
}

/** The layers with `stated` as what the file says, and what was found of another tool. */
async function layOver(
  stated: readonly Setting[],
  { input: { env, system }, args, environment, map, plain }: {
    input: SourcesInput;
    args: ReturnType<typeof parseArguments>;
    environment: ReturnType<typeof environmentSettings>;
    map: RegistryMapReading;
    /** There is no file. */
    plain: boolean;
  },
) {
  const known = registriesOf([...builtInSettings(), ...map.settings, ...stated]);
  const tools = await dropIn({
    env,
    flags: args.legacy,
    goFlags: args.settings.some(({ origin }) =>
      origin.kind === "flag" && !origin.name.startsWith("--")
    ),
    registries: known,
    stated: new Set(Object.keys(registriesOf(stated))),
    system,
  }, stated);
  const layers = new Layers();
  layers.add(builtInSettings());
  const others = [tools.defaults, tools.environment, tools.flags].flat();
  if (plain && others.length === 0) layers.add(await plainStart(env, system));
  layers.add(tools.defaults);
  layers.add(map.settings);
  layers.add(tools.file);
  layers.add(stated.filter((setting) => !isCrmSetting(setting)));
  layers.add(tools.environment);
  layers.add(environment.settings);
  layers.add(tools.flags);
  layers.add(args.settings);
  yieldSignIn(layers);
  return { layers, tools };
}

/** The overlay in the cache's directory that `layers` name; without a cache there is none. */
async function readOverlay(
  layers: Layers,
  stated: readonly Setting[],
  { cwd, env, system, overlay: given }: SourcesInput,
): Promise<Overlay | undefined> {
  const dir = getIn(layers.tree, ["cache", "dir"]) ?? configSchema.parse({}).cache.dir;
  if (typeof dir !== "string" || dir === "") return undefined;
  const file = join(resolvePath(dir, cwd, env.HOME ?? ""), OVERLAY_FILE);
  try {
    const overlay = parseOverlay(file, given ?? await system.readFile(file));
    return overlay.problems.length > 0 ? overlay : stillNeeded(stated, overlay);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return parseOverlay(file, "");
    }
    return { ...parseOverlay(file, ""), problems: [unreadable(file, error)] };
  }
}

/** That clients sign in themselves, as with a tool, gives way to credentials of the operator's. */
function yieldSignIn(layers: Layers): void {
  const registries = layers.tree.registries;
  for (const [name, registry] of Object.entries(isTree(registries) ? registries : {})) {
    const auth = isTree(registry) && isTree(registry.auth) ? registry.auth : {};
    const own = Object.entries(auth).filter(([key, value]) => value && !SIGN_IN_KEYS.has(key));
    for (const key of own.length > 0 ? SIGN_IN_KEYS : []) {
      const path = ["registries", name, "auth", key];
      if (layers.origin(path)?.kind === "drop-in") layers.remove(path);
    }
  }
}

/** How clients sign in; the other keys of `auth` are credentials. */
const SIGN_IN_KEYS: ReadonlySet<string> = new Set(["mode", "offline"]);

/** A tool's volume that is there while the cache is elsewhere: content would go with the container. */
function unusedVolume(defaults: readonly Setting[], layers: Layers): string[] {
  const volume = defaults.find(({ path }) => formatKey(path) === "cache.dir");
  const dir = volume && getIn(layers.tree, volume.path);
  if (!volume || dir === volume.value) return [];
  const said = describeProvenance(layers.origin(volume.path)!);
  return [`${volume.value} is there and is not used: cache.dir is ${dir} (${said})`];
}

async function readMap(
  settings: readonly Setting[],
  { cwd, env, system }: SourcesInput,
): Promise<RegistryMapReading> {
  const layers = new Layers();
  layers.add(settings);
  const location = layers.tree.registry_map;
  if (typeof location !== "string" || location === "") {
    return { settings: [], problems: [], warnings: [] };
  }
  const stated = getIn(layers.tree, ["cache", "dir"]);
  return await readRegistryMap(location, {
    cwd,
    home: env.HOME ?? "",
    cacheDir: typeof stated === "string" ? stated : configSchema.parse({}).cache.dir,
    system,
    origin: layers.origin(["registry_map"]),
  });
}

/** The registries of `settings`, unchecked. */
function registriesOf(settings: readonly Setting[]): Tree {
  const layers = new Layers();
  layers.add(settings);
  return isTree(layers.tree.registries) ? layers.tree.registries : newTree();
}
