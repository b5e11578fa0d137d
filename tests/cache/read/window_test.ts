import assert from "node:assert/strict";
import { BLOCK } from "../../../cache/blobs/blocks.ts";
import { assertBytes, blob, bytesOf, withCache } from "../support.ts";

const MiB = 2 ** 20;

Deno.test("open, however much is read of large content, small content stays in memory", () =>
  withCache({ memory: 4 * MiB }, async ({ cache }) => {
    const small = Array.from({ length: 15 }, (_, seed) => blob(100_000, seed + 10));
    for (const { digest, bytes } of small) await cache.put(digest, bytes, "");
    const large = [1, 2, 3].map((seed) => blob(6 * MiB, seed));
    for (const { digest, bytes } of large) {
      await cache.put(digest, bytes, "");
      assertBytes(await bytesOf((await cache.open(digest))!.body), bytes);
    }
    for (const { digest } of small) {
      assert.ok((await cache.open(digest))!.body instanceof Uint8Array);
    }
  }));

Deno.test("open, what is kept of large content is bound by the memory that is configured", () =>
  withCache({ memory: 4 * MiB }, async ({ cache }) => {
    const { digest, bytes } = blob(6 * MiB);
    await cache.put(digest, bytes, "");
    const read = async () => {
      const content = (await cache.open(digest))!;
      let all = 0;
      for await (const { length } of content.body as ReadableStream<Uint8Array>) {
        content.used!(all += length);
      }
      assert.equal(all, bytes.length);
      return (await cache.usage()).memory;
    };
    assert.ok(await read() <= 2 * MiB);
    cache.configure({ memory: 8 * MiB });
    const more = await read();
    assert.ok(more > 3 * MiB && more <= 4 * MiB, String(more));
    cache.configure({ memory: MiB });
    assert.ok((await cache.usage()).memory <= MiB / 2);
    assert.equal((await cache.usage()).memory % BLOCK, 0);
  }));

Deno.test("evict, takes what memory has of the content along", () =>
  withCache({}, async ({ cache }) => {
    const { digest, bytes } = blob(3 * MiB);
    await cache.put(digest, bytes, "");
    const content = (await cache.open(digest))!;
    const body = (content.body as ReadableStream<Uint8Array>).getReader();
    const { value } = await body.read();
    await body.cancel();
    assertBytes(value!, bytes.subarray(0, value!.length));
    const before = (await cache.usage()).memory;
    await cache.evict({ digest });
    assert.ok((await cache.usage()).memory < before);
    assert.equal(await cache.open(digest), undefined);
  }));
