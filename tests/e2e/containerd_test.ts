import assert from "node:assert/strict";
import { startContainerd } from "./harness/containerd.ts";
import { labForAll, UPSTREAMS } from "./harness/lab.ts";

const lab = labForAll();

for (const { kind, host, repository } of UPSTREAMS) {
  Deno.test(`containerd (${kind} upstream), by hosts.toml and ns`, async () => {
    const { berth, image } = lab();
    await using containerd = await startContainerd([{ namespace: host, host: berth.url }]);
    const name = `${host}/${repository}:${image.tag}`;
    await containerd.pull(name);
    await containerd.fetchAll(name);
    assert.deepEqual(await containerd.content(), image.digests);
  });

  Deno.test(`containerd (${kind} upstream), by hosts.toml with override_path`, async () => {
    const { berth, image } = lab();
    await using containerd = await startContainerd([
      { namespace: host, host: `${berth.url}/${host}/v2`, overridePath: true },
    ]);
    const name = `${host}/${repository}:${image.tag}`;
    await containerd.fetchAll(name);
    assert.deepEqual(await containerd.content(), image.digests);
  });
}

Deno.test("containerd, one host for every registry by certs.d/_default", async () => {
  const { berth, image } = lab();
  await using containerd = await startContainerd([{ namespace: "_default", host: berth.url }]);
  await containerd.pull(`ghcr.io/team/app:${image.tag}`);
  const content = await containerd.content();
  for (const digest of image.platforms.amd64.layers) assert.ok(content.has(digest), digest);
});
