/** `berth demo`: pulled from after its registry has gone, looked at, and gone without a trace. */
import assert from "node:assert/strict";
import { demoImages } from "../../cli/demo/images.ts";
import { COMMAND } from "./harness/berth.ts";
import { start } from "./harness/process.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, skopeoPull } from "./harness/skopeo.ts";

Deno.test("berth demo, skopeo pulls what its registry cannot give any more", async () => {
  let said = "";
  const [command, ...args] = COMMAND as [string, ...string[]];
  await using scratch = await scratchDir("demo");
  const log = `${scratch.path}/said`;
  await using running = await start("sh", [
    "-c",
    'exec "$@" >"$0" 2>&1',
    log,
    command,
    ...args,
    "demo",
  ], {
    // A proxy that is the machine's, for others.
    env: { HTTP_PROXY: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" },
    deadline: 60_000,
    ready: async () => (said = await Deno.readTextFile(log).catch(() => "")).includes("Ctrl+C"),
  });
  const find = (pattern: RegExp) => pattern.exec(said)?.[1] ?? assert.fail(said);
  const dashboard = find(/Dashboard +(http:\S+)/);
  const web = find(/docker:\/\/(\S+\/demo\/web:2\.1)/);
  const dir = find(/Everything is in (\S+)/);

  await skopeoPull(web, `${scratch.path}/web`);
  const image = demoImages().find(({ repository, tag }) =>
    `${repository}:${tag}` === "demo/web:2.1"
  )!;
  const digests = [image.index, ...image.manifests, ...image.blobs].map(({ digest }) => digest);
  assert.deepEqual(await layoutDigests(`${scratch.path}/web`), new Set(digests));
  await assert.rejects(skopeoPull(web.replace("2.1", "2.2"), `${scratch.path}/next`));

  const api = async (path: string) => await (await fetch(`${dashboard}/api/v1${path}`)).json();
  const { text, notices } = await api("/status");
  assert.equal(text, "demo cannot be reached");
  assert.deepEqual(notices.map(({ id }: { id: string }) => id), ["registry-failing:demo"]);
  const failed = (await api("/pulls?result=failed")).items as Record<string, string>[];
  assert.deepEqual(
    new Set(failed.map(({ repository, reference }) => `${repository}:${reference}`)),
    new Set(["demo/nothing:latest", "demo/web:2.2"]),
  );
  for (const name of ["two pulls that failed: demo/nothing,", "demo/web:2.2"]) {
    assert.ok(said.includes(name), said);
  }
  assert.equal((await api("/cache/images")).total, 3, "what was pulled, as it says");
  const { total } = await api("/stats?period=1h");
  assert.ok(total.hits > 0 && total.misses > 0 && total.stale > 0 && total.errors > 0);
  assert.match(await (await fetch(dashboard)).text(), /<title>Berth/);

  assert.equal(await running.stop("SIGINT"), 0);
  await assert.rejects(Deno.stat(dir), Deno.errors.NotFound);
  assert.equal(await Deno.readTextFile(log), said, "nothing else is printed");
});
