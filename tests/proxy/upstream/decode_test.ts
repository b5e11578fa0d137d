import assert from "node:assert/strict";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { codingsOf } from "../../../proxy/http/content_coding.ts";
import { decoded } from "../../../proxy/upstream/decode.ts";

const TEXT = new TextEncoder().encode("layer ".repeat(50_000));
const CODERS: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  gzip: gzipSync,
  "x-gzip": gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
};

function answer(coding: string, bytes: Uint8Array, status = 200): Response {
  const headers = { "content-encoding": coding, "content-length": `${bytes.length}`, etag: '"a"' };
  return new Response(new Uint8Array(bytes), { status, headers });
}

Deno.test("decoded, every coding, without its length", async () => {
  for (const [coding, code] of Object.entries(CODERS)) {
    for (const name of [coding, coding.toUpperCase(), ` ${coding} , identity`]) {
      const response = (await decoded(answer(name, code(TEXT)), "hub"))!;
      assert.deepEqual(Object.fromEntries(response.headers), { etag: '"a"' }, name);
      assert.deepEqual(await response.bytes(), TEXT, name);
    }
  }
  const twice = answer("gzip, br", brotliCompressSync(gzipSync(TEXT)));
  assert.deepEqual(await (await decoded(twice, "hub"))!.bytes(), TEXT);
});

Deno.test("decoded, what is damaged or cut in its coding is an error and never a clean end", async () => {
  for (const [coding, code] of Object.entries(CODERS)) {
    const whole = code(TEXT);
    const flipped = whole.slice();
    flipped[0]! ^= 0xff;
    const pieces = {
      flipped,
      "half of it": whole.subarray(0, whole.length >> 1),
      "all but a byte": whole.subarray(0, -1),
      // Brotli has no magic number: any bytes may be some stream of it, which the digest then refuses.
      ...(coding === "br" ? {} : { "plain text": TEXT }),
    };
    for (const [title, bytes] of Object.entries(pieces)) {
      const response = (await decoded(answer(coding, bytes), "hub"))!;
      await assert.rejects(
        response.bytes(),
        { kind: "protocol", status: 502 },
        `${coding}: ${title}`,
      );
    }
  }
});

Deno.test("decoded, what is not coded, a part, and an unknown coding", async () => {
  const plain = new Response("a");
  assert.equal(await decoded(plain, "hub"), plain);
  const identity = answer("identity", TEXT);
  assert.equal(await decoded(identity, "hub"), identity);
  const part = answer("gzip", gzipSync(TEXT).subarray(5), 206);
  assert.equal(await decoded(part, "hub"), part);
  for (const coding of ["compress", "gzip, rot13", "constructor"]) {
    const response = answer(coding, TEXT);
    assert.equal(await decoded(response, "hub"), undefined, coding);
    await response.body?.cancel();
  }
  assert.deepEqual(codingsOf(new Headers({ "content-encoding": "GZIP,, br" })), ["gzip", "br"]);
  const head = new Response(null, { headers: { "content-encoding": "br", "content-length": "9" } });
  assert.deepEqual([...(await decoded(head, "hub"))!.headers], []);
  await Promise.all([plain, identity, part].map((response) => response.body?.cancel()));
});

Deno.test("decoded, a body that is let go lets go of its source", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const source = new ReadableStream<Uint8Array>({ cancel: () => resolve(), pull() {} });
  const response = new Response(source, { headers: { "content-encoding": "gzip" } });
  const reader = (await decoded(response, "hub"))!.body!.getReader();
  const reading = reader.read();
  await reader.cancel();
  await reading;
  await promise;
});
