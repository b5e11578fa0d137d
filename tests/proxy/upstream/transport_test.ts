import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { UpstreamRequest } from "../../../proxy/upstream/client.ts";
import { UpstreamError, type UpstreamErrorKind } from "../../../proxy/upstream/errors.ts";
import { testCertificate } from "../../fake/cert.ts";
import { FakeClock } from "../../fake/clock.ts";
import { image } from "../../fake/content.ts";
import { collectGarbage } from "../../fake/garbage.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import type { FaultAction } from "../../fake/wire.ts";
import { TIMEOUTS, upstreamAt } from "./support.ts";
import { CLOSED_PORT } from "../../fake/ports.ts";

const app = image({ layers: [200_000] });
const images = { "org/app:1": app };
const layer = app.blobs[1]!;
const blob: UpstreamRequest = {
  method: "GET",
  path: `/v2/org/app/blobs/${layer.digest}`,
  scopes: [],
};

/** What a failed request says, with its kind and status. */
async function failure(url: string, settings = {}, options = {}): Promise<UpstreamError> {
  await using upstream = upstreamAt(url, settings, { retries: 0, ...options });
  try {
    const { response } = await upstream.request(blob);
    await response.body?.cancel();
  } catch (error) {
    assert.ok(error instanceof UpstreamError, String(error));
    return error;
  }
  throw new Error("it did not fail");
}

/** A TCP server that answers whatever it is sent with `bytes`. */
async function rawServer(bytes: string): Promise<AsyncDisposable & { url: string }> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

Deno.test("UpstreamError, each failure in its own words", async () => {
  const port = CLOSED_PORT;
  const other = await testCertificate(["other.test"]);
  const { cert, key } = await testCertificate();
  await using stranger = await fakeRegistry({ tls: { cert, key } });
  await using plain = await fakeRegistry();
  await using garbage = await rawServer("SSH-2.0-OpenSSH_9.2\r\n");
  await using nothing = await rawServer("");
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, other.ca);
    await using misnamed = await fakeRegistry({ tls: other });
    const table: [url: string, settings: object, kind: UpstreamErrorKind][] = [
      [`http://127.0.0.1:${port}`, {}, "refused"],
      ["http://no-such-host.invalid", {}, "dns"],
      [stranger.url, {}, "tls"],
      [misnamed.url, { ca_file: file }, "tls"],
      [plain.url.replace("http:", "https:"), {}, "tls"],
      [garbage.url, {}, "protocol"],
      [nothing.url, {}, "reset"],
      [`https://127.0.0.1:${port}`, { insecure_tls: true }, "refused"],
      ["https://no-such-host.invalid", { insecure_tls: true }, "dns"],
      [plain.url.replace("http:", "https:"), { insecure_tls: true }, "tls"],
    ];
    for (const [url, settings, kind] of table) {
      const error = await failure(url, settings);
      assert.equal(error.kind, kind, `${url}: ${error.cause}`);
      assert.match(error.message, /^test: [a-z]/);
      assert.doesNotMatch(error.message, /127\.0|:\d|os error|client error/);
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("request, what upstream does to connections", async () => {
  const table: [FaultAction, UpstreamErrorKind][] = [
    [{ kind: "close" }, "reset"],
    [{ kind: "endless-headers" }, "protocol"],
  ];
  const { cert, key } = await testCertificate();
  for (const settings of [{}, { insecure_tls: true }]) {
    for (const [action, kind] of table) {
      await using fake = await fakeRegistry(
        "insecure_tls" in settings ? { tls: { cert, key } } : {},
      );
      fake.fault({ times: Infinity, action });
      assert.equal((await failure(fake.url, settings)).kind, kind);
    }
  }
});

Deno.test("request, a body that is cut off is an error and never a clean end", async () => {
  const { cert, key } = await testCertificate();
  for (const settings of [{}, { insecure_tls: true }]) {
    const tls = "insecure_tls" in settings ? { tls: { cert, key } } : {};
    await using fake = await fakeRegistry({ images, ...tls });
    await using upstream = upstreamAt(fake.url, settings);
    fake.fault({ action: { kind: "cut", after: 1000 } });
    const { response } = await upstream.request(blob);
    const read: number[] = [];
    const reading = async () => {
      for await (const chunk of response.body!) read.push(chunk.length);
    };
    await assert.rejects(reading(), { name: "UpstreamError", kind: "reset" });
    assert.equal(read.reduce((a, b) => a + b, 0), 1000);
  }
});

Deno.test("Transport, a Content-Encoding that nobody asked for is not undone", async () => {
  await using fake = await fakeRegistry({ images });
  await using upstream = upstreamAt(fake.url);
  fake.fault({ action: { kind: "gzip" } });
  const { response } = await upstream.request(blob);
  assert.equal(response.headers.get("content-encoding"), "gzip");
  const bytes = await response.bytes();
  assert.equal(bytes.length, Number(response.headers.get("content-length")));
  assert.deepEqual([...bytes.subarray(0, 2)], [0x1f, 0x8b]);
  assert.equal(fake.log[0]?.headers.get("accept-encoding"), "identity");
});

Deno.test("timeouts, no answer", async () => {
  const clock = new FakeClock();
  await using fake = await fakeRegistry({ images });
  fake.fault({ times: Infinity, action: { kind: "stall" } });
  const dialled: string[] = [];
  const failed = failure(fake.url, {}, {
    clock,
    dial: (hostname: string, port: number) => {
      dialled.push(`http://${hostname}:${port}`);
      return Promise.resolve();
    },
  });
  await clock.advance(TIMEOUTS.connect + TIMEOUTS.response - 1);
  await clock.advance(1);
  const { kind, status, message } = await failed;
  assert.deepEqual([kind, status], ["timeout", 504]);
  assert.equal(message, "test: it did not answer within 50 s");
  assert.deepEqual(dialled, [fake.url], "reachable, so only slow");
  assert.equal(clock.pending, 0);
});

Deno.test("timeouts, no connection", async () => {
  const clock = new FakeClock();
  await using fake = await fakeRegistry({ images });
  fake.fault({ times: Infinity, action: { kind: "stall" } });
  let dialling: AbortSignal | undefined;
  const failed = failure(fake.url, {}, {
    clock,
    dial: (_hostname: string, _port: number, signal: AbortSignal) => {
      dialling = signal;
      return new Promise(() => {});
    },
  });
  await clock.advance(TIMEOUTS.connect);
  assert.equal((await failed).message, "test: no connection within 20 s");
  assert.ok(dialling?.aborted);
});

Deno.test("timeouts, a body that goes idle; a reader may take its time", async () => {
  const clock = new FakeClock();
  await using fake = await fakeRegistry({ images });
  await using upstream = upstreamAt(fake.url, {}, { clock });
  fake.fault({ action: { kind: "stall", after: 1000 } });
  const { response } = await upstream.request(blob);
  const reader = response.body!.getReader();
  assert.equal((await reader.read()).value?.length, 1000);
  await clock.advance(TIMEOUTS.idle * 3);
  const pending = reader.read();
  const failed = assert.rejects(pending, {
    kind: "timeout",
    message: "test: nothing arrived for 50 s in the middle of an answer",
  });
  await clock.advance(TIMEOUTS.idle);
  await failed;
  assert.equal(await fake.log[0]!.ended, "aborted");
  assert.equal(clock.pending, 0);
});

Deno.test("timeouts, a large body that goes idle, although nobody holds its Response", async () => {
  const big = image({ layers: [8 * 2 ** 20] });
  const sent = 6 * 2 ** 20;
  const clock = new FakeClock();
  await using fake = await fakeRegistry({ images: { "org/app:1": big } });
  await using upstream = upstreamAt(fake.url, {}, { clock });
  fake.fault({ action: { kind: "stall", after: sent } });
  const path = `/v2/org/app/blobs/${big.blobs[1]!.digest}`;
  const reader = (await upstream.request({ ...blob, path })).response.body!.getReader();
  for (let left = sent; left > 0;) left -= (await reader.read()).value!.length;
  const failed = assert.rejects(reader.read(), { kind: "timeout" });
  collectGarbage();
  await clock.advance(TIMEOUTS.idle);
  await failed;
  assert.equal(await fake.log[0]!.ended, "aborted");
  assert.equal(clock.pending, 0);
});

Deno.test("watchIdle, a body whose reader keeps watch itself is left in peace", async () => {
  const clock = new FakeClock();
  await using fake = await fakeRegistry({ images });
  await using upstream = upstreamAt(fake.url, {}, { clock });
  const more = Promise.withResolvers<void>();
  fake.fault({ action: { kind: "stall", after: 1000, until: more.promise } });
  const { response } = await upstream.request({ ...blob, watchIdle: false });
  const reader = response.body!.getReader();
  assert.equal((await reader.read()).value?.length, 1000);
  const pending = reader.read();
  assert.equal(clock.pending, 0);
  await clock.advance(TIMEOUTS.idle * 3);
  more.resolve();
  assert.ok((await pending).value!.length > 0);
  await reader.cancel();
});

Deno.test("request, a client that goes away takes the upstream request with it", async () => {
  await using fake = await fakeRegistry({ images });
  await using upstream = upstreamAt(fake.url);
  fake.fault({ action: { kind: "stall" } }, { action: { kind: "stall", after: 10 } });
  for (const stage of ["headers", "body"]) {
    const controller = new AbortController();
    const gone = new Error("client gone");
    const asking = upstream.request({ ...blob, signal: controller.signal });
    if (stage === "headers") {
      controller.abort(gone);
      await assert.rejects(asking, gone);
      continue;
    }
    fake.clearFaults();
    fake.fault({ action: { kind: "stall", after: 10 } });
    const { response } = await asking;
    const reader = response.body!.getReader();
    controller.abort(gone);
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, gone);
    assert.equal(await fake.log.at(-1)!.ended, "aborted");
  }
});

Deno.test("retries, until it goes well or they are used up", async () => {
  const table: [FaultAction, times: number, method: string, status: number, asked: number][] = [
    [{ kind: "answer", status: 503 }, 2, "GET", 200, 3],
    [{ kind: "answer", status: 502 }, 3, "HEAD", 502, 3],
    [{ kind: "answer", status: 429, body: "slow" }, 1, "GET", 200, 2],
    [{ kind: "answer", status: 429, body: "slow" }, 2, "GET", 429, 2],
    [{ kind: "answer", status: 500 }, 1, "GET", 500, 1],
    [{ kind: "answer", status: 503 }, 1, "POST", 503, 1],
  ];
  for (const [action, times, method, status, asked] of table) {
    const waits: number[] = [];
    const clock = new FakeClock();
    await using fake = await fakeRegistry({ images });
    await using upstream = upstreamAt(fake.url, {}, {
      clock: { ...clock, now: clock.now, delay: (ms) => Promise.resolve(void waits.push(ms)) },
    });
    fake.fault({ times, action });
    const { response } = await upstream.request({ ...blob, method });
    await response.body?.cancel();
    assert.equal(response.status, status, JSON.stringify(action));
    assert.equal(fake.log.length, asked);
    const busy = action.kind === "answer" && action.status === 429;
    assert.deepEqual(waits, busy ? [1000] : [125, 250].slice(0, asked - 1));
  }
});

Deno.test("withRetries, a 429 with a text body: waits as told where that is short, else hands it on", async () => {
  const waits: number[] = [];
  const clock = new FakeClock();
  const seen: number[] = [];
  await using fake = await fakeRegistry({ images });
  await using upstream = upstreamAt(fake.url, {}, {
    clock: { ...clock, now: clock.now, delay: (ms) => Promise.resolve(void waits.push(ms)) },
    onAnswer: (_headers, status) => void seen.push(status),
  });
  const refusal = (seconds: string) => ({
    action: {
      kind: "answer",
      status: 429,
      body: "You have reached your pull rate limit.",
      headers: { "retry-after": seconds },
    } as const,
  });
  fake.fault(refusal("1"));
  const good = await upstream.request(blob);
  await good.response.body?.cancel();
  assert.deepEqual([good.response.status, waits], [200, [1000]]);
  fake.fault(refusal("3600"));
  const refused = await upstream.request(blob);
  assert.equal(await refused.response.text(), "You have reached your pull rate limit.");
  assert.deepEqual([refused.response.status, waits], [429, [1000]]);
  assert.deepEqual(seen, [429, 200, 429]);
});

Deno.test("retries, a broken connection; fewer where the caller says so", async () => {
  await using fake = await fakeRegistry({ images });
  await using upstream = upstreamAt(fake.url);
  fake.fault({ times: 2, action: { kind: "close" } }); // fetch tries a second time by itself
  const { response } = await upstream.request(blob);
  assert.deepEqual(await response.bytes(), layer.bytes);
  fake.fault({ times: 2, action: { kind: "close" } });
  await assert.rejects(upstream.request({ ...blob, retries: 0 }), { kind: "reset" });
});

Deno.test("ca_file, an authority of one's own; insecure_tls, none at all", async () => {
  const { ca, ...tls } = await testCertificate();
  await using fake = await fakeRegistry({ images, tls, redirect: { to: "cdn" } });
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, ca);
    for (const settings of [{ ca_file: file }, { insecure_tls: true }]) {
      await using upstream = upstreamAt(fake.url, settings);
      const { response } = await upstream.request(blob);
      assert.deepEqual(await response.bytes(), layer.bytes);
    }
  } finally {
    await Deno.remove(file);
  }
  assert.throws(() => upstreamAt(fake.url, { ca_file: "/no/such/file" }), /ENOENT/);
});

Deno.test("https_proxy, no_proxy and a proxy's password", async () => {
  await using fake = await fakeRegistry({ images });
  const proxied = { http_proxy: fake.url.replace("//", "//user:p%40ss@") };
  await using upstream = upstreamAt("http://registry.test", {}, { env: proxied });
  const { response } = await upstream.request(blob);
  assert.deepEqual(await response.bytes(), layer.bytes);
  assert.equal(fake.log[0]?.target, `http://registry.test${blob.path}`);
  assert.equal(
    fake.log[0]?.headers.get("proxy-authorization"),
    `Basic ${btoa("user:p@ss")}`,
  );
  const bypassed = await failure("http://registry.invalid", {}, {
    env: { ...proxied, no_proxy: "registry.invalid" },
  });
  assert.equal(bypassed.kind, "dns");
  const dead = { https_proxy: `http://127.0.0.1:${CLOSED_PORT}` };
  for (const settings of [{}, { insecure_tls: true }]) {
    const { kind } = await failure("https://registry.test", settings, { env: dead });
    assert.equal(kind, "refused");
  }
  await using forbidding = await rawServer("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
  for (const settings of [{}, { insecure_tls: true }]) {
    const env = { https_proxy: forbidding.url };
    const { kind } = await failure("https://registry.test", settings, { env });
    assert.equal(kind, "proxy");
  }
});

Deno.test("trace, host and path of each exchange, never a query", async () => {
  await using fake = await fakeRegistry({ images, redirect: { to: "cdn" } });
  const told: string[] = [];
  await using upstream = upstreamAt(fake.url, {}, {
    trace: ({ method, url, status, error }) => void told.push(`${method} ${url} ${status}${error}`),
    retries: 0,
  });
  const { response, ms } = await upstream.request(blob);
  await response.body?.cancel();
  assert.ok(ms >= 0);
  assert.match(told[0]!, /^GET 127\.0\.0\.1:\d+\/v2\/org\/app\/blobs\/sha256:[0-9a-f]+ 307$/);
  assert.match(told[1]!, /^GET 127\.0\.0\.1:\d+ 200$/, "its path may be signed");
  fake.fault({ times: Infinity, action: { kind: "close" } });
  await assert.rejects(upstream.request(blob));
  assert.match(told[2]!, / 0reset$/);
});

Deno.test("request, a registry under a path keeps it", async () => {
  await using fake = await fakeRegistry({ images });
  await using upstream = upstreamAt(`${fake.url}/artifactory/`);
  await (await upstream.request(blob)).response.body?.cancel();
  assert.equal(fake.log[0]?.path, `/artifactory${blob.path}`);
});

Deno.test("request, a registry on an IPv6 address, read from and written to", async () => {
  await using fake = await fakeRegistry({ images, hostname: "::1" });
  await using upstream = upstreamAt(fake.url);
  const { response } = await upstream.request(blob);
  assert.deepEqual(await response.bytes(), layer.bytes);
  const upload = { method: "POST", path: "/v2/org/new/blobs/uploads/", scopes: [] };
  const begun = await upstream.request(upload);
  await begun.response.body?.cancel();
  assert.equal(begun.response.status, 202);
});
