/** Files with secrets that others on the machine can read or change. */
import type { Sources } from "./layers.ts";
import { formatKey, getIn, isTree, leaves, type Path } from "./path.ts";
import type { Config } from "./schema.ts";
import { isSecret } from "./secrets.ts";
import type { System } from "./system.ts";

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o022;

/** A warning for each of `files` whose mode is too wide; nothing where there are no modes. */
export async function modeWarnings(files: Iterable<string>, system: System): Promise<string[]> {
  const warnings: string[] = [];
  for (const file of new Set(files)) {
    const mode = await system.mode(file);
    if (mode === undefined || (mode & (OTHERS_READ | OTHERS_WRITE)) === 0) continue;
    const what = mode & OTHERS_READ ? "read" : "changed";
    const octal = (mode & 0o777).toString(8).padStart(4, "0");
    warnings.push(
      `${file} holds secrets and can be ${what} by others (mode ${octal}); expected chmod 600`,
    );
  }
  return warnings;
}

/** Whether `value` is a `cluster.url` without a password: what is secret there is nothing else. */
function isPlainAddress(path: Path, value: unknown): boolean {
  return formatKey(path) === "cluster.url" && !String(value).includes("@");
}

/** Whether `value` is a secret, or a list with one in it. */
function holdsSecret(path: Path, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item, i) => holdsSecret([...path, i], item));
  if (isTree(value)) {
    return Object.keys(value).some((key) => holdsSecret([...path, key], value[key]));
  }
  return isSecret(path) && value !== "" && !isPlainAddress(path, value);
}

/** Files from which a secret of `config` comes. */
export function secretFiles(config: Config, sources: Sources): string[] {
  return [...leaves(config)].flatMap(({ path }) => {
    const origin = sources.get(formatKey(path));
    const stated = holdsSecret(path, getIn(config, path));
    return stated && origin?.kind === "file" && !origin.variables?.length ? [origin.file] : [];
  });
}
