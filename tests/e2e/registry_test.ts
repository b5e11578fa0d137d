import assert from "node:assert/strict";
import { join } from "node:path";
import { buildImage } from "./harness/image.ts";
import { type RegistryKind, startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";

for (const kind of ["open", "htpasswd", "token", "tls"] satisfies RegistryKind[]) {
  Deno.test(`docker-registry (${kind}), takes the tests' image and asks for sign-in as it should`, async () => {
    await using scratch = await scratchDir("image");
    await using registry = await startRegistry({ kind });
    const image = await buildImage(join(scratch.path, "image"), 100_000);
    await seed(registry, "library/app", image);

    const pulled = join(scratch.path, "pulled");
    const pull = skopeoPull(`${registry.host}/library/app:${image.tag}`, pulled);
    if (registry.credentials) return await assert.rejects(pull, /unauthorized|authentication/i);
    await pull;
    assert.deepEqual(await layoutDigests(pulled), image.digests);
  });
}
