/** What every Depot must do. */
import assert from "node:assert/strict";
import type { BlobFile } from "../../../cache/blobs/store.ts";
import type { Depot, NewObject } from "../../../cache/depot/depot.ts";
import { digestOf } from "../../../cache/hash.ts";
import { assertBytes, blob, bytesOf, noise } from "../support.ts";

/** Runs a test with a depot in an empty place that nobody has opened yet. */
type WithDepot = (test: (depot: Depot) => Promise<void>) => Promise<void>;

const { signal } = new AbortController();

/** `bytes` as the store opens them. */
export function fileOf(bytes: Uint8Array<ArrayBuffer>): () => Promise<BlobFile> {
  const readNow = (into: Uint8Array, at: number) => {
    const piece = bytes.subarray(at, at + into.length);
    into.set(piece);
    return piece.length;
  };
  return () =>
    Promise.resolve({
      size: bytes.length,
      readable: (from) => new Response(bytes.subarray(from)).body!,
      read: (into, at) => Promise.resolve(readNow(into, at)),
      readNow,
      close() {},
    });
}

/** Puts `bytes` there. */
export async function putTo(
  depot: Depot,
  bytes: Uint8Array<ArrayBuffer>,
  about: Partial<NewObject> = {},
): Promise<string> {
  const digest = digestOf(bytes);
  const object = { digest, size: bytes.length, mediaType: "a/b", ...about };
  await depot.put(object, fileOf(bytes), signal);
  return object.digest;
}

/** Registers the tests under `name`; `multipart`: bytes of an object that goes in several parts. */
export function testDepot(name: string, withDepot: WithDepot, multipart: number): void {
  const test = (what: string, run: (depot: Depot) => Promise<void>) => {
    Deno.test(`${name}, ${what}`, () =>
      withDepot(async (depot) => {
        await depot.open(signal);
        await run(depot);
      }));
  };

  test("knows nothing that was not stored", async (depot) => {
    const { digest } = blob(10);
    assert.equal(await depot.stat(digest, signal), undefined);
    await assert.rejects(depot.source(digest)(0, signal), { name: "DepotError", kind: "gone" });
    await depot.remove([digest], signal);
    assert.deepEqual(await Array.fromAsync(depot.list(signal)), []);
  });

  test("keeps rows in place of those before, and they are no object", async (depot) => {
    assert.equal(await depot.readRows(signal), undefined);
    for (const seed of [1, 2]) {
      const { bytes } = blob(2000, seed);
      await depot.writeRows(bytes, signal);
      const rows = await depot.readRows(signal) as ReadableStream<Uint8Array<ArrayBuffer>>;
      assertBytes(await new Response(rows).bytes(), bytes);
    }
    assert.deepEqual(await Array.fromAsync(depot.list(signal)), []);
  });

  test("is the same one each time it is opened", async (depot) => {
    const id = await depot.open(signal);
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.equal(await depot.open(signal), id);
  });

  test("gives back what was put, whole and from any byte", async (depot) => {
    for (const size of [0, 1, 300_000]) {
      const { bytes } = blob(size);
      const digest = await putTo(depot, bytes);
      const stat = await depot.stat(digest, signal);
      assert.deepEqual([stat?.size, stat?.mediaType], [size, "a/b"]);
      assert.ok(Math.abs(stat!.created - Date.now()) < 60_000, "a time of storing");
      for (const from of size > 1 ? [0, 1, Math.floor(size / 3), size - 1] : [0]) {
        const answer = await depot.source(digest)(from, signal);
        assert.deepEqual([answer.offset, answer.total, answer.mediaType], [from, size, "a/b"]);
        assertBytes(await bytesOf(answer.body), bytes.subarray(from));
      }
    }
  });

  test("stores the same twice", async (depot) => {
    const { bytes } = blob(1000);
    await putTo(depot, bytes);
    const digest = await putTo(depot, bytes);
    assert.equal((await depot.stat(digest, signal))?.size, 1000);
  });

  test("stores what is too large for one request", async (depot) => {
    const { bytes } = blob(multipart);
    const digest = await putTo(depot, bytes);
    const { body } = await depot.source(digest)(0, signal);
    assertBytes(await bytesOf(body), bytes);
  });

  test("refuses bytes that are not the digest's", async (depot) => {
    for (const size of [1000, multipart]) {
      const { digest } = blob(size, 2);
      await assert.rejects(putTo(depot, noise(size, 3), { digest }), {
        name: "DepotError",
        kind: "refused",
      });
      assert.equal(await depot.stat(digest, signal), undefined);
    }
  });

  test("keeps sha256 and sha512 apart", async (depot) => {
    const bytes = noise(50);
    const digests = [digestOf(bytes), digestOf(bytes, "sha512")];
    for (const digest of digests) await putTo(depot, bytes, { digest });
    const listed = await Array.fromAsync(depot.list(signal), ({ digest }) => digest);
    assert.deepEqual(listed, digests);
    for (const digest of digests) {
      assertBytes(await bytesOf((await depot.source(digest)(0, signal)).body), bytes);
    }
  });

  test("lists what is there in the order of digests, from any one on", async (depot) => {
    const digests: string[] = [];
    for (let seed = 1; seed <= 5; seed++) digests.push(await putTo(depot, noise(seed, seed)));
    digests.sort();
    const listed = await Array.fromAsync(depot.list(signal));
    assert.deepEqual(listed.map(({ digest }) => digest), digests);
    assert.deepEqual(listed.map(({ size }) => size).sort(), [1, 2, 3, 4, 5]);
    const later = await Array.fromAsync(depot.list(signal, digests[1]), ({ digest }) => digest);
    assert.deepEqual(later, digests.slice(2));
  });

  test("removes what it is told to and nothing else", async (depot) => {
    const digests: string[] = [];
    for (let seed = 1; seed <= 3; seed++) digests.push(await putTo(depot, noise(10, seed)));
    await depot.remove([digests[0]!, blob(99).digest, digests[1]!], signal);
    const listed = await Array.fromAsync(depot.list(signal), ({ digest }) => digest);
    assert.deepEqual(listed, [digests[2]]);
  });

  test("ends with its signal", async (depot) => {
    const { bytes, digest } = blob(1000);
    const reason = new Error("enough");
    const object = { digest, size: bytes.length, mediaType: "" };
    await assert.rejects(depot.put(object, fileOf(bytes), AbortSignal.abort(reason)), reason);
    assert.equal(await depot.stat(digest, signal), undefined);
  });
}
