import assert from "node:assert/strict";
import { openCache } from "../../cache/cache.ts";
import type { Cache } from "../../cache/api.ts";
import { cacheCommand } from "../../cli/cache_command.ts";
import { serveControl } from "../../cli/cache_socket.ts";
import { usingDataDir } from "../../cli/data_dir.ts";
import { deterministicBytes, digestOf } from "../fake/content.ts";

const DAY = 86400e3;
const blobs = [1000, 3000, 2000].map((size, i) => deterministicBytes(size, i + 1));
const alpine = [4000, 5000].map((size, i) => deterministicBytes(size, i + 11));
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

type Full = Parameters<typeof cacheCommand>[0];
type Name = Full extends infer F ? F extends `cache ${infer Rest}` ? Rest : F : never;

/** Runs the command as `berth cache …` would in `dir`. */
async function run(dir: string, name: Name, ...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const progress: string[] = [];
  const full = (name === "tags" ? name : `cache ${name}`) as Full;
  const code = await cacheCommand(full, [...args, "--cache-dir", dir], {
    env: {},
    cwd: "/",
    print: (line) => void out.push(line),
    complain: (line) => void err.push(line),
    progress: (line) => void progress.push(line),
    now: Date.now,
    options: ({ cache }) => ({ dir: cache.dir, pin: cache.pin }),
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
    [["evict", "nowhere.test/app"], /expected an image, as .* docker, /],
    [["evict", "docker/"], /expected an image/],
    [["evict", "docker/library/*"], /expected an image/],
    [["evict", "sha256:"], /expected an image|blobs begin with that/],
  ];
  for (const [args, message] of table) {
    const { code, err } = await run(dir.path, ...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, message);
  }
});

Deno.test("berth cache, where no cache is nothing is made, and the exit code is 1", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(`${dir.path}/empty`);
  await Deno.writeTextFile(`${dir.path}/file`, "");
  const table: [string, RegExp][] = [
    ["nope", /\/nope cannot be used: expected a cache there, but there is no such directory$/],
    ["empty", /\/empty cannot be used: .* it holds none \(no index\.db\)$/],
    ["file", /\/file cannot be used: .* it is not a directory$/],
  ];
  const commands: [Name, ...string[]][] = [
    ["ls"],
    ["stat"],
    ["verify"],
    ["images"],
    ["pin"],
    ["pin", "alpine:3.20"],
    ["unpin", "alpine:3.20"],
    ["evict", "--older-than", "1d", "--dry-run"],
  ];
  for (const [place, message] of table) {
    for (const [name, ...args] of commands) {
      const { code, out, err } = await run(`${dir.path}/${place}`, name, ...args);
      assert.equal(code, 1, `${name} ${place}`);
      assert.equal(out, "");
      assert.match(err, message);
    }
  }
  assert.deepEqual([...Deno.readDirSync(dir.path)].map(({ name }) => name).sort(), [
    "empty",
    "file",
  ]);
  assert.deepEqual([...Deno.readDirSync(`${dir.path}/empty`)], []);
});

Deno.test("usingDataDir, what Deno or the system refuses is said in plain words", async () => {
  const table: [Error, RegExp][] = [
    [new Deno.errors.NotCapable('Requires all access to "/proc/x"'), /no permission to use it$/],
    [new Deno.errors.PermissionDenied("os error 13"), /this user may not write there$/],
  ];
  for (const [error, message] of table) {
    await assert.rejects(usingDataDir("/proc", () => Promise.reject(error)), { message });
  }
});

/** Alpine with two tags, and an application without any. */
async function withImages(dir: string): Promise<Cache> {
  const cache = await filled(dir);
  for (const [i, tag] of ["3.20", "3.21"].entries()) {
    const repository = "library/alpine";
    const digest = digestOf(alpine[i]!);
    await cache.put(digest, alpine[i]!, "application/octet-stream", `docker/${repository}`);
    cache.setTag({ registry: "docker", repository, tag, accept: "*/*" }, {
      digest,
      mediaType: "application/octet-stream",
      size: alpine[i]!.length,
      checkedAt: 0,
    });
  }
  return cache;
}

for (const running of [false, true]) {
  const how = running ? "through a running server" : "without a server";

  Deno.test(`berth cache evict, an image by a short name, and one that is not cached ${how}`, async () => {
    await using dir = await tempDir();
    const cache = await withImages(dir.path);
    const control = running ? await serveControl(cache, dir.path) : await cache.close();
    const misses: [string, RegExp][] = [
      [
        "docker/library/alpine:9.9",
        /no such image is cached: docker\/library\/alpine:9\.9; its cached tags are 3\.20, 3\.21$/,
      ],
      ["alpine:3.2", /docker\/library\/alpine:3\.2; did you mean 3\.20\?$/],
      ["docker.io/alpin", /did you mean docker\/library\/alpine\?$/],
      ["quay/org/else", /no such image is cached: quay\/org\/else$/],
      ["sha256:00", /no blob begins with that$/],
    ];
    for (const [image, message] of misses) {
      for (const flags of [[], ["--dry-run"]]) {
        const { code, out, err } = await run(dir.path, "evict", image, ...flags);
        assert.equal(code, 1, image);
        assert.equal(out, "");
        assert.match(err, message);
      }
    }
    const dry = await run(dir.path, "evict", "alpine:3.20", "--dry-run");
    assert.equal(dry.code, 0, dry.err);
    assert.match(dry.out, /would evict 1 blob, 3\.9 KiB/);
    const listed = await run(dir.path, "evict", "docker/library/alpine", "--dry-run");
    assert.equal(listed.code, 0, listed.err);
    await control?.[Symbol.asyncDispose]();
    if (running) await cache.close();
  });
}

for (const running of [false, true]) {
  const how = running ? "through a running server" : "without a server";

  Deno.test(`berth cache images, all, by name and by glob ${how}`, async () => {
    await using dir = await tempDir();
    const cache = await withImages(dir.path);
    const control = running ? await serveControl(cache, dir.path) : await cache.close();
    const names = async (...args: string[]) => {
      const { code, out, err } = await run(dir.path, "images", ...args);
      assert.equal(code, 0, err);
      return out.split("\n").map((line) => line.split(" ")[0]);
    };
    assert.deepEqual(await names(), [
      "docker/library/alpine:3.20",
      "docker/library/alpine:3.21",
      "docker/library/app0",
      "docker/library/app1",
      "docker/library/app2",
      "5",
    ]);
    const both = ["docker/library/alpine:3.20", "docker/library/alpine:3.21", "2"];
    for (const way of ["alpine", "docker.io/alpine", "docker/library/alpine", "*:3.*"]) {
      assert.deepEqual(await names(way), both, way);
    }
    assert.deepEqual(await names("alpine:3.21"), ["docker/library/alpine:3.21", "1"]);
    assert.deepEqual(await names("*app?"), [
      "docker/library/app0",
      "docker/library/app1",
      "docker/library/app2",
      "3",
    ]);
    const [row] = JSON.parse((await run(dir.path, "images", "alpine:3.21", "--json")).out);
    assert.equal(typeof row.lastUsed, "number");
    assert.deepEqual({ ...row, lastUsed: 0 }, {
      repository: "docker/library/alpine",
      tag: "3.21",
      digest: digestOf(alpine[1]!),
      bytes: 5000,
      hits: 0,
      lastUsed: 0,
      pinned: false,
      checkedAt: 0,
      platforms: [],
    });
    for (const [pattern, message] of [["alpine:9", /alpine:9; its cached/], ["*:9", /matches/]]) {
      const { code, err } = await run(dir.path, "images", String(pattern));
      assert.equal(code, 1);
      assert.match(err, message as RegExp);
    }
    assert.equal((await run(dir.path, "images", "a", "b")).code, 2);
    await control?.[Symbol.asyncDispose]();
    if (running) await cache.close();
  });

  Deno.test(`berth cache pin and unpin, an image stays until then ${how}`, async () => {
    await using dir = await tempDir();
    const cache = await withImages(dir.path);
    const control = running ? await serveControl(cache, dir.path) : await cache.close();
    const pinned = await run(dir.path, "pin", "alpine:3.20");
    assert.equal(pinned.code, 0, pinned.err);
    assert.equal(pinned.out, "pinned docker/library/alpine:3.20\n1 cached image matches");
    assert.equal((await run(dir.path, "pin")).out, "docker/library/alpine:3.20");
    assert.match((await run(dir.path, "images", "alpine:3.20")).out, / {2}pinned\n/);
    const kept = await run(dir.path, "evict", "alpine:3.20");
    assert.match(kept.out, /evicted 0 blobs.*\n1 kept: pinned/);
    const other = await run(dir.path, "unpin", "alpine:3.2");
    assert.equal(other.code, 1);
    assert.match(other.err, /there is no pin alpine:3\.2/);
    const gone = await run(dir.path, "unpin", "alpine:3.20");
    assert.equal(gone.out, "unpinned docker/library/alpine:3.20", gone.err);
    assert.equal((await run(dir.path, "pin")).out, "");
    assert.equal((await run(dir.path, "pin", "nowhere/*")).code, 2);
    assert.equal((await run(dir.path, "unpin")).code, 2);
    assert.match((await run(dir.path, "pin", "alpine")).out, /pinned docker\/library\/alpine:\*/);
    await control?.[Symbol.asyncDispose]();
    if (running) await cache.close();
  });
}

Deno.test("berth cache unpin, a pin of the configuration is taken back there alone", async () => {
  await using dir = await tempDir();
  await (await withImages(dir.path)).close();
  const file = `${dir.path}/berth.yaml`;
  await Deno.writeTextFile(file, `cache: { pin: ["docker/library/*"] }\n`);
  const listed = await run(dir.path, "pin", "--config", file);
  assert.match(listed.out, /^docker\/library\/\* {2}\(cache\.pin of the configuration\)$/);
  const { code, err } = await run(dir.path, "unpin", "docker/library/*", "--config", file);
  assert.equal(code, 1);
  assert.match(err, /cache\.pin of the configuration has docker\/library\/\*: remove it there/);
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
