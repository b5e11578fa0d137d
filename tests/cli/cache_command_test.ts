import assert from "node:assert/strict";
import { openCache } from "../../cache/cache.ts";
import type { Cache } from "../../cache/api.ts";
import { cacheCommand } from "../../cli/cache_command.ts";
import { serveControl } from "../../cli/cache_socket.ts";
import { deterministicBytes, digestOf } from "../fake/content.ts";

const DAY = 86400e3;
const blobs = [1000, 3000, 2000].map((size, i) => deterministicBytes(size, i + 1));
const digests = blobs.map((bytes) => digestOf(bytes));

async function tempDir(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "berth-cli-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function filled(dir: string): Promise<Cache> {
  const cache = await openCache({ dir, scrubRate: 0 });
  for (const [i, bytes] of blobs.entries()) {
    await cache.put(digests[i]!, bytes, "application/octet-stream", `docker/library/app${i}`);
  }
  return cache;
}

type Name = Parameters<typeof cacheCommand>[0];

/** Runs the command as `berth cache …` would in `dir`. */
async function run(dir: string, name: Name, ...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const progress: string[] = [];
  const code = await cacheCommand(name, [...args, "--cache-dir", dir], {
    env: {},
    cwd: dir,
    print: (line) => void out.push(line),
    complain: (line) => void err.push(line),
    progress: (line) => void progress.push(line),
    now: Date.now,
    options: ({ cache }) => ({ dir: cache.dir }),
  });
  return { code, out: out.join("\n"), err: err.join("\n"), progress };
}

for (const running of [false, true]) {
  const how = running ? "through a running server" : "without a server";

  Deno.test(`berth cache, ls and stat ${how}`, async () => {
    await using dir = await tempDir();
    const cache = await filled(dir.path);
    const control = running ? await serveControl(cache, dir.path) : await cache.close();
    const sized = await run(dir.path, "ls", "--sort", "size");
    assert.equal(sized.code, 0, sized.err);
    const order = [digests[1]!, digests[2]!, digests[0]!].map((digest) =>
      sized.out.indexOf(digest)
    );
    assert.deepEqual(order, order.toSorted((a, b) => a - b));
    assert.match(sized.out, /docker\/library\/app1/);
    assert.match(sized.out, /3 of 3 blobs, 5\.9 KiB in all/);
    const json = JSON.parse((await run(dir.path, "ls", "--json", "--limit", "1")).out);
    assert.equal(json.length, 1);
    assert.match((await run(dir.path, "stat")).out, /3 blobs, 5\.9 KiB of 32 GiB/);
    assert.equal(JSON.parse((await run(dir.path, "stat", "--json")).out).blobs, 3);
    await control?.[Symbol.asyncDispose]();
    if (running) await cache.close();
  });

  Deno.test(`berth cache evict, by digest, image and age ${how}`, async () => {
    await using dir = await tempDir();
    const cache = await filled(dir.path);
    const control = running ? await serveControl(cache, dir.path) : await cache.close();
    const dry = await run(dir.path, "evict", digests[0]!.slice(0, 20), "--dry-run");
    assert.match(dry.out, /would evict 1 blob, 1000 B/);
    assert.match((await run(dir.path, "evict", digests[0]!)).out, /evicted 1 blob, 1000 B/);
    assert.match((await run(dir.path, "evict", "docker.io/app1")).out, /evicted 1 blob, 2\.9 KiB/);
    assert.match((await run(dir.path, "evict", "--older-than", "1d")).out, /evicted 0 blobs/);
    assert.match((await run(dir.path, "stat")).out, /1 blobs?, 2 KiB/);
    await control?.[Symbol.asyncDispose]();
    if (running) await cache.close();
  });

  Deno.test(`berth cache verify, progress, and exit code 1 on damage ${how}`, async () => {
    await using dir = await tempDir();
    const cache = await filled(dir.path);
    const control = running ? await serveControl(cache, dir.path) : await cache.close();
    const sound = await run(dir.path, "verify");
    assert.equal(sound.code, 0, sound.err);
    assert.match(sound.out, /3 blobs compared, 5\.9 KiB; 0 damaged/);
    assert.match(sound.progress.join("\n"), /100 %/);
    const hex = digests[1]!.slice("sha256:".length);
    const file = `${dir.path}/blobs/sha256/${hex.slice(0, 2)}/${hex}`;
    await Deno.writeFile(file, new Uint8Array(3000));
    const damaged = await run(dir.path, "verify");
    assert.equal(damaged.code, 1);
    assert.ok(damaged.out.includes(digests[1]!), damaged.out);
    await control?.[Symbol.asyncDispose]();
    if (running) await cache.close();
  });
}

Deno.test("berth cache, a command line that cannot be understood is exit code 2 and says where help is", async () => {
  await using dir = await tempDir();
  await (await filled(dir.path)).close();
  const table: [[Name, ...string[]], RegExp][] = [
    [["ls", "--sort", "colour"], /expected one of size, used, hits/],
    [["ls", "--limit", "x"], /expected a number/],
    [["ls", "--nope"], /nope/],
    [["evict"], /nothing selected/],
    [["evict", digests[0]!, "--older-than", "1d"], /nothing selected/],
    [["evict", "--older-than", "soon"], /expected a duration/],
    [["evict", "nowhere/app"], /expected a digest or/],
    [["evict", "sha256:00"], /no blob begins with that/],
    [["evict", "sha256:"], /expected a digest or|blobs begin with that/],
  ];
  for (const [args, message] of table) {
    const { code, err } = await run(dir.path, ...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, message);
  }
});

Deno.test("serveControl, replaces the socket of a server that was killed; only its owner may use it", async () => {
  await using dir = await tempDir();
  const cache = await filled(dir.path);
  await Deno.writeTextFile(`${dir.path}/control.sock`, "left over");
  const control = await serveControl(cache, dir.path);
  const { mode } = await Deno.stat(`${dir.path}/control.sock`);
  assert.equal((mode ?? 0) & 0o777, 0o600);
  assert.equal((await run(dir.path, "evict", "--older-than", `${DAY}ms`)).code, 0);
  await control?.[Symbol.asyncDispose]();
  await cache.close();
});
