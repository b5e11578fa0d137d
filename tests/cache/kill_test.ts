import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf } from "../../cache/hash.ts";
import { withCacheIn, withDir } from "./support.ts";

const ROUNDS = 6;

/** Starts the child, kills it `ms` after its first blob, and returns what it said was complete. */
async function fillAndKill(dir: string, seed: number, ms: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(import.meta.dirname!, "kill_child.ts"), dir, `${seed}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    timer ??= setTimeout(() => child.kill("SIGKILL"), ms);
  }
  clearTimeout(timer);
  assert.equal((await child.status).signal, "SIGKILL");
  return text.split("\n").slice(0, -1);
}

async function filesHashRight(dir: string): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir(join(dir, "blobs", "sha256"))) {
    for await (const file of Deno.readDir(join(dir, "blobs", "sha256", name))) {
      const bytes = await Deno.readFile(join(dir, "blobs", "sha256", name, file.name));
      assert.equal(digestOf(bytes), `sha256:${file.name}`);
      count++;
    }
  }
  return count;
}

Deno.test("kill -9 at any moment, loses nothing that was complete and serves nothing wrong", () =>
  withDir(async (dir) => {
    const complete: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const ms = Math.random() * 300;
      complete.push(...await fillAndKill(dir, round * 100_000, ms));
      await withCacheIn(dir, {}, async ({ cache }) => {
        for (const digest of complete) {
          assert.ok(cache.stat(digest), `${digest} is gone, killed after ${ms} ms`);
          assert.ok(cache.linked("r/x", digest));
        }
        assert.equal(cache.list().total, await filesHashRight(dir), "each file has a row");
        assert.deepEqual([...Deno.readDirSync(join(dir, "tmp"))], []);
      });
    }
    assert.ok(complete.length > ROUNDS);
  }));
