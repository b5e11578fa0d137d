/** Memory that is used again while clients of every pace are being sent what was in it. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { makeAuthority, makeServerCertificate } from "../../e2e/harness/certificates.ts";
import { image } from "../../fake/content.ts";
import { cachedPair } from "../../fake/pair.ts";

const MIB = 2 ** 20;
const app = image({ layers: Array.from({ length: 5 }, () => 3 * MIB) });
const LAYERS = app.blobs.filter(({ bytes }) => bytes.length >= 3 * MIB);

/** Numbers in [0, 1) that are the same each time. */
function numbers(seed: number): () => number {
  let state = seed * 2654435761 >>> 0 || 1;
  return () => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32;
}

/** Bytes until one was wrong, or until it left; as far as it should go otherwise. */
async function right(
  url: string,
  expected: Uint8Array,
  seed: number,
  client: Deno.HttpClient,
): Promise<boolean> {
  const next = numbers(seed);
  const pauses = next() < 0.6 ? next() : 0;
  const leaves = next() < 0.2 ? next() * expected.length : Infinity;
  const { body } = await fetch(url, { client });
  let at = 0;
  for await (const piece of body!) {
    if (Buffer.compare(piece, expected.subarray(at, at + piece.length)) !== 0) return false;
    at += piece.length;
    if (at > leaves) return true;
    if (next() < pauses / 8) await new Promise((resolve) => setTimeout(resolve, 30 * next()));
  }
  return at === expected.length;
}

for (const protocol of ["http", "https, HTTP/1.1", "https, HTTP/2"]) {
  Deno.test(`memory that is lent, nobody gets a byte of anybody else, ${protocol}`, async () => {
    await using stack = new AsyncDisposableStack();
    const dir = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(dir, { recursive: true }));
    const authority = await makeAuthority(dir);
    const { certFile, keyFile } = await makeServerCertificate(dir, authority);
    const [cert, key, ca] = await Promise.all(
      [certFile, keyFile, authority.certFile].map((file) => Deno.readTextFile(file)),
    );
    const tls = protocol === "http" ? undefined : { cert: cert!, key: key! };
    const http2 = protocol.endsWith("2");
    const client = Deno.createHttpClient({ caCerts: [ca!], http2, http1: !http2 });
    stack.defer(() => client.close());
    const registry = { images: { "org/app:latest": app } };
    const s = stack.use(await cachedPair({ registry, tls }, { memory: 2 * MIB }));
    for (const round of ["cold", "held"]) {
      const results = await Promise.all(
        Array.from({ length: 25 }, (_, at) => {
          const { digest, bytes } = LAYERS[at % LAYERS.length]!;
          const url = `${s.proxy.url}/v2/org/app/blobs/${digest}`.replace("127.0.0.1", "localhost");
          return right(url, bytes, at + 1, client);
        }),
      );
      assert.deepEqual(results.map((fine, at) => fine ? "" : `client ${at}`).join(""), "", round);
    }
  });
}
