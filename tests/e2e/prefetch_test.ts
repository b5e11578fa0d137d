/** Images that Berth pulls itself: by the command line, for one platform, and across its own death. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "../../cache/cache.ts";
import { Asker } from "../../proxy/ahead/asker.ts";
import { Pulls } from "../../proxy/ahead/pulls.ts";
import type { RunResult } from "../../proxy/ahead/rule.ts";
import { NO_PULLS } from "../../proxy/ahead/store.ts";
import { Warm } from "../../proxy/ahead/warm.ts";
import { registryMap } from "../../proxy/names/target.ts";
import { FakeClock } from "../fake/clock.ts";
import { image } from "../fake/content.ts";
import { startProxy } from "../fake/proxy.ts";
import { registrySettings, startBerth } from "./harness/berth.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startDocker } from "./harness/docker.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { run } from "./harness/process.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed } from "./harness/skopeo.ts";
import { startSlowRegistry } from "./harness/slow_registry.ts";
import { until } from "./harness/wait.ts";

Deno.test("berth pull, one platform comes, and skopeo has it once the registry is gone", async () => {
  await using scratch = await scratchDir("prefetch");
  const app = await buildImage(join(scratch.path, "image"));
  await using registry = await startRegistry();
  await seed(registry, "library/app", app);
  const registries = { docker: registrySettings(registry) };
  await using berth = await startBerth({ registries });
  const name = `docker.io/app:${app.tag}`;
  const pull = async (...args: string[]) => {
    const { code, stdout, stderr } = await berth.command("pull", ...args);
    return { code, output: new TextDecoder().decode(stdout) + stderr };
  };
  const pulled = await pull(name, "--platform", "linux/arm64");
  assert.equal(pulled.code, 0, pulled.output);
  assert.match(pulled.output, /docker\/library\/app:.*: \d+ came \(.*\), 0 were here/);
  const again = await pull(name, "--platform", "linux/arm64", "--json");
  const [{ parts }] = JSON.parse(again.output).images;
  assert.ok(parts.every(({ state }: { state: string }) => state === "here"), again.output);
  const gone = await pull("docker.io/app:gone");
  assert.deepEqual([gone.code, /does not have library\/app:gone/.test(gone.output)], [1, true]);
  await registry.stop();
  const layout = join(scratch.path, "pulled");
  await run("skopeo", [
    ...["--insecure-policy", "--override-arch", "arm64", "copy", "--preserve-digests"],
    ...["--src-tls-verify=false", `docker://${berth.host}/docker.io/app:${app.tag}`],
    `oci:${layout}:pulled`,
  ]);
  const { manifest, config, layers } = app.platforms.arm64;
  assert.deepEqual(await layoutDigests(layout), new Set([manifest, config, ...layers]));
});

Deno.test("berth pull, without a running Berth it fetches by itself", async () => {
  await using scratch = await scratchDir("prefetch");
  const app = await buildImage(join(scratch.path, "image"));
  await using registry = await startRegistry();
  await seed(registry, "library/app", app);
  await using berth = await startBerth({ registries: { docker: registrySettings(registry) } });
  await berth.stop();
  const pulled = await berth.command("pull", `app:${app.tag}`, "--all-platforms");
  assert.equal(pulled.code, 0, pulled.stderr);
  const { arm64, amd64 } = app.platforms;
  for (const digest of [app.digest, arm64.manifest, amd64.manifest, ...amd64.layers]) {
    const [algorithm, hex = ""] = digest.split(":");
    await Deno.stat(join(berth.cacheDir, "blobs", algorithm!, hex.slice(0, 2), hex));
  }
});

Deno.test("pulls, killed in the middle, Berth goes on with one at its next start", async () => {
  const app = image({ seed: 41, layers: [6 * 2 ** 20] });
  const blobs = new Map(app.blobs.map(({ digest, bytes }) => [digest, bytes]));
  await using registry = startSlowRegistry(blobs, new Map([["team/app", app]]));
  registry.pace = 2 * 2 ** 20;
  await using berth = await startBerth({ registries: { slow: { url: registry.url } } });
  const ask = async (path: string, init?: RequestInit) =>
    await (await fetch(`${berth.admin}/api/v1${path}`, init)).json();
  const { id } = await ask("/pulls", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ images: ["slow/team/app:1"] }),
  });
  await until(
    "the pull has begun",
    async () => (await ask(`/pulls/${id}`)).images[0].came.bytes > 2 ** 20,
  );
  registry.pace = Infinity;
  await berth.restart("SIGKILL");
  await until("the pull is over", async () => (await ask(`/pulls/${id}`)).state === "done");
  for (const { digest, bytes } of app.blobs) {
    const blob = await fetch(`${berth.url}/v2/team/app/blobs/${digest}?ns=slow`);
    assert.equal((await blob.bytes()).length, bytes.length);
  }
});

Deno.test("rules, an image comes in its window for one platform, and docker and containerd have it", async () => {
  await using scratch = await scratchDir("prefetch");
  const app = await buildImage(join(scratch.path, "image"), 3_000_000);
  await using registry = await startRegistry();
  await seed(registry, "library/app", app);
  const minute = (shift: number) => new Date(Date.now() + shift * 60e3).toISOString().slice(11, 16);
  await using berth = await startBerth({
    registries: { docker: registrySettings(registry) },
    prefetch: {
      rules: [{
        name: "nightly",
        images: [`docker/library/app:/^${app.tag}$/`],
        platforms: ["linux/amd64"],
        at: `${minute(-2)}-${minute(60)}`,
      }],
      time_zone: "UTC",
    },
  });
  const rule = async () => (await (await fetch(`${berth.admin}/api/v1/prefetch`)).json()).rules[0];
  // Rules are looked at a while after the start: daemons take their time to start, too.
  await using docker = await startDocker(berth.url);
  await using containerd = await startContainerd([{ namespace: "docker.io", host: berth.url }]);
  await until("the rule has run", async () => (await rule()).last !== null, 60_000);
  const { last, held } = await rule();
  assert.deepEqual([last.state, last.images, last.pulls], ["done", 1, 2], JSON.stringify(last));
  assert.deepEqual(held, [`docker/library/app:${app.tag}`]);
  await registry.stop();
  const name = `docker.io/library/app:${app.tag}`;
  await docker.docker("pull", "--quiet", name);
  await docker.holds(name, app.platforms.amd64);
  await containerd.pull(name);
  const content = await containerd.content();
  for (const digest of app.platforms.amd64.layers) assert.ok(content.has(digest), digest);
  const { arm64, amd64 } = app.platforms;
  const other = arm64.layers.find((digest) => !amd64.layers.includes(digest))!;
  const asked = await fetch(`${berth.url}/v2/library/app/blobs/${other}`);
  await asked.body?.cancel();
  assert.notEqual(asked.status, 200, "the other platform was not fetched");
});

Deno.test("rules, at 02:00 what a real registry has is fetched, and is there when it is gone", async () => {
  await using scratch = await scratchDir("prefetch");
  const app = await buildImage(join(scratch.path, "image"), 3_000_000);
  await using registry = await startRegistry();
  await seed(registry, "library/app", app);
  const cache = await openCache({ dir: join(scratch.path, "cache"), scrubRate: 0 });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => cache.close());
  const proxy = stack.use(
    await startProxy(
      { registries: { docker: registrySettings(registry, { aliases: ["docker.io"] }) } },
      {},
      cache,
    ),
  );
  const clock = new FakeClock(Date.UTC(2026, 0, 1, 1, 0));
  const map = () => registryMap(proxy.config);
  const common = {
    clock,
    map,
    warn: (line: string, error: unknown) => assert.fail(`${line}: ${error}`),
  };
  const pulls = new Pulls({
    ...common,
    handle: proxy.handler,
    cache,
    store: NO_PULLS,
    closedUntil: () => undefined,
    platform: "linux/arm64",
  });
  stack.defer(() => pulls.close());
  const rule = {
    ...{ name: "nightly", images: [`docker/library/app:${app.tag}`], platforms: ["linux/amd64"] },
    ...{ referrers: false, every: 86_400e3, at: "02:00-05:00", keep: 0, limit: 0, maxTags: 50 },
  };
  let result: RunResult | undefined;
  const warm = new Warm({
    ...common,
    list: () => ({ rules: [rule], reserve: 0, zone: "UTC" }),
    pulls,
    asker: new Asker(proxy.handler),
    cached: () => [],
    store: { read: () => Promise.resolve({}), write: () => Promise.resolve() },
    duty: () => Promise.resolve(true),
    random: () => 0,
    pin: (pin) => cache.configure({ pin }),
    runOver: (_, over) => result = over,
  });
  stack.defer(() => warm.close());
  await warm.start();
  assert.equal(warm.views()[0]!.nextAt, Date.UTC(2026, 0, 1, 2, 0));
  await clock.advance(59 * 60e3);
  assert.deepEqual([result, proxy.records.length], [undefined, 0], "nothing before its time");
  await clock.advance(61e3);
  await until("the rule has run", () => Promise.resolve(result !== undefined));
  assert.equal(result!.state, "done", JSON.stringify(result));
  await registry.stop();
  const layout = join(scratch.path, "pulled");
  await run("skopeo", [
    ...["--insecure-policy", "--override-arch", "amd64", "copy", "--preserve-digests"],
    ...["--src-tls-verify=false", `docker://${proxy.host}/docker.io/library/app:${app.tag}`],
    `oci:${layout}:pulled`,
  ]);
  const { manifest, config, layers } = app.platforms.amd64;
  assert.deepEqual(await layoutDigests(layout), new Set([manifest, config, ...layers]));
  const { arm64 } = app.platforms;
  assert.ok(!cache.holds(arm64.manifest), "the other platform was not fetched");
});

Deno.test("learning, a tag that has moved is there for the next pull, and what that cost and saved is counted", async () => {
  await using scratch = await scratchDir("prefetch");
  const [old, fresh] = [
    await buildImage(join(scratch.path, "old"), 2_000_000),
    await buildImage(join(scratch.path, "fresh"), 2_000_000),
  ];
  await using registry = await startRegistry();
  await seed(registry, "library/app", old);
  await using berth = await startBerth({
    registries: { docker: registrySettings(registry) },
    prefetch: { learn: { tags: 10, every: "1h" } },
  });
  let pulls = 0;
  const pull = async (image: Image) => {
    const layout = join(scratch.path, `pulled-${++pulls}`);
    await run("skopeo", [
      ...["--insecure-policy", "--override-arch", "amd64", "copy", "--preserve-digests"],
      ...["--src-tls-verify=false", `docker://${berth.host}/docker.io/app:${old.tag}`],
      `oci:${layout}:pulled`,
    ]);
    const { manifest, config, layers } = image.platforms.amd64;
    assert.deepEqual(await layoutDigests(layout), new Set([manifest, config, ...layers]));
  };
  const learned = async () => (await (await fetch(`${berth.admin}/api/v1/prefetch`)).json()).learn;
  await pull(old);
  await seed(registry, "library/app", fresh);
  const look = { method: "POST", headers: { "content-type": "application/json" } };
  const begun = await fetch(`${berth.admin}/api/v1/prefetch/learn/run`, look);
  assert.equal(begun.status, 204, await begun.text());
  await until("the look is over", async () => !(await learned()).running);
  const { looks, totals } = await learned();
  assert.deepEqual(
    looks.map(({ image, state }: { image: string; state: string }) => [image, state]),
    [[`docker/library/app:${old.tag}`, "fetched"]],
    JSON.stringify(looks),
  );
  assert.deepEqual([totals.moved, totals.pulls, totals.found], [1, 2, 0]);
  await pull(fresh);
  await until("the pull is counted", async () => (await learned()).totals.found === 1);
  const after = (await learned()).totals;
  assert.ok(after.savedBytes > 2_000_000 && after.savedBytes <= after.bytes, JSON.stringify(after));
  const metrics = await (await fetch(`${berth.admin}/metrics`)).text();
  const said = (name: string) =>
    Number(
      new RegExp(`^berth_prefetch_learned_${name}_total\\{registry="docker"\\} (.*)$`, "m")
        .exec(metrics)?.[1],
    );
  assert.deepEqual(
    ["bytes", "requests", "found", "saved_bytes"].map(said),
    [after.bytes, after.requests, after.found, after.savedBytes],
  );
  await berth.restart("SIGTERM");
  assert.deepEqual((await learned()).totals, after);
});
