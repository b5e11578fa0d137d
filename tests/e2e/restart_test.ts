import assert from "node:assert/strict";
import { join } from "node:path";
import { registrySettings, startBerth } from "./harness/berth.ts";
import { buildImage } from "./harness/image.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";

Deno.test("restart, by SIGTERM and by SIGKILL, keeps what was pulled, with upstream gone", async () => {
  await using scratch = await scratchDir("restart");
  const at = (name: string) => join(scratch.path, name);
  const image = await buildImage(at("image"), 5_000_000);
  await using upstream = await startRegistry({ kind: "token" });
  await seed(upstream, "library/app", image);
  await using berth = await startBerth({ registries: { docker: registrySettings(upstream) } });
  const name = `${berth.host}/app:${image.tag}`;

  await skopeoPull(name, at("first"));
  assert.deepEqual(await layoutDigests(at("first")), image.digests);
  await upstream.stop();
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await berth.restart(signal);
    await skopeoPull(name, at(signal));
    assert.deepEqual(await layoutDigests(at(signal)), image.digests);
  }
});
