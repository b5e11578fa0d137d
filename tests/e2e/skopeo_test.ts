import assert from "node:assert/strict";
import { labForAll, UPSTREAMS } from "./harness/lab.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, skopeoPull } from "./harness/skopeo.ts";

const lab = labForAll();

for (const { kind, host, repository } of UPSTREAMS) {
  Deno.test(`skopeo (${kind} upstream), pulls every platform and the attestation`, async () => {
    const { berth, image } = lab();
    await using scratch = await scratchDir("pulled");
    await skopeoPull(`${berth.host}/${host}/${repository}:${image.tag}`, scratch.path);
    assert.deepEqual(await layoutDigests(scratch.path), image.digests);
  });
}
