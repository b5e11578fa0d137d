import assert from "node:assert/strict";
import { startDocker } from "./harness/docker.ts";
import type { PlatformImage } from "./harness/image.ts";
import { type Lab, labForAll, startLab, UPSTREAMS } from "./harness/lab.ts";
import { podmanStore } from "./harness/podman.ts";
import { scratchDir } from "./harness/scratch.ts";
import { harvest, layoutDigests, skopeoPush } from "./harness/skopeo.ts";

const lab = labForAll({ allow_push: true });

/** What lies in the registry behind Berth under a repository, by the digests of its bytes. */
async function arrived({ registry, image }: Lab, name: string, repository: string) {
  await using scratch = await scratchDir("arrived");
  await harvest(registry(name), repository, image.tag, scratch.path);
  return await layoutDigests(scratch.path);
}

for (const { kind, name, host } of UPSTREAMS) {
  Deno.test(`skopeo push (${kind} upstream), arrives byte for byte`, async () => {
    const { berth, image } = lab();
    await skopeoPush(image, `${berth.host}/${host}/pushed/by-skopeo:${image.tag}`);
    assert.deepEqual(await arrived(lab(), name, "pushed/by-skopeo"), image.digests);
  });

  Deno.test(`docker push (${kind} upstream), arrives with the image's ID`, async () => {
    const { berth, image } = lab();
    await using docker = await startDocker();
    const target = `${berth.host}/${host}/pushed/by-docker:${image.tag}`;
    await docker.docker("pull", "--quiet", `${berth.host}/library/app:${image.tag}`);
    await docker.docker("tag", `${berth.host}/library/app:${image.tag}`, target);
    await docker.docker("push", target);
    assertHolds(await arrived(lab(), name, "pushed/by-docker"), image.platforms.amd64);
  });

  Deno.test(`podman push (${kind} upstream), arrives with the image's ID`, async () => {
    const { berth, image } = lab();
    await using store = await podmanStore();
    const source = `${berth.host}/library/app:${image.tag}`;
    await store.podman("pull", "--quiet", "--tls-verify=false", source);
    const target = `docker://${berth.host}/${host}/pushed/by-podman:${image.tag}`;
    await store.podman("push", "--quiet", "--tls-verify=false", source, target);
    assertHolds(await arrived(lab(), name, "pushed/by-podman"), image.platforms.amd64);
  });
}

/** Clients may compress layers anew when they push; the config names the layers' own bytes. */
function assertHolds(digests: Set<string>, image: PlatformImage): void {
  assert.ok(digests.has(image.config), `no config ${image.config} in ${[...digests]}`);
}

Deno.test("skopeo push, is refused in plain words without allow_push", async () => {
  await using closed = await startLab();
  const { berth, image } = closed;
  const push = skopeoPush(image, `${berth.host}/docker.io/pushed/app:${image.tag}`);
  await assert.rejects(push, /unsupported|405|push/i);
});
