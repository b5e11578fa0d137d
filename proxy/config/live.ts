/** The configuration that is in force, and how another one takes its place. */
import { loadConfig, type LoadedConfig } from "./load.ts";
import type { LoadInput } from "./load_input.ts";
import { effectiveValues } from "./print.ts";
import { formatKey, getIn, type Path } from "./path.ts";
import { ConfigError, type ConfigProblem } from "./problem.ts";
import type { Sources } from "./layers.ts";
import { type FetchedMap, keepCopy, type MapPlace, readRegistryMap } from "./registry_map.ts";
import type { Config } from "./schema.ts";
import { realSystem, type System } from "./system.ts";
import type { SharedOverlay } from "./write_place.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { FileWatch } from "../../base/file_watch.ts";

/** One value that a reload changed, as it may be shown. `undefined`: the key was or is not there. */
export interface ConfigChange {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What causes a reload. */
type ReloadReason =
  | "file changed"
  | "registry map changed"
  | "SIGHUP"
  | "dashboard"
  /** Another Berth has changed what all of them share. */
  | "cluster";

/** How a reload went. When `ok` is false the configuration before it stays in force. */
export interface ReloadResult {
  readonly ok: boolean;
  readonly reason: ReloadReason;
  /** Whose request it was, where `reason` is `dashboard`. */
  readonly by: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly changes: readonly ConfigChange[];
  readonly warnings: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

export interface LiveOptions {
  readonly clock?: Clock;
  /** See `WatchOptions`; both in milliseconds. */
  readonly settle?: number;
  readonly poll?: number;
  /** How often a registry map at a URL is read again, in milliseconds; sooner while it fails. */
  readonly mapRefresh?: number;
  /**
   * Puts a configuration into force. What it throws refuses the new configuration: everything stays
   * as it was, and the error's message is the problem.
   */
  readonly apply?: (next: LoadedConfig, previous: LoadedConfig) => void | Promise<void>;
}

type Listener = (result: ReloadResult) => void;

const MAP_REFRESH = 10 * 60_000;
const MAP_RETRY = 30_000;

export class LiveConfig {
  /** What the configuration is loaded from. */
  readonly input: LoadInput;
  readonly #clock: Clock;
  readonly #apply: LiveOptions["apply"];
  readonly #listeners = new Set<Listener>();
  readonly #watch: FileWatch;
  /** What the process started with: some of it stays until a restart. */
  readonly started: LoadedConfig;
  /** The way of changes to the other Berths of a cluster, as long as this one runs in it. */
  shared: SharedOverlay | undefined;
  #loaded: LoadedConfig;
  #lastReload: ReloadResult | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #mapRefresh: number;
  #stopMapTimer: (() => void) | undefined;
  #closed = false;

  private constructor(loaded: LoadedConfig, input: LoadInput, options: LiveOptions) {
    this.started = loaded;
    this.#loaded = loaded;
    this.input = input;
    this.#clock = options.clock ?? systemClock;
    this.#apply = options.apply;
    this.#mapRefresh = options.mapRefresh ?? MAP_REFRESH;
    const { readFile } = input.system ?? realSystem;
    this.#watch = new FileWatch(() => void this.reload("file changed"), { ...options, readFile });
  }

  /**
   * Loads the configuration and follows its files. Throws `ConfigError` when the first one cannot
   * be used; later ones that cannot be used change nothing.
   */
  static async open(input: LoadInput, options: LiveOptions): Promise<LiveConfig> {
    const { system, texts } = remembering(input.system ?? realSystem);
    const first = await loadConfig({ ...input, system });
    if (!first.ok) throw new ConfigError(first.problems);
    const live = new LiveConfig(first.loaded, input, options);
    await keepDifference(first.loaded, input);
    await live.#watch.watch(first.loaded.files, texts);
    await live.#followMap();
    return live;
  }

  /** What is in force. */
  get current(): Config {
    return this.#loaded.config;
  }

  /** Where each value of it comes from. */
  get sources(): Sources {
    return this.#loaded.sources;
  }

  /** All that is known of it. */
  get loaded(): LoadedConfig {
    return this.#loaded;
  }

  /** How the latest reload went; `undefined` before the first. */
  get lastReload(): ReloadResult | undefined {
    return this.#lastReload;
  }

  /** Calls `listener` after every reload, failed ones too. The result ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Loads again and puts the result into force; one reload at a time. What is wrong is in the result;
   * only what a listener throws is thrown, and does not stand in the way of the next reload. `by` is
   * who asked for it.
   */
  reload(reason: ReloadReason, by = ""): Promise<ReloadResult> {
    const run = this.#queue.then(() => this.#reload(reason, by));
    this.#queue = run.catch(() => {});
    return run;
  }

  /** Ends the watching; a reload that is under way is waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    this.#stopMapTimer?.();
    this.#listeners.clear();
    await this.#queue;
  }

  /** Keeps the map of a URL for worse times, and looks at it again later. */
  async #followMap(): Promise<void> {
    this.#stopMapTimer?.();
    this.#stopMapTimer = undefined;
    const { map } = this.#loaded;
    if (!map || this.#closed) return;
    // A copy that cannot be kept is only missed when the URL fails, and the disk says so elsewhere.
    await keepCopy(map, this.#mapPlace()).catch(() => {});
    const ms = map.fresh ? this.#mapRefresh : Math.min(MAP_RETRY, this.#mapRefresh);
    this.#stopMapTimer = this.#clock.after(ms, () => void this.#lookAtMap(map));
  }

  async #lookAtMap(known: FetchedMap): Promise<void> {
    const { fetched } = await readRegistryMap(known.url, this.#mapPlace());
    if (this.#closed || this.#loaded.map !== known) return;
    const news = fetched?.fresh && (!known.fresh || fetched.text !== known.text);
    await (news ? this.reload("registry map changed") : this.#followMap());
  }

  #mapPlace(): MapPlace {
    const { env = {}, cwd = "/", system = realSystem } = this.input;
    const cacheDir = this.#loaded.config.cache.dir;
    return { cwd, home: env.HOME ?? "", cacheDir, system, origin: undefined };
  }

  async #reload(reason: ReloadReason, by: string): Promise<ReloadResult> {
    const previous = this.#loaded;
    const { system, texts } = remembering(this.input.system ?? realSystem);
    const loading = await loadConfig({ ...this.input, system });
    let problems = loading.ok ? emptied(loading.loaded, texts) : loading.problems;
    if (loading.ok && problems.length === 0) {
      try {
        await this.#apply?.(loading.loaded, previous);
        this.#loaded = loading.loaded;
        await keepDifference(loading.loaded, this.input);
      } catch (error) {
        problems = [{ key: "", message: error instanceof Error ? error.message : String(error) }];
      }
    }
    // A file that only the refused configuration names may be the one that gets mended.
    const files = loading.ok ? loading.loaded.files : [...loading.files, ...previous.files];
    await this.#watch.watch(files, texts);
    if (loading.ok) await this.#followMap();
    const ok = problems.length === 0;
    const result = {
      ok,
      reason,
      by,
      at: this.#clock.now(),
      changes: ok ? configChanges(previous, this.#loaded) : [],
      warnings: loading.ok ? loading.loaded.warnings : [],
      problems,
    };
    this.#lastReload = result;
    for (const listener of this.#listeners) listener(result);
    return result;
  }
}

/** Takes out of the overlay what the configuration file says by now, too; not out of others'. */
async function keepDifference({ overlay, config }: LoadedConfig, input: LoadInput): Promise<void> {
  if (overlay?.replaces === undefined || config.cluster.url) return;
  const { readFile, keepFile } = input.system ?? realSystem;
  // Where somebody else has written meanwhile, or the disk is full, the next reload does it.
  if (await readFile(overlay.file).catch(() => "") !== overlay.replaces) return;
  await keepFile(overlay.file, overlay.text).catch(() => {});
}

/** What differs between two configurations, secrets masked. */
function configChanges(previous: LoadedConfig, next: LoadedConfig): ConfigChange[] {
  const shown = (loaded: LoadedConfig) =>
    new Map(effectiveValues(loaded).map(({ path, value }) => [formatKey(path), { path, value }]));
  const [before, after] = [shown(previous), shown(next)];
  const differs = (path: Path) =>
    JSON.stringify(getIn(previous.config, path)) !== JSON.stringify(getIn(next.config, path));
  return [...new Map([...before, ...after])]
    .filter(([, { path }]) => differs(path))
    .map(([key]) => ({ key, before: before.get(key)?.value, after: after.get(key)?.value }));
}

/** `system`, and the texts that are read through it. */
function remembering(system: System) {
  const texts = new Map<string, string>();
  const readFile = async (path: string) => {
    const text = await system.readFile(path);
    texts.set(path, text);
    return text;
  };
  return { system: { ...system, readFile }, texts: texts as ReadonlyMap<string, string> };
}

/**
 * A running Berth whose file has nothing in it any more: a disk that was full, a mount that came up
 * empty. To take it for the defaults would open what was closed.
 */
function emptied(loaded: LoadedConfig, texts: ReadonlyMap<string, string>): ConfigProblem[] {
  if (!loaded.file || texts.get(loaded.file)?.trim() !== "") return [];
  const origin = { kind: "file", file: loaded.file } as const;
  return [{ key: "", origin, message: "the file is empty; expected settings, or a comment" }];
}

/** `LiveConfig.open` with the machine's clock and what `options` says. */
export function watchConfig(input: LoadInput, options: LiveOptions = {}): Promise<LiveConfig> {
  return LiveConfig.open(input, options);
}
