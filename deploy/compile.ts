/**
 * `deno task compile`: one executable with the dashboard inside, `dist/berth`.
 *
 * What it may do is the permission set "berth" of deno.json, and never more: there is no prompt. The
 * hosts, files and variables are the operator's to name, so net, read, write and env cannot be
 * narrower. Of the machine it learns the room on disks (min_free) and its own addresses (no tunnel
 * leads back to them). Programs, native libraries and imports from the network are out.
 */
import { cp } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { BUILD_FILE } from "../cli/version.ts";
import { giveUp, ROOT, run } from "./process.ts";
import { TARGETS } from "./targets.ts";

/**
 * Garbage is collected when there is nothing to do, and when much of it lies outside of the heap
 * (base/garbage.ts). New objects get 8 MB instead of 16, three times: under load that is 30 MB less, at
 * no cost that `deno task bench` shows.
 */
const V8_FLAGS = ["--expose-gc", "--max-semi-space-size=8"];

const PAGES = join("ui", "dist");

/** What goes into the executable, with the paths that it has there. */
const STAGE = join(ROOT, "dist", "exe");

interface CompileOptions {
  /** Where the executable goes. */
  output: string;
  /** A target of `deno compile`; this machine's when left out. */
  target?: string;
}

/**
 * Compiles main.ts. The modules are bundled: the executable gets smaller by the parts of the npm
 * packages that nobody imports, and `deno compile` need not analyze them (it overflows its stack on
 * a package's test data, https://github.com/denoland/deno/issues/36746).
 *
 * What a dynamic import() brings is in files of its own. `deno compile --bundle` makes one file, where
 * each module that a dynamic import() reaches becomes a function, also for those that import it at
 * once: that doubled the time of a start. They are not minified: a resource that is declared with
 * `using` and used once is then never disposed of (Deno 2.9.4).
 */
export async function compile({ output, target }: CompileOptions): Promise<void> {
  await Deno.mkdir(dirname(output), { recursive: true });
  await Deno.remove(STAGE, { recursive: true }).catch(() => {}); // there may be none yet
  await Deno.mkdir(join(STAGE, dirname(BUILD_FILE)), { recursive: true });
  const build = { commit: await commit() };
  await Deno.writeTextFile(join(STAGE, BUILD_FILE), JSON.stringify(build) + "\n");
  // The dashboard, which `deno task build` has made.
  await cp(join(ROOT, PAGES), join(STAGE, PAGES), { recursive: true });
  await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--no-check",
    "--frozen",
    "--code-splitting",
    "--outdir",
    STAGE,
    "main.ts",
  ]);
  await run(Deno.execPath(), [
    "compile",
    "--quiet",
    "--no-check",
    "--frozen",
    "--no-prompt",
    "--permission-set=berth",
    `--v8-flags=${V8_FLAGS.join(",")}`,
    ...(target ? ["--target", target] : []),
    "--include",
    join(STAGE, BUILD_FILE),
    "--include",
    join(STAGE, PAGES),
    "--output",
    output,
    join(STAGE, "main.js"),
  ]);
}

/** The commit, with `-dirty` behind it where files differ; `GIT_COMMIT` where there is no git. */
async function commit(): Promise<string> {
  const given = Deno.env.get("GIT_COMMIT");
  if (given) return given.slice(0, 12);
  const args = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
  return await run("git", args).catch(() => "");
}

/** `--arch` is Docker's name of one, for the image; both flags are for it alone. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { arch: { type: "string" }, output: { type: "string" } },
  });
  const name = Deno.build.os === "windows" ? "berth.exe" : "berth";
  const output = values.output ?? join(ROOT, "dist", name);
  const target = TARGETS.find(({ dockerArch }) => dockerArch && dockerArch === values.arch);
  if (values.arch && !target) throw new Error(`there is no target for --arch ${values.arch}`);
  await compile({ output, ...target && { target: target.triple } });
  const { size } = await Deno.stat(output);
  console.log(`${relative(Deno.cwd(), output)} (${(size / 1e6).toFixed(1)} MB)`);
}

if (import.meta.main) await main().catch(giveUp);
