/** Secrets: read from the files that `*_file` keys name, and kept out of everything that is shown. */
import { isAbsolute, join } from "node:path";
import { keyInfo, PATTERNS } from "./options.ts";
import { getIn, isTree, type Path, type Tree } from "./path.ts";
import type { Violation } from "./violation.ts";
import { describeReadError } from "../../base/read_error.ts";
import type { System } from "./system.ts";

/** What stands in place of a secret. */
export const MASK = "********";

/** Keys whose value may come from the file that `<key>_file` names; `*` stands for a name. */
export const FILED = PATTERNS.filter((path) => {
  const last = path.at(-1)!;
  return keyInfo([...path.slice(0, -1), `${last}_file`]) !== undefined;
});

/** Every path that `pattern` stands for in `tree`. */
export function* expand(
  tree: unknown,
  pattern: readonly string[],
  base: Path = [],
): Generator<Path> {
  const [head, ...rest] = pattern;
  if (head === undefined) return yield base;
  if (Array.isArray(tree) && head === "*") {
    for (const [index, item] of tree.entries()) yield* expand(item, rest, [...base, index]);
  }
  if (!isTree(tree)) return;
  for (const key of head === "*" ? Object.keys(tree) : [head]) {
    yield* expand(tree[key], rest, [...base, key]);
  }
}

/**
 * Reads every `*_file` of `config` into the key that it stands for, without the line break at its
 * end. Returns where each came from, what went wrong, and every file that was tried.
 */
export async function readSecrets(config: Tree, cwd: string, home: string, system: System) {
  const violations: Violation[] = [];
  const found: { path: Path; file: string }[] = [];
  const files: string[] = [];
  for (const pattern of FILED) {
    for (const path of expand(config, pattern)) {
      const filePath = [...path.slice(0, -1), `${path.at(-1)}_file`];
      const file = getIn(config, filePath);
      if (typeof file !== "string" || file === "") continue;
      const complain = (message: string) => violations.push({ path: filePath, message });
      if (getIn(config, path)) {
        complain(`${path.at(-1)} is given too; expected one of them`);
        continue;
      }
      const resolved = resolvePath(file, cwd, home);
      files.push(resolved);
      try {
        const text = (await system.readFile(resolved)).replace(/\r?\n$/, "");
        if (text === "") complain(`${resolved} is empty; expected the secret`);
        (getIn(config, path.slice(0, -1)) as Tree)[path.at(-1)!] = text;
        found.push({ path, file: resolved });
      } catch (error) {
        complain(`cannot read ${resolved}: ${describeReadError(error)}`);
      }
    }
  }
  return { violations, found, files };
}

/** `path` as the system takes it: `~/` is the home directory, the rest is relative to `cwd`. */
export function resolvePath(path: string, cwd: string, home: string): string {
  if (path.startsWith("~/") && home) return join(home, path.slice(2));
  return isAbsolute(path) ? path : join(cwd, path);
}

/** `value`, as it may be shown at `path`: a secret that is not empty becomes asterisks. */
export function masked(path: Path, value: unknown): unknown {
  if (!isSecret(path)) return typeof value === "string" ? maskUserinfo(value) : value;
  return value === "" || value === undefined ? value : MASK;
}

/** Whether what stands at `path` must not be shown. */
export function isSecret(path: Path): boolean {
  return keyInfo(path)?.secret ?? false;
}

/** `text` without the user and password of a URL. */
export function maskUserinfo(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/\s]+@/i, `$1${MASK}@`);
}
