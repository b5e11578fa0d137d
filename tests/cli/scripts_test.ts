/** What scripts rely on: JSON wherever data is printed, and commands that look change nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "../../cache/cache.ts";
import { COMMANDS, isGroup } from "../../cli/commands.ts";
import { putImage } from "../fake/images.ts";

/** Those that print no data: servers, a script, and a file. */
const WITHOUT = ["serve", "demo", "completions", "config migrate"];
/** Arguments without which a command does nothing. */
const ARGUMENTS: Record<string, string[]> = {
  "cache pin": ["alpine"],
  "cache unpin": ["alpine"],
  "cache evict": ["alpine", "--dry-run"],
  tags: ["alpine"],
  freeze: ["alpine:3.22"],
  unfreeze: ["alpine:3.22"],
  release: ["alpine:3.22"],
};
/** Those that change what is stored. */
const CHANGES = [
  "freeze",
  "unfreeze",
  "release",
  "cache pin",
  "cache unpin",
  "cache evict",
  "cache verify",
  "ca",
];
/** Have tests of their own. */
const ELSEWHERE = ["doctor", "pull", "prefetch add", "bundle create", "bundle load"];
/** Exit code 1, since nothing runs. */
const AWAY = ["healthcheck", "doctor"];

async function berth(args: string[], dir: string) {
  const config = join(dir, "config.yaml");
  const own = args[0] === "version" || args[0] === "hash-password" ? [] : ["--config", config];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(import.meta.dirname!, "../../main.ts"), ...args, ...own],
    env: { NO_COLOR: "1" },
    cwd: dir,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("correct horse\n"));
  await writer.close().catch(() => {}); // Most do not read.
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** Every file below `dir` with its size; SQLite's own notes come and go, and a lock names its process. */
async function filesIn(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    const path = join(dir, name);
    if (isDirectory) found.push(...await filesIn(path));
    else if (name !== "lock" && !/-(wal|shm)$/.test(name)) {
      found.push(`${path} ${(await Deno.stat(path)).size}`);
    }
  }
  return found.sort();
}

Deno.test("berth, every command that prints data has --json, and what it prints is JSON", async () => {
  const dir = await Deno.makeTempDir();
  const data = join(dir, "data");
  const cache = await openCache({ dir: data, scrubRate: 0 });
  await putImage(cache, "docker/library/alpine:3.22", ["base", "one"]);
  await cache.close();
  await Deno.writeTextFile(
    join(dir, "config.yaml"),
    JSON.stringify({
      listen: "127.0.0.1:1",
      admin: { listen: "" },
      forward: { listen: "127.0.0.1:2", intercept: ["docker"] },
      cache: { dir: data },
      registries: { docker: { offline: true } },
    }),
  );
  const commands = COMMANDS.filter((command) => !isGroup(command));
  for (const { name, flags = [] } of commands) {
    const expected = !WITHOUT.includes(name);
    assert.equal(
      flags.some((flag) => flag.name === "--json"),
      expected,
      `${name}: a command that prints data takes --json (JSON_FLAG of cli/commands.ts)`,
    );
    if (!expected || ELSEWHERE.includes(name)) continue;
    const before = await filesIn(data);
    const { code, out, err } = await berth(
      [...name.split(" "), ...ARGUMENTS[name] ?? [], "--json"],
      dir,
    );
    assert.equal(code, AWAY.includes(name) ? 1 : 0, `${name}: ${err}`);
    assert.equal(typeof JSON.parse(out), "object", `${name}: ${out}`);
    if (!CHANGES.includes(name)) assert.deepEqual(await filesIn(data), before, name);
  }
  await Deno.remove(dir, { recursive: true });
});

Deno.test("berth cache and tags, a directory that is not there is not made, and is exit code 1", async () => {
  const dir = await Deno.makeTempDir();
  const missing = join(dir, "nope");
  await Deno.writeTextFile(join(dir, "config.yaml"), JSON.stringify({ cache: { dir: missing } }));
  for (const args of [["cache", "stat"], ["tags", "alpine"]]) {
    const { code, err } = await berth(args, dir);
    assert.equal(code, 1);
    assert.match(err, /expected a cache there, but there is no such directory/);
  }
  assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["config.yaml"]);
  await Deno.remove(dir, { recursive: true });
});
