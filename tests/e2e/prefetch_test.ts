/** Images that Berth pulls itself: by the command line, for one platform, and across its own death. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { image } from "../fake/content.ts";
import { registrySettings, startBerth } from "./harness/berth.ts";
import { buildImage } from "./harness/image.ts";
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
