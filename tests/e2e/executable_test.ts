import assert from "node:assert/strict";
import { join } from "node:path";
import { compile } from "../../deploy/compile.ts";
import { registrySettings, startBerth } from "./harness/berth.ts";
import { buildImage } from "./harness/image.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";

Deno.test("the executable, serves pulls and survives upstream, a restart and kill -9", async () => {
  await using scratch = await scratchDir("executable");
  const at = (name: string) => join(scratch.path, name);
  await compile({ output: at("berth") });
  const image = await buildImage(at("image"), 5_000_000);
  await using upstream = await startRegistry({ kind: "token" });
  await seed(upstream, "library/app", image);
  await using berth = await startBerth({
    registries: { docker: registrySettings(upstream) },
  }, [at("berth")]);
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
