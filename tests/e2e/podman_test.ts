import assert from "node:assert/strict";
import { labForAll, UPSTREAMS } from "./harness/lab.ts";
import { type Mirror, podmanStore } from "./harness/podman.ts";

const lab = labForAll();

/** registries.conf as the README has it: every registry by its name behind Berth's address. */
function mirrors(berthHost: string): Mirror[] {
  return UPSTREAMS.map(({ host }) => ({ prefix: host, mirror: `${berthHost}/${host}` }));
}

for (const { kind, host, repository } of UPSTREAMS) {
  Deno.test(`podman pull (${kind} upstream), through a mirror in registries.conf`, async () => {
    const { berth, image } = lab();
    await using store = await podmanStore(mirrors(berth.host));
    const name = `${host}/${repository}:${image.tag}`;
    await store.podman("pull", "--quiet", name);
    await store.holds(name, image.platforms.amd64);
    const digests = await store.podman("image", "inspect", "--format", "{{.RepoDigests}}", name);
    assert.ok(digests.includes(image.digest), digests);
  });

  Deno.test(`buildah pull (${kind} upstream), through a mirror in registries.conf`, async () => {
    const { berth, image } = lab();
    await using store = await podmanStore(mirrors(berth.host));
    const name = `${host}/${repository}:${image.tag}`;
    await store.buildah("pull", "--quiet", name);
    await store.holds(name, image.platforms.amd64);
  });
}

Deno.test("podman pull, of another platform by the index's digest", async () => {
  const { berth, image } = lab();
  await using store = await podmanStore(mirrors(berth.host));
  const name = `quay.io/team/app@${image.digest}`;
  await store.podman("pull", "--quiet", "--platform", "linux/arm64", name);
  await store.holds(name, image.platforms.arm64);
});
