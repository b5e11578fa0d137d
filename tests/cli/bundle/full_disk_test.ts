import assert from "node:assert/strict";
import { openCache } from "../../../cache/cache.ts";
import { takeFrom, transferWith } from "../../../cli/bundle/transfer.ts";
import { deterministicBytes, digestOf } from "../../fake/content.ts";
import { FlakyStore } from "../../cache/flaky_store.ts";

const bytes = deterministicBytes(400_000, 3);
const blob = { digest: digestOf(bytes), size: bytes.length, mediaType: "text/x" };
const from = (at: number) => ReadableStream.from([bytes.subarray(at)]);

Deno.test("bundle, content that the disk does not take is told with the disk's reason", async () => {
  const dir = await Deno.makeTempDir();
  let store: FlakyStore;
  const openStore = async (dir: string, now: number) => {
    store = await FlakyStore.open(dir, now);
    store.room = 100_000;
    return store;
  };
  const cache = await openCache({ dir, scrubRate: 0, backoff: () => 0, openStore });
  const expected = new RegExp(`^BundleProblem: ${blob.digest} could not be stored: .*[Nn]o space`);
  await assert.rejects(transferWith(cache).take(blob, from), expected);
  // As a server has it, which cannot ask for the same once more.
  let asked = 0;
  const once = () =>
    asked++ === 0
      ? Promise.resolve({ offset: 0, total: blob.size, body: from(0) })
      : Promise.reject(new Error("the sender has gone"));
  await assert.rejects(takeFrom(cache, blob, once), expected);
  assert.deepEqual(await transferWith(cache).missing([blob.digest]), [blob.digest]);
  store!.room = Infinity;
  await transferWith(cache).take(blob, from);
  assert.deepEqual(await cache.peek(blob.digest, 1e6), bytes);
  await cache.close();
  await Deno.remove(dir, { recursive: true });
});
