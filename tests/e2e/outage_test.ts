import assert from "node:assert/strict";
import { startContainerd } from "./harness/containerd.ts";
import { startDocker } from "./harness/docker.ts";
import { type Lab, startLab, UPSTREAMS } from "./harness/lab.ts";
import { podmanStore } from "./harness/podman.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, skopeoPull } from "./harness/skopeo.ts";

/** Each client pulls into a store that is made anew, so nothing local can answer for Berth. */
const CLIENTS: Record<string, (lab: Lab) => Promise<void>> = {
  async docker({ berth, image }) {
    await using docker = await startDocker(berth.url);
    await docker.docker("pull", "--quiet", `app:${image.tag}`);
    await docker.holds(`app:${image.tag}`, image.platforms.amd64);
  },
  async containerd({ berth, image }) {
    await using containerd = await startContainerd([{ namespace: "ghcr.io", host: berth.url }]);
    await containerd.pull(`ghcr.io/team/app:${image.tag}`);
    const content = await containerd.content();
    const { manifest, config, layers } = image.platforms.amd64;
    for (const digest of [image.digest, manifest, config, ...layers]) {
      assert.ok(content.has(digest), digest);
    }
  },
  async podman({ berth, image }) {
    const mirror = { prefix: "quay.io", mirror: `${berth.host}/quay.io` };
    await using store = await podmanStore([mirror]);
    await store.podman("pull", "--quiet", `quay.io/team/app:${image.tag}`);
    await store.holds(`quay.io/team/app:${image.tag}`, image.platforms.amd64);
  },
  async skopeo({ berth, image }) {
    await using scratch = await scratchDir("pulled");
    await skopeoPull(`${berth.host}/registry.gitlab.com/team/app:${image.tag}`, scratch.path);
    assert.deepEqual(await layoutDigests(scratch.path), image.digests);
  },
};

Deno.test("outage, what was pulled once is pulled again by every client from Berth alone", async (t) => {
  await using lab = await startLab();
  for (const [name, pull] of Object.entries(CLIENTS)) {
    await t.step(`${name}, while upstream is there`, () => pull(lab));
  }
  for (const { name } of UPSTREAMS) await lab.registry(name).stop();
  for (const [name, pull] of Object.entries(CLIENTS)) {
    await t.step(`${name}, after upstream has gone`, () => pull(lab));
  }
});
