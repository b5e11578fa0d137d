import assert from "node:assert/strict";
import { openCache } from "../../../cache/cache.ts";
import type { Cache } from "../../../cache/api.ts";
import type { BlobQuery } from "../../../cache/listing.ts";
import { contentOf, putImage, putIndex } from "../../fake/images.ts";

async function withImages(run: (cache: Cache, digests: Digests) => void): Promise<void> {
  const dir = await Deno.makeTempDir();
  const cache = await openCache({ dir, scrubRate: 0 });
  try {
    const manifest = await putImage(cache, "docker/library/alpine", ["base", "one"]);
    const index = await putIndex(cache, "docker/library/alpine:latest", {
      "linux/amd64": manifest,
    });
    await putImage(cache, "quay/org/app:1", ["base", "app"]);
    cache.pin("quay/org/app:*");
    run(cache, { manifest, index, base: contentOf("base").digest });
  } finally {
    await cache.close();
    await Deno.remove(dir, { recursive: true });
  }
}
type Digests = Record<"manifest" | "index" | "base", string>;

Deno.test("list, what blobs are, though registries call them octet streams", async () => {
  await withImages((cache, { base, index }) => {
    const [layer] = cache.list({ digestPrefix: base }).items;
    assert.deepEqual([layer?.kind, layer?.mediaType, layer?.repositories], [
      "layer",
      "application/vnd.oci.image.layer.v1.tar+gzip",
      ["docker/library/alpine", "quay/org/app"],
    ]);
    assert.equal(cache.list({ digestPrefix: index }).items[0]?.kind, "index");
  });
});

Deno.test("list, filters and sums", async () => {
  await withImages((cache, { base }) => {
    const table: [BlobQuery, number][] = [
      [{}, 8],
      [{ kind: "layer" }, 3],
      [{ kind: "config" }, 2],
      [{ kind: "manifest" }, 2],
      [{ kind: "index" }, 1],
      [{ kind: "other" }, 0],
      [{ registry: "quay" }, 4],
      [{ registry: "qua" }, 0],
      [{ search: "library/alp" }, 5],
      [{ search: base.slice(0, 14) }, 1],
      [{ search: base.slice(7, 17).toUpperCase() }, 1],
      [{ search: "%" }, 0],
      [{ mediaType: "layer.v1" }, 3],
      [{ mediaType: "image.index" }, 1],
      [{ pinned: true }, 4],
      [{ pinned: false }, 4],
      [{ registry: "docker", pinned: true, kind: "layer" }, 1],
    ];
    for (const [query, total] of table) {
      const found = cache.list({ ...query, limit: 3 });
      assert.equal(found.total, total, JSON.stringify(query));
      assert.equal(found.items.length, Math.min(total, 3));
    }
    const layers = cache.list({ kind: "layer" });
    assert.equal(layers.bytes, layers.items.reduce((sum, { size }) => sum + size, 0));
  });
});

Deno.test("registries, with their tags", async () => {
  await withImages((cache) => {
    const items = cache.registries().map(({ registry, repositories, tags, blobs }) => [
      registry,
      repositories,
      tags,
      blobs,
    ]);
    assert.deepEqual(items, [["docker", 1, 1, 5], ["quay", 1, 1, 4]]);
  });
});

Deno.test("tagsTo and holders, from a layer upwards", async () => {
  await withImages((cache, { base, manifest }) => {
    assert.deepEqual(cache.tagsTo(base), ["docker/library/alpine:latest", "quay/org/app:1"]);
    assert.deepEqual(cache.tagsTo(manifest), ["docker/library/alpine:latest"]);
    assert.deepEqual(cache.holders([base]), ["docker/library/alpine", "quay/org/app"]);
    assert.deepEqual(cache.holders([]), []);
  });
});

Deno.test("verify, some digests or everything", async () => {
  const dir = await Deno.makeTempDir();
  const cache = await openCache({ dir, scrubRate: 0 });
  await putImage(cache, "docker/library/alpine:1", ["base", "one"]);
  const told: number[] = [];
  const all = await cache.verify(({ blobs }) => told.push(blobs));
  assert.deepEqual([all.blobs, all.totalBlobs, told], [4, 4, [1, 2, 3, 4]]);
  const some = await cache.verify(() => {}, undefined, [contentOf("one").digest, "sha256:gone"]);
  assert.deepEqual([some.blobs, some.totalBlobs, some.damaged], [1, 1, []]);
  await cache.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("repositories and tags, hits and last use are their own, whatever they share", async () => {
  await withImages((cache, { manifest, index, base }) => {
    for (let i = 0; i < 50; i++) cache.touch(base);
    cache.imageUsed("docker/library/alpine", "latest", 1000, false);
    cache.imageUsed("docker/library/alpine", "latest", 5000, true);
    cache.imageUsed("docker/library/alpine", index, 6000, true);
    cache.imageUsed("docker/library/alpine", manifest, 7000, true);
    const found = (name: string) =>
      cache.repositories().items.find(({ repository }) => repository === name)!;
    const alpine = found("docker/library/alpine");
    assert.deepEqual([alpine.hits, alpine.lastUsed], [3, 7000]);
    assert.equal(found("quay/org/app").hits, 0, "its base was used by others");
    const [latest] = cache.listTags("docker/library/alpine").items;
    assert.deepEqual([latest!.hits, latest!.lastUsed], [2, 6000]);
    assert.deepEqual(cache.registries().map(({ registry, hits }) => [registry, hits]), [
      ["docker", 3],
      ["quay", 0],
    ]);
    const byHits = cache.repositories({ sort: "hits", desc: true }).items;
    assert.equal(byHits[0]!.repository, "docker/library/alpine");
    const [platform] = cache.references(index);
    assert.ok(platform!.total > platform!.size, "a platform has the size of all that it names");
  });
});
