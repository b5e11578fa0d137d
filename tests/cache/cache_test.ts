import assert from "node:assert/strict";
import { DigestMismatch, RangeNotSatisfiable } from "../../cache/errors.ts";
import type { CacheEvent } from "../../cache/events.ts";
import { assertBytes, blob, bytesOf, sourceOf, until, withCache, withCacheIn } from "./support.ts";

const MiB = 2 ** 20;

Deno.test("fill, then open, gives the same bytes from the disk and from memory", async () => {
  for (const size of [0, 1, 1000, 70_000, MiB, 3 * MiB + 17]) {
    const { bytes, digest } = blob(size);
    await withCache({}, async ({ cache, events }) => {
      const { source, asked } = sourceOf(bytes);
      assert.equal(await cache.open(digest), undefined);
      const content = await cache.fill(digest, source, { mediaType: "a/b", repository: "r/x" });
      assert.equal(content.how, "fill");
      assert.equal(content.size, size);
      assertBytes(await bytesOf(content.body), bytes);
      await until(() => cache.look(digest, "").stored);
      const hit = await cache.open(digest);
      assert.equal(hit?.how, "hit");
      assert.equal(hit?.mediaType, "a/b");
      assertBytes(await bytesOf(hit!.body), bytes);
      assert.ok(cache.linked("r/x", digest));
      assert.ok(!cache.linked("r/y", digest));
      assert.deepEqual(asked, [0]);
      assert.deepEqual(events.map(({ kind }) => kind), ["fill-start", "fill-end"]);
    });
  }
});

Deno.test("open, verifies content once after a start and serves ranges of it", async () => {
  const { bytes, digest } = blob(3 * MiB);
  const dir = await Deno.makeTempDir();
  await withCacheIn(dir, {}, ({ cache }) => cache.put(digest, bytes, "a/b", "r/x"));
  await withCacheIn(dir, {}, async ({ cache }) => {
    for (const round of ["verifying", "verified"]) {
      for (
        const [range, start, end] of [
          [{ start: 0, end: 99 }, 0, 100],
          [{ start: 2 * MiB }, 2 * MiB, 3 * MiB],
          [{ suffix: 10 }, 3 * MiB - 10, 3 * MiB],
          [{ start: 5, end: 10 * MiB }, 5, 3 * MiB],
        ] as const
      ) {
        const content = await cache.open(digest, range);
        assert.equal(content?.offset, start, round);
        assert.equal(content?.length, end - start, round);
        assertBytes(await bytesOf(content!.body), bytes.subarray(start, end), round);
      }
      await assert.rejects(cache.open(digest, { start: 3 * MiB }), RangeNotSatisfiable);
    }
  });
  await Deno.remove(dir, { recursive: true });
});

Deno.test("fill, fifty at once are one request, ranges among them", async () => {
  const { bytes, digest } = blob(5 * MiB);
  await withCache({}, async ({ cache }) => {
    const { source, asked } = sourceOf(bytes);
    const all = await Promise.all(Array.from({ length: 50 }, async (_, reader) => {
      const start = reader * 1000;
      const content = await cache.fill(digest, source, { range: { start } });
      return { start, how: content.how, bytes: await bytesOf(content.body) };
    }));
    for (const { start, bytes: got } of all) assertBytes(got, bytes.subarray(start));
    assert.deepEqual(all.map(({ how }) => how).sort().slice(0, 2), ["fill", "joined"]);
    assert.deepEqual(asked, [0]);
  });
});

Deno.test("fill, wrong bytes are an error to the reader and are not stored", async () => {
  const { digest } = blob(2 * MiB);
  const wrong = blob(2 * MiB, 2);
  await withCache({}, async ({ cache, events }) => {
    const content = await cache.fill(digest, sourceOf(wrong.bytes).source, { repository: "r/x" });
    await assert.rejects(bytesOf(content.body), DigestMismatch);
    await until(() => cache.fills().length === 0);
    assert.equal(cache.stat(digest), undefined);
    const failed = events.find((event): event is CacheEvent & { kind: "fill-failed" } =>
      event.kind === "fill-failed"
    );
    assert.equal(failed?.repository, "r/x");
    assert.ok(failed?.error instanceof DigestMismatch);
    assert.equal(failed.error.expected, digest);
    assert.equal(failed.error.actual, wrong.digest);
  });
});

Deno.test("fill, nothing in place of something never reaches a reader", async () => {
  const { digest } = blob(1000);
  await withCache({}, async ({ cache }) => {
    const { source } = sourceOf(new Uint8Array());
    await assert.rejects(cache.fill(digest, source), DigestMismatch);
    assert.equal(cache.stat(digest), undefined);
  });
});

Deno.test("put, refuses bytes of another digest", async () => {
  const { digest } = blob(10);
  await withCache({}, async ({ cache }) => {
    await assert.rejects(cache.put(digest, blob(10, 2).bytes, "a/b"), DigestMismatch);
    assert.equal(cache.stat(digest), undefined);
  });
});

Deno.test("tags, are kept apart by registry, repository, tag and what is accepted", async () => {
  await withCache({}, ({ cache }) => {
    const key = { registry: "docker", repository: "library/x", tag: "latest", accept: "index" };
    const row = { digest: blob(1).digest, mediaType: "a/b", size: 1, checkedAt: 5 };
    cache.setTag(key, row);
    assert.deepEqual(cache.tag(key), row);
    for (
      const other of [
        { ...key, registry: "quay" },
        { ...key, repository: "library/y" },
        { ...key, tag: "1" },
        { ...key, accept: "" },
      ]
    ) assert.equal(cache.tag(other), undefined);
    cache.deleteTag("docker", "library/x", "latest");
    assert.equal(cache.tag(key), undefined);
    return Promise.resolve();
  });
});

Deno.test("setTag, a tag that moves is an event, one that is new or confirmed is none", async () => {
  await withCache({}, ({ cache, events }) => {
    const key = { registry: "r", repository: "x", tag: "1", accept: "" };
    const row = (digest: string) => ({ digest, mediaType: "a/b", size: 1, checkedAt: 1 });
    for (const digest of ["sha256:aa", "sha256:aa", "sha256:bb"]) cache.setTag(key, row(digest));
    assert.deepEqual(events, [{ kind: "tag-moved", key, from: "sha256:aa", to: "sha256:bb" }]);
    cache.deleteTag("r", "x", "1");
    cache.setTag(key, row("sha256:cc"));
    assert.equal(events.length, 1);
    return Promise.resolve();
  });
});
