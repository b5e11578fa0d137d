/** Archives of a directory: tar.gz, and zip for Windows. */
import { basename, dirname, join, relative, sep } from "node:path";
import { type Zippable, zipSync } from "fflate";
import { create } from "tar";

/**
 * Packs `dir` under its own name into `file`, whose ending says how. `time` stands for every file's,
 * so that an archive depends on its content alone.
 */
export async function archive(dir: string, file: string, time: Date): Promise<void> {
  if (!file.endsWith(".zip")) {
    const from = { cwd: dirname(dir), portable: true, mtime: time, gzip: { level: 9 } };
    return await create({ file, ...from }, [basename(dir)]);
  }
  const entries: Zippable = {};
  for (const path of filesIn(dir)) {
    const name = relative(dirname(dir), path).replaceAll(sep, "/");
    entries[name] = [await Deno.readFile(path), { mtime: time }];
  }
  await Deno.writeFile(file, zipSync(entries, { level: 9 }));
}

function filesIn(dir: string): string[] {
  const entries = [...Deno.readDirSync(dir)].toSorted((a, b) => a.name < b.name ? -1 : 1);
  return entries.flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(join(dir, name)) : [join(dir, name)]
  );
}
