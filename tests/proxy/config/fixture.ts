/** A machine for the configuration: files as a table, and an answer for each URL. */
import type { LoadedConfig, LoadResult } from "../../../proxy/config/load.ts";
import type { LoadInput } from "../../../proxy/config/load_input.ts";
import { loadConfig } from "../../../proxy/config/load.ts";
import { formatProblem } from "../../../proxy/config/problem.ts";
import type { System } from "../../../proxy/config/system.ts";

export interface Machine extends Omit<LoadInput, "system" | "cwd"> {
  /** Absolute path to text; an error is thrown when the file is read. */
  files?: Record<string, string | Error>;
  directories?: string[];
  /** Absolute path to a file's mode; 0600 where it is not given. */
  modes?: Record<string, number>;
  answers?: Record<string, () => Response | Promise<Response>>;
}

export function machine(
  { files = {}, directories = [], modes = {}, answers = {} }: Machine,
): System {
  return {
    readFile(path) {
      const found = files[path] ?? new Deno.errors.NotFound(path);
      return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
    },
    exists: (path, kind = "file") =>
      Promise.resolve(kind === "file" ? path in files : directories.includes(path)),
    mode: (path) => Promise.resolve(modes[path] ?? 0o100600),
    whyUnwritable: () => Promise.resolve(undefined),
    keepFile(path, text) {
      files[path] = text;
      return Promise.resolve();
    },
    fetch(url) {
      const answer = answers[url];
      if (!answer) return Promise.reject(new TypeError(`connection refused: ${url}`));
      return Promise.resolve(answer());
    },
  };
}

/** Loads on a machine whose working directory is `/work`. */
export function load(input: Machine): Promise<LoadResult> {
  return loadConfig({ ...input, cwd: "/srv", system: machine(input) });
}

/** Loads `text` as config.yaml. */
export function loadYaml(text: string, input: Machine = {}): Promise<LoadResult> {
  return load({ ...input, files: { ...input.files, "/srv/config.yaml": text } });
}

/** What was loaded; fails with the problems where there are any. */
export function loaded(result: LoadResult): LoadedConfig {
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.loaded;
}

/** The problems as a person sees them; none when it was loaded. */
export function problems(result: LoadResult): string[] {
  return result.ok ? [] : result.problems.map(formatProblem);
}
