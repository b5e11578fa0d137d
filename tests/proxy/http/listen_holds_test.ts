import assert from "node:assert/strict";
import { HOLDS, listen } from "../../../proxy/http/listen.ts";
import { makeAuthority, makeServerCertificate } from "../../e2e/harness/certificates.ts";

const CHUNK = 2 ** 18;
const CHUNKS = 48;
/** What a connection says to hold is so much more than it does, at least. */
const MARGIN = 2 ** 17;

/** A body that writes over each chunk as soon as `holds` bytes have been asked for behind it. */
function body(holds: number): ReadableStream<Uint8Array> {
  const chunks: Uint8Array[] = [];
  return new ReadableStream({
    pull(controller) {
      const asked = chunks.length * CHUNK;
      chunks.forEach((chunk, at) => (at + 1) * CHUNK <= asked - holds && chunk.fill(0));
      if (chunks.length === CHUNKS) return controller.close();
      chunks.push(new Uint8Array(CHUNK).fill(1 + chunks.length));
      controller.enqueue(chunks.at(-1)!);
    },
  }, { highWaterMark: 0 });
}

/** Whether a client that does not read for a while, and then slowly, gets every byte as it was. */
async function arrives(url: string, client: Deno.HttpClient): Promise<boolean> {
  const response = await fetch(url, { client });
  await new Promise((resolve) => setTimeout(resolve, 300));
  let right = true;
  let at = 0;
  for await (const piece of response.body!) {
    for (const byte of piece) right = byte === 1 + Math.floor(at++ / CHUNK) && right;
  }
  return right && at === CHUNKS * CHUNK;
}

for (const protocol of ["http", "https, HTTP/1.1", "https, HTTP/2"]) {
  Deno.test(`listen, a connection holds no more than it says of a body, ${protocol}`, async () => {
    const dir = await Deno.makeTempDir();
    const authority = await makeAuthority(dir);
    const { certFile, keyFile } = await makeServerCertificate(dir, authority);
    const [cert, key, ca] = await Promise.all(
      [certFile, keyFile, authority.certFile].map((file) => Deno.readTextFile(file)),
    );
    const secure = protocol !== "http";
    const listener = listen({
      address: { hostname: "127.0.0.1", port: 0 },
      tls: secure ? { cert: cert!, key: key! } : undefined,
      handler: (request, { holds }) =>
        new Response(body(request.url.endsWith("/none") ? 0 : holds - MARGIN)),
    });
    const http2 = protocol.endsWith("2");
    const client = Deno.createHttpClient({ caCerts: [ca!], http2, http1: !http2 });
    try {
      const url = `${secure ? "https" : "http"}://localhost:${listener.address.port}`;
      assert.ok(await arrives(`${url}/less`, client), "less than what it says is enough");
      assert.ok(!await arrives(`${url}/none`, client), "or this would show nothing");
      assert.equal(HOLDS - MARGIN, 2 * CHUNK);
    } finally {
      client.close();
      await listener.close(1000);
      await Deno.remove(dir, { recursive: true });
    }
  });
}
