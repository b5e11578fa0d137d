/**
 * Tells when the content of files changes: written in place, replaced by rename as editors do, or
 * swapped behind symbolic links as Kubernetes does (`..data`).
 */
import { dirname } from "node:path";
import { type Clock, systemClock } from "./clock.ts";

export interface WatchOptions {
  readonly clock?: Pick<Clock, "after">;
  /** How long the files must have been quiet, in milliseconds. */
  readonly settle?: number;
  /** How often the files are looked at without an event (NFS sends none), in milliseconds. */
  readonly poll?: number;
  /** The text of a file; throws when there is none. */
  readonly readFile?: (path: string) => Promise<string>;
}

/**
 * Calls `onChange` once after each change of what the files hold, and not before two looks in a row
 * found the same, so that a file that is being written is not read half.
 */
export class FileWatch {
  readonly #onChange: () => void;
  readonly #clock: Pick<Clock, "after">;
  readonly #settle: number;
  readonly #poll: number;
  readonly #readFile: (path: string) => Promise<string>;
  #paths: readonly string[] = [];
  #watcher: Deno.FsWatcher | undefined;
  #stopTimer: (() => void) | undefined;
  #known = "";
  #candidate: string | undefined;
  /** Whether the next look comes after `settle`, not after `poll`. */
  #soon = false;
  #closed = false;

  constructor(onChange: () => void, options: WatchOptions = {}) {
    this.#onChange = onChange;
    this.#clock = options.clock ?? systemClock;
    this.#settle = options.settle ?? 100;
    this.#poll = options.poll ?? 10_000;
    this.#readFile = options.readFile ?? ((path) => Deno.readTextFile(path));
  }

  /**
   * Watches `paths` from now on, whether or not there are such files. `known` is what they held
   * when they were last read; anything else is a change, also one that has already happened.
   */
  async watch(paths: readonly string[], known: ReadonlyMap<string, string>): Promise<void> {
    this.#paths = [...new Set(paths)];
    this.#known = JSON.stringify(this.#paths.map((path) => known.get(path) ?? null));
    this.#candidate = undefined;
    const directories = await this.#directories();
    if (this.#closed) return;
    this.#listen(directories);
    this.#lookIn(this.#settle);
  }

  /** Ends the watching; `onChange` is not called any more. */
  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #listen(directories: readonly string[]): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (directories.length === 0) return;
    try {
      this.#watcher = Deno.watchFs([...directories], { recursive: false });
    } catch {
      // The system's limit of watches is reached, or it has none: polling finds the change.
      return;
    }
    this.#follow(this.#watcher).catch(() => {});
  }

  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    for await (const event of watcher) {
      if (event.kind !== "access") this.#lookIn(this.#settle);
    }
  }

  /** Looks after `ms`, or sooner where that has been arranged: events put no look off. */
  #lookIn(ms: number): void {
    if (this.#closed || this.#soon) return;
    this.#stopTimer?.();
    this.#soon = ms === this.#settle;
    this.#stopTimer = this.#clock.after(ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#stopTimer = undefined;
    this.#soon = false;
    const found = await this.#read();
    if (this.#closed) return;
    const changed = found !== this.#known;
    const settled = found === this.#candidate;
    this.#candidate = changed ? found : undefined;
    if (changed && settled) {
      this.#known = found;
      this.#candidate = undefined;
      this.#onChange();
    }
    this.#lookIn(changed && !settled ? this.#settle : this.#poll);
  }

  async #read(): Promise<string> {
    const texts = this.#paths.map((path) => this.#readFile(path).catch(() => null));
    return JSON.stringify(await Promise.all(texts));
  }

  /** Where the files stand and, behind symbolic links, where they really are. */
  async #directories(): Promise<string[]> {
    const found = new Set<string>();
    for (const path of this.#paths) {
      for (const place of [dirname(path), await realDirectory(path)]) {
        if (place && await isDirectory(place)) found.add(place);
      }
    }
    return [...found];
  }
}

async function realDirectory(path: string): Promise<string | undefined> {
  try {
    return dirname(await Deno.realPath(path));
  } catch {
    return undefined;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}
