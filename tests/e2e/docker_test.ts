import assert from "node:assert/strict";
import { startDocker } from "./harness/docker.ts";
import { startLab, UPSTREAMS } from "./harness/lab.ts";

for (const { kind, name: registry, repository } of UPSTREAMS) {
  Deno.test(`docker pull (${kind} upstream), through registry-mirrors`, async () => {
    // Docker asks its mirrors for docker.io alone, under the path of the repository and no more.
    await using lab = await startLab({ default_registry: registry });
    const { berth, image } = lab;
    await using docker = await startDocker(berth.url);
    const name = `${repository}:${image.tag}`;
    await docker.docker("pull", "--quiet", name);
    await docker.holds(name, image.platforms.amd64);
    const digests = await docker.docker("image", "inspect", "--format", "{{.RepoDigests}}", name);
    assert.ok(digests.includes(image.digest), digests);
  });
}

Deno.test("docker pull, of names that begin with Berth's own address", async () => {
  await using lab = await startLab();
  const { berth, image } = lab;
  await using docker = await startDocker();
  for (const { host, repository } of UPSTREAMS) {
    const name = `${berth.host}/${host}/${repository}:${image.tag}`;
    await docker.docker("pull", "--quiet", name);
    await docker.holds(name, image.platforms.amd64);
  }
});
