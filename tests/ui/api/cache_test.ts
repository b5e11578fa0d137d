import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Problem } from "../../../ui/api/schema.ts";
import type {
  BlobDetails,
  BlobPage,
  CachedImage,
  CachedManifest,
  CachedRegistry,
  CachedTag,
  Evicted,
  EvictionPlan,
  Selection,
} from "../../../ui/api/schema/cache.ts";
import type { Verification } from "../../../ui/api/schema/events.ts";
import { type AdminFixture, adminFixture, type Ask } from "../../fake/admin.ts";
import { contentOf, putImage, putIndex } from "../../fake/images.ts";

interface Items<T> {
  items: T[];
  total: number;
}

const ALPINE = "docker/library/alpine";

/** Two tags that share a layer, an index, and an image of another registry known by digest only. */
async function filled() {
  const admin = await adminFixture();
  const { cache } = admin;
  const manifest = await putImage(cache, `${ALPINE}:3.22`, ["base", "one"], 1000);
  const index = await putIndex(cache, `${ALPINE}:latest`, { "linux/amd64": manifest });
  const untagged = await putImage(cache, "quay/org/app", ["base", "app"]);
  return { admin, manifest, index, untagged, base: contentOf("base").digest };
}

async function ask<T>(admin: AdminFixture, path: string, init: Ask = {}, status = 200): Promise<T> {
  const response = await admin.call(path, init);
  const text = await response.text();
  assert.equal(response.status, status, text);
  return JSON.parse(text) as T;
}

Deno.test("cache, the tree from registry to layer", async () => {
  const { admin, manifest, index, untagged } = await filled();
  await using _ = admin;
  const registries = await ask<Items<CachedRegistry>>(admin, "/cache/registries");
  assert.deepEqual(
    registries.items.map(({ registry, repositories, tags, blobs }) => [
      registry,
      repositories,
      tags,
      blobs,
    ]),
    [["docker", 1, 2, 5], ["quay", 1, 0, 4]],
  );
  const images = await ask<Items<CachedImage>>(admin, "/cache/images?sort=repository&order=asc");
  assert.deepEqual(
    images.items.map((
      { registry, repository, tags, pinned },
    ) => [registry, repository, tags, pinned]),
    [["docker", "library/alpine", 2, false], ["quay", "org/app", 0, false]],
  );
  assert.equal((await ask<Items<CachedImage>>(admin, "/cache/images?search=org")).total, 1);

  const tags = await ask<Items<CachedTag>>(
    admin,
    "/cache/tags?registry=docker&repository=library/alpine",
  );
  assert.deepEqual(
    tags.items.map(({ tag, digest, platforms, checkedAt }) => [tag, digest, platforms, checkedAt]),
    [["3.22", manifest, [], 1000], ["latest", index, ["linux/amd64"], null]],
  );
  const byDigest = await ask<Items<CachedTag>>(
    admin,
    "/cache/tags?registry=quay&repository=org/app",
  );
  assert.deepEqual(byDigest.items.map(({ tag, digest, blobs }) => [tag, digest, blobs]), [
    ["", untagged, 4],
  ]);
  const opened = await ask<CachedManifest>(admin, `/cache/manifests/${manifest}`);
  assert.deepEqual([opened.kind, opened.layers.length, opened.config?.cached], [
    "manifest",
    2,
    true,
  ]);
  const list = await ask<CachedManifest>(admin, `/cache/manifests/${index}`);
  assert.deepEqual(list.manifests.map(({ platform }) => platform), ["linux/amd64"]);
  await ask(admin, `/cache/manifests/${contentOf("base").digest}`, {}, 404);
});

Deno.test("cache, tags by page, then digests that none of them leads to", async () => {
  await using admin = await adminFixture();
  const { cache } = admin;
  for (const tag of ["1", "2", "3"]) {
    const manifest = await putImage(cache, `docker/ci/app:${tag}`, [tag]);
    await putIndex(cache, `docker/ci/app:${tag}-all`, { "linux/amd64": manifest });
  }
  for (const layer of ["a", "b"]) await putImage(cache, "docker/ci/app", [layer]);
  await putIndex(cache, "docker/ci/app", {
    "linux/arm64": await putImage(cache, "docker/ci/app", ["c"]),
  });
  // In another repository the same may have a tag, or be led to.
  await putImage(cache, "docker/other:1", ["a"]);
  await putIndex(cache, "docker/other", {
    "linux/amd64": await putImage(cache, "docker/other", ["b"]),
  });
  const page = async (page: number, limit = 4) => {
    const path = `/cache/tags?registry=docker&repository=ci/app&page=${page}&limit=${limit}`;
    const { items, total } = await ask<Items<CachedTag>>(admin, path);
    assert.equal(total, 9);
    return items.map(({ tag }) => tag || "untagged");
  };
  assert.deepEqual(await page(1), ["1", "1-all", "2", "2-all"]);
  assert.deepEqual(await page(2), ["3", "3-all", "untagged", "untagged"]);
  assert.deepEqual(await page(3), ["untagged"]);
  assert.deepEqual(await page(4), []);
  assert.deepEqual((await page(1, 50)).length, 9);
});

Deno.test("cache, blobs by page, filter and digest", async () => {
  const { admin, base } = await filled();
  await using _ = admin;
  const page = await ask<BlobPage>(admin, "/cache/blobs?limit=3&sort=size&order=desc");
  assert.deepEqual([page.items.length, page.total], [3, 9 - 1]);
  assert.ok(page.items[0]!.size >= page.items[1]!.size);
  const second = await ask<BlobPage>(admin, "/cache/blobs?limit=3&page=3&sort=size");
  assert.equal(second.items.length, 2);
  const layers = await ask<BlobPage>(admin, "/cache/blobs?kind=layer&registry=quay");
  assert.equal(layers.total, 2);
  const exact = "/cache/blobs?registry=docker&repository=library/alpine&kind=config";
  assert.equal((await ask<BlobPage>(admin, exact)).total, 1);
  const blob = await ask<BlobDetails>(admin, `/cache/blobs/${base}`);
  assert.deepEqual([blob.kind, blob.repositoryCount, blob.tags], [
    "layer",
    2,
    [`${ALPINE}:3.22`, `${ALPINE}:latest`],
  ]);
  await ask(admin, "/cache/blobs/sha256:gone", {}, 404);
  await ask(admin, `/cache/blobs/${base.slice(0, 20)}`, {}, 404);
});

Deno.test("evictions, a plan says what goes and what stays, then it goes", async () => {
  const { admin } = await filled();
  await using _ = admin;
  const plan = (body: Selection) => ask<EvictionPlan>(admin, "/cache/evictions/plan", { body });
  const app = { registry: "quay", repository: "org/app" };
  const one = await plan({ images: [app] });
  assert.deepEqual([one.digests, one.sharedDigests, one.repositories], [3, 1, ["quay/org/app"]]);
  assert.equal(one.largest[0]!.repository, "quay/org/app");
  const everything = await plan({ unusedForMs: 0 });
  assert.equal(everything.digests, 8);
  assert.deepEqual(await plan({}), {
    ...one,
    ...{ digests: 0, bytes: 0, tags: 0, sharedDigests: 0, sharedBytes: 0 },
    ...{ largest: [], repositories: [], repositoryCount: 0 },
  });
  const gone = await ask<Evicted>(admin, "/cache/evictions", { body: { images: [app] } });
  assert.deepEqual(gone, { digests: 3, bytes: one.bytes, tags: 0 });
  assert.equal((await plan({ registries: ["docker"] })).digests, 5);
});

Deno.test("DELETE, a blob, a tag, a repository", async () => {
  const { admin, base } = await filled();
  await using _ = admin;
  const remove = (path: string, status = 200) =>
    ask<Evicted>(admin, path, { method: "DELETE" }, status);
  assert.equal((await remove(`/cache/blobs/${base}`)).digests, 1);
  await remove(`/cache/blobs/${base}`, 404);
  assert.equal((await remove("/cache/images/docker/library/alpine?tag=latest")).tags, 1);
  assert.equal((await remove("/cache/images/docker/library%2Falpine")).tags, 1);
  assert.equal(admin.cache.list({ registry: "docker" }).total, 0);
});

Deno.test("pins, hold against eviction until they are taken back", async () => {
  const { admin, base, manifest } = await filled();
  await using _ = admin;
  const pin = (body: object, status = 200) =>
    ask<{ digests: number }>(admin, "/cache/pins", { body }, status);
  const image = { registry: "docker", repository: "library/alpine" };
  assert.equal((await pin({ images: [image], pinned: true })).digests, 5);
  const [listed] = (await ask<Items<CachedImage>>(admin, "/cache/images?registry=docker")).items;
  assert.equal(listed?.pinned, true);
  const plan = await ask<EvictionPlan>(admin, "/cache/evictions/plan", {
    body: { unusedForMs: 0 },
  });
  assert.deepEqual([plan.digests, plan.pinnedDigests], [3, 5]);
  const refused = await ask<Problem>(admin, `/cache/blobs/${base}`, { method: "DELETE" }, 409);
  assert.equal(refused.type, "/problems/pinned");
  await pin({ images: [{ ...image, tag: "3.22" }], pinned: false }, 409);
  assert.equal((await pin({ images: [image], pinned: false })).digests, 5);
  assert.equal((await pin({ digests: [manifest], pinned: true })).digests, 4);
  assert.equal((await pin({ digests: [manifest], pinned: false })).digests, 4);
});

Deno.test("pins, those of the configuration cannot be taken back here", async () => {
  const { admin } = await filled();
  await using _ = admin;
  admin.cache.configure({ pin: [`${ALPINE}:*`] });
  const image = { registry: "docker", repository: "library/alpine" };
  const body = { images: [image], pinned: false };
  const problem = await ask<Problem>(admin, "/cache/pins", { body }, 409);
  assert.match(problem.detail!, /cache\.pin/);
});

Deno.test("verify, runs behind the scenes, one at a time", async () => {
  const { admin, base } = await filled();
  await using _ = admin;
  const start = (body: object, status = 200) =>
    ask<Verification>(admin, "/cache/verify", { body }, status);
  const state = () => ask<Verification>(admin, "/cache/verify");
  assert.equal((await state()).startedAt, null);
  assert.equal((await start({})).running, true);
  const finished = async () => {
    for (;;) {
      const found = await state();
      if (!found.running) return found;
      await setImmediate();
    }
  };
  const { checkedBlobs, totalBlobs, damaged, finishedAt } = await finished();
  assert.deepEqual([checkedBlobs, totalBlobs, damaged], [8, 8, []]);
  assert.equal(finishedAt, admin.clock.now);
  await start({ digests: [base] });
  assert.equal((await finished()).checkedBlobs, 1);
});
