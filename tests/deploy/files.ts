/** Files of the repository, for tests of what no program reads here. */
import { join } from "node:path";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname!, "..", "..");

/** The text of a file, by its path from the repository's root. */
export function text(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

/** A YAML or JSON file as plain values; `merge` as compose files mean `<<`. */
export function values(path: string, options: { merge?: boolean } = {}): unknown {
  return parse(text(path), options);
}

/** The files below a directory whose names end so, as paths from the root. */
export function filesIn(dir: string, ending: string): string[] {
  return [...Deno.readDirSync(join(ROOT, dir))].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return filesIn(join(dir, name), ending);
    return name.endsWith(ending) ? [join(dir, name)] : [];
  });
}
