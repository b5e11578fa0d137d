import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { FakeClock } from "../../fake/clock.ts";
import { deterministicBytes } from "../../fake/content.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import { TIMEOUTS, upstreamAt } from "./support.ts";

const bytes = deterministicBytes(200_000, 1);

Deno.test("uploads, a stream is sent once, as it comes, with its Content-Length", async () => {
  await using fake = await fakeRegistry();
  await using upstream = upstreamAt(fake.url);
  const begun = await upstream.request({
    method: "POST",
    path: "/v2/org/new/blobs/uploads/",
    scopes: [],
  });
  const location = new URL(begun.response.headers.get("location")!, fake.url);
  await begun.response.body?.cancel();
  for (const length of [undefined, "200000"]) {
    const { response } = await upstream.request({
      method: "PATCH",
      path: location.pathname,
      query: location.search.slice(1),
      headers: length ? { "content-length": length } : {},
      body: new Blob([bytes]).stream(),
      scopes: [],
    });
    await response.body?.cancel();
    assert.equal(response.status, 202);
    const seen = fake.log.at(-1)!;
    assert.deepEqual(seen.body, bytes);
    assert.equal(seen.headers.get("content-length"), length ?? null);
  }
});

Deno.test("timeouts, an upload has as long as its bytes flow", async () => {
  const clock = new FakeClock();
  await using fake = await fakeRegistry();
  await using upstream = upstreamAt(fake.url, {}, { clock });
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      asked.resolve();
      await gate.promise;
      controller.enqueue(new Uint8Array(10));
      controller.close();
    },
  }, { highWaterMark: 0 });
  fake.fault({ action: { kind: "stall" } });
  const upload = { method: "PUT", path: "/v2/org/new/blobs/uploads/x", scopes: [], body };
  const failed = assert.rejects(upstream.request(upload), {
    kind: "timeout",
    message: "test: it did not answer the upload within 50 s",
  });
  await asked.promise;
  await clock.advance(10 * 60_000);
  gate.resolve();
  await clock.advance(TIMEOUTS.response);
  await failed;
});

Deno.test("uploads, an upstream that stops taking bytes is given up", async () => {
  const clock = new FakeClock();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.pause();
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const begun = Promise.withResolvers<void>();
  let given = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      begun.resolve();
      controller.enqueue(new Uint8Array(1 << 20));
      given++;
    },
  }, { highWaterMark: 0 });
  await using upstream = upstreamAt(`http://127.0.0.1:${port}`, {}, { clock });
  let ended = false;
  const failed = assert.rejects(
    upstream.request({ method: "PATCH", path: "/v2/a/blobs/uploads/x", scopes: [], body }),
    { kind: "timeout", message: "test: it took nothing of the upload for 50 s" },
  ).finally(() => ended = true);
  await begun.promise;
  while (!ended) await clock.advance(1000);
  await failed;
  assert.ok(given < 200, `back-pressure held after ${given} MiB`);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
