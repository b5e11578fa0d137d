import assert from "node:assert/strict";
import { join } from "node:path";
import { type Berth, registrySettings, startBerth } from "./harness/berth.ts";
import { depotIn } from "./harness/cluster.ts";
import { startDocker } from "./harness/docker.ts";
import { startS3 } from "./harness/go_tools.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { podmanStore } from "./harness/podman.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";
import { until } from "./harness/wait.ts";

/** Each pulls the image through Berth and looks at every byte. */
const CLIENTS: [name: string, pull: (berth: Berth, image: Image) => Promise<void>][] = [
  ["skopeo", async ({ host }, image) => {
    await using scratch = await scratchDir("redirect-skopeo");
    const dir = join(scratch.path, "pulled");
    await skopeoPull(`${host}/app:${image.tag}`, dir);
    assert.deepEqual(await layoutDigests(dir), image.digests);
  }],
  ["podman", async ({ host }, image) => {
    await using store = await podmanStore([{ prefix: "docker.io", mirror: host }]);
    const name = `docker.io/library/app:${image.tag}`;
    await store.podman("pull", "--quiet", name);
    await store.holds(name, image.platforms.amd64);
  }],
  ["docker", async ({ url }, image) => {
    await using docker = await startDocker(url);
    await docker.docker("pull", "--quiet", `app:${image.tag}`);
    await docker.holds(`app:${image.tag}`, image.platforms.amd64);
  }],
];

/** Bytes that Berth has left to the store to send, and objects that it knows to be there. */
async function figures({ admin }: Berth): Promise<{ left: number; objects: number }> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  const valueOf = (start: string) =>
    Number(text.split("\n").find((line) => line.startsWith(start))?.split(" ").at(-1) ?? 0);
  return {
    left: valueOf("berth_handed_over_bytes_total{"),
    objects: valueOf("berth_depot_objects "),
  };
}

Deno.test("redirect, clients fetch large blobs from the bucket, with and without the disk", async () => {
  await using scratch = await scratchDir("redirect");
  const image = await buildImage(join(scratch.path, "image"), 5_000_000);
  await using upstream = await startRegistry();
  await seed(upstream, "library/app", image);
  await using store = await startS3();
  await using berth = await startBerth({
    registries: { docker: registrySettings(upstream) },
    cache: {
      depot: {
        ...depotIn(store),
        redirect: ["127.0.0.0/8", "::1"],
        redirect_endpoint: `http://localhost:${store.port}`,
      },
    },
  });
  const [[, skopeo]] = CLIENTS as [typeof CLIENTS[0]];
  await skopeo(berth, image);
  const full = async () => (await figures(berth)).objects === image.digests.size;
  await until("the bucket has it", full);
  assert.equal((await figures(berth)).left, 0, "what was fetched for the client came from here");

  const pulls = async () => {
    for (const [name, pull] of CLIENTS) {
      const before = await figures(berth);
      await pull(berth, image);
      const { left } = await figures(berth);
      assert.ok(
        left - before.left >= 5_000_000,
        `${name}: ${left - before.left} bytes handed over`,
      );
    }
  };
  await pulls();
  assert.match(await berth.output(), /GET docker \S+ 307 hit .*\(handed over\)/);

  await berth.stop();
  await Deno.remove(berth.cacheDir, { recursive: true });
  await berth.restart();
  await until("what the bucket has is known", full);
  await pulls();
});

Deno.test("redirect, other clients get their bytes from Berth", async () => {
  await using scratch = await scratchDir("redirect-others");
  const image = await buildImage(join(scratch.path, "image"), 3_000_000);
  await using upstream = await startRegistry();
  await seed(upstream, "library/app", image);
  await using store = await startS3();
  await using berth = await startBerth({
    registries: { docker: registrySettings(upstream) },
    cache: { depot: { ...depotIn(store), redirect: ["192.0.2.0/24"] } },
  });
  const [[, skopeo]] = CLIENTS as [typeof CLIENTS[0]];
  await skopeo(berth, image);
  await until("the bucket", async () => (await figures(berth)).objects === image.digests.size);
  await skopeo(berth, image);
  assert.equal((await figures(berth)).left, 0);
});
