/** Which Berth this is: the version, and for an executable the commit it was made from. */
import { join } from "node:path";
import { z } from "zod";
import deno from "../deno.json" with { type: "json" };

/** The released version, without a commit. */
export const VERSION = deno.version;

/** What `deno task compile` puts beside the program; the path is from the repository's root. */
export const BUILD_FILE = join("dist", "build.json");

const build = z.object({ commit: z.string() });

/**
 * `0.1.0 (4c364e2c1a0b)`, or `0.1.0 (source)` where the program was not compiled. `root` is the
 * directory of main.ts, inside the executable or on disk.
 */
export function describeVersion(root: string, standalone = Deno.build.standalone): string {
  if (!standalone) return `${VERSION} (source)`;
  const commit = commitOf(root, standalone);
  return commit === "" ? VERSION : `${VERSION} (${commit})`;
}

/** What `berth version …` prints, for people or with `--json`. */
export function versionText(args: readonly string[], root: string): string {
  return args.includes("--json")
    ? JSON.stringify({ version: VERSION, commit: commitOf(root) }, null, 2)
    : `berth ${describeVersion(root)}`;
}

/** The commit that an executable was made from; empty where there is none. */
export function commitOf(root: string, standalone = Deno.build.standalone): string {
  if (!standalone) return "";
  return build.parse(JSON.parse(Deno.readTextFileSync(join(root, BUILD_FILE)))).commit;
}
