/** Which file holds the configuration. */
import type { Provenance } from "./provenance.ts";
import type { ConfigProblem } from "./problem.ts";
import { resolvePath } from "./secrets.ts";
import { type System, unreadable } from "./system.ts";

/** Looked for in the working directory, in this order. */
const NAMES = ["config.yaml", "config.yml", "config.json"];

interface DiscoveredFile {
  /** As it is named in messages. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

interface Discovery {
  readonly file?: DiscoveredFile;
  /** Why the file that is named cannot be read. */
  readonly problem?: ConfigProblem;
  /** Absolute paths that were looked at: a file that appears at one of them would be taken. */
  readonly looked: readonly string[];
}

/**
 * The file that the command line or `BERTH_CONFIG` names, else one in the working directory, else
 * none. A file that is named and cannot be read is a problem.
 */
export async function discoverFile(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  system: System,
): Promise<Discovery> {
  const named = given ?? (env.BERTH_CONFIG || undefined);
  const looked: string[] = [];
  for (const name of named === undefined ? NAMES : [named]) {
    const path = resolvePath(name, cwd, env.HOME ?? "");
    looked.push(path);
    if (named === undefined && !await system.exists(path)) continue;
    try {
      return { file: { name, path, text: await system.readFile(path) }, looked };
    } catch (error) {
      return { problem: unreadable(name, error, "", originOf(given, named)), looked };
    }
  }
  return { looked };
}

function originOf(given: string | undefined, named: string | undefined): Provenance | undefined {
  if (given !== undefined) return { kind: "flag", name: "--config" };
  return named === undefined ? undefined : { kind: "environment", name: "BERTH_CONFIG" };
}
