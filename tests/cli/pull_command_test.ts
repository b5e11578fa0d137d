import assert from "node:assert/strict";
import { join } from "node:path";
import { pullCommand } from "../../cli/pull_command.ts";
import { image } from "../fake/content.ts";
import { fakeRegistry, type FakeRegistryOptions } from "../fake/registry.ts";

const APP = image({ platforms: ["linux/amd64", "linux/arm64"] });

/** `berth pull …` without a server, from a registry called `hub`; `watched`: on a terminal. */
async function pull(
  registry: FakeRegistryOptions,
  args: string[],
  { watched = false, maxSize = "1GiB" } = {},
) {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-cli-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const upstream = stack.use(await fakeRegistry({ images: { "org/app:1": APP }, ...registry }));
  const config = {
    registries: { hub: { url: upstream.url } },
    cache: { dir: join(dir, "cache"), max_size: maxSize },
    upstream: { retries: 0 },
  };
  const file = join(dir, "config.json");
  await Deno.writeTextFile(file, JSON.stringify(config));
  const [out, err, progress] = [[], [], []] as string[][];
  const code = await pullCommand([...args, "--config", file], {
    env: {},
    cwd: dir,
    print: (line) => void out!.push(line),
    complain: (line) => void err!.push(line),
    progress: watched ? (line) => void progress!.push(line) : undefined,
    now: Date.now,
    options: ({ cache }) => ({ dir: cache.dir, maxSize: cache.max_size, scrubRate: 0 }),
  });
  return { code, out: out!.join("\n"), err: err!.join("\n"), progress: progress!, upstream };
}

Deno.test("berth pull, what came and what was here, and progress on a terminal", async () => {
  const args = ["hub/org/app:1", "--platform", "linux/amd64"];
  const { code, out, err, progress } = await pull({}, args, { watched: true });
  assert.equal(code, 0, err);
  assert.match(out, /^hub\/org\/app:1: \d+ came \(.*\), 0 were here \(0 B\)$/);
  assert.match(progress.at(-2)!, /^█/);
  assert.equal(progress.at(-1), "");
});

Deno.test("berth pull, a quota that is used up is waited for; where nobody watches that is said once", async () => {
  const headers = { "retry-after": "2" };
  const action = { kind: "answer" as const, status: 429, headers };
  const args = ["hub/org/app:1", "--platform", "linux/amd64"];
  const { code, err } = await pull({ faults: [{ path: /blobs/, times: 1, action }] }, args);
  assert.equal(code, 0, err);
  assert.match(
    err,
    /^hub\/org\/app:1: the registry's quota is used up until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/,
  );
});

Deno.test("berth pull, an image that is not there, too little room, and what is no image", async () => {
  const gone = await pull({}, ["hub/org/app:9"]);
  assert.deepEqual([gone.code, gone.err], [1, ""]);
  assert.match(gone.out, /^hub\/org\/app:9: failed: hub does not have org\/app:9/);
  const full = await pull({}, ["hub/org/app:1", "--all-platforms"], { maxSize: "5KiB" });
  assert.equal(full.code, 1);
  assert.match(full.out, /are to come and there is room for .*: .* are missing \(cache.max_size/);
  assert.equal(full.upstream.count("GET", /blobs/), 0, "before anything large is asked for");
  for (const words of [[], ["hub/org/app:v*"], ["nowhere.example/app"]]) {
    const { code, err } = await pull({}, words);
    assert.equal(code, 2);
    assert.match(err, /^berth pull: .*(expected an image|invalid tag)/);
  }
});
