/**
 * `deno task release`: dist/release with an archive for every target, checksums and the bill of
 * materials, and dist/release-notes.md. A target whose runtime cannot be had is skipped with a
 * message; with `--all`, as on a tag, that is an error, and so is a version without notes.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { SCRIPTS } from "../cli/completions/script.ts";
import { VERSION } from "../cli/version.ts";
import { archive } from "./archive.ts";
import { notesOf } from "./changelog.ts";
import { compile } from "./compile.ts";
import { notices, type Package, shippedPackages } from "./packages.ts";
import { giveUp, ROOT, run } from "./process.ts";
import { sbom } from "./sbom.ts";
import { programName, type Target, TARGETS } from "./targets.ts";

const DIR = join(ROOT, "dist", "release");
const COMPLETIONS = { bash: "berth.bash", zsh: "_berth", fish: "berth.fish" } as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { all: { type: "boolean", default: false } } });
  await Deno.remove(DIR, { recursive: true }).catch(() => {}); // there may be none yet
  await Deno.mkdir(DIR, { recursive: true });
  const time = new Date(Number(await run("git", ["log", "-1", "--format=%ct"])) * 1000);
  const packages = await shippedPackages();
  if (values.all) {
    const notes = notesOf(await Deno.readTextFile(join(ROOT, "CHANGELOG.md")), VERSION);
    await Deno.writeTextFile(join(ROOT, "dist", "release-notes.md"), notes);
  }
  const made: string[] = [];
  for (const target of TARGETS) {
    const reason = await unavailable(target);
    if (!reason) made.push(await release(target, packages, time));
    else if (values.all) throw new Error(`${target.name}: ${reason}`);
    else console.log(`${target.name}: skipped, ${reason}`);
  }
  const bom = sbom({ version: VERSION, time, deno: Deno.version.deno, packages });
  const bomFile = join(DIR, `berth-${VERSION}.cdx.json`);
  await Deno.writeTextFile(bomFile, JSON.stringify(bom, null, 2) + "\n");
  const script = join(DIR, "install.sh");
  await Deno.copyFile(join(ROOT, "install.sh"), script);
  const files = [...made, bomFile, script];
  await Deno.writeTextFile(join(DIR, "SHA256SUMS"), await checksums(files));
  for (const file of [...files, join(DIR, "SHA256SUMS")]) {
    const { size } = await Deno.stat(file);
    console.log(`${relative(Deno.cwd(), file)} (${(size / 1e6).toFixed(1)} MB)`);
  }
}

/** Why there is no runtime for `target`; `undefined` when there is one. */
async function unavailable({ triple }: Target): Promise<string | undefined> {
  if (Deno.env.has("DENORT_BIN")) {
    return triple === Deno.build.target ? undefined : "DENORT_BIN is of this machine's kind";
  }
  const url = `https://dl.deno.land/release/v${Deno.version.deno}/denort-${triple}.zip`;
  try {
    const { ok, status } = await fetch(url, { method: "HEAD" });
    return ok ? undefined : `${url} answers ${status}`;
  } catch {
    return `${new URL(url).host} cannot be reached`;
  }
}

/** Compiles and packs one target; the archive's path. */
async function release(target: Target, packages: Package[], time: Date): Promise<string> {
  const name = `berth-${VERSION}-${target.name}`;
  const dir = join(DIR, name);
  try {
    await compile({ output: join(dir, programName(target)), target: target.triple });
    await Deno.mkdir(join(dir, "completions"));
    for (const [shell, file] of Object.entries(COMPLETIONS)) {
      const script = SCRIPTS[shell as keyof typeof COMPLETIONS]();
      await Deno.writeTextFile(join(dir, "completions", file), script);
    }
    for (const file of ["README.md", "LICENSE", "CHANGELOG.md"]) {
      await Deno.copyFile(join(ROOT, file), join(dir, file));
    }
    // Under the name that is looked for it would be taken, and what it says goes before much else.
    await Deno.copyFile(join(ROOT, "config.yaml"), join(dir, "config.example.yaml"));
    await Deno.copyFile(join(ROOT, "deploy/systemd/berth.service"), join(dir, "berth.service"));
    await Deno.writeTextFile(join(dir, "LICENSES-third-party.txt"), notices(packages));
    const file = `${dir}${target.name.startsWith("windows-") ? ".zip" : ".tar.gz"}`;
    await archive(dir, file, time);
    return file;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** What `sha256sum --check SHA256SUMS` reads, beside the files. */
async function checksums(files: readonly string[]): Promise<string> {
  const lines = await Promise.all(files.map(async (file) => {
    const hash = createHash("sha256");
    await pipeline(createReadStream(file), hash);
    return `${hash.digest("hex")}  ${relative(DIR, file)}\n`;
  }));
  return lines.join("");
}

if (import.meta.main) await main().catch(giveUp);
