/** Which file holds the configuration. */
import { join } from "node:path";
import type { Origin } from "./origin.ts";
import type { ConfigProblem } from "./problem.ts";
import { resolvePath } from "./secrets.ts";
import { type System, unreadable } from "./system.ts";

/** Looked for in the working directory, in this order. */
const NAMES = ["config.yaml", "config.yml", "config.json"];

export interface DiscoveredFile {
  /** As it is named in messages. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
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
): Promise<DiscoveredFile | ConfigProblem | undefined> {
  const named = given ?? (env.BERTH_CONFIG || undefined);
  let name = named;
  for (const candidate of NAMES) {
    if (name === undefined && await system.exists(join(cwd, candidate))) name = candidate;
  }
  if (name === undefined) return undefined;
  const path = resolvePath(name, cwd, env.HOME ?? "");
  try {
    return { name, path, text: await system.readFile(path) };
  } catch (error) {
    const origin: Origin | undefined = named === undefined
      ? undefined
      : given === undefined
      ? { kind: "environment", name: "BERTH_CONFIG" }
      : { kind: "flag", name: "--config" };
    return unreadable(name, error, "", origin);
  }
}
