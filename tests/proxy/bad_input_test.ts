import assert from "node:assert/strict";
import { pair as both } from "../fake/pair.ts";
import fc from "fast-check";
import { image } from "../fake/content.ts";
import { startProxy } from "../fake/proxy.ts";
import { raw } from "../fake/raw.ts";
import { CLOSED_PORT } from "../fake/ports.ts";

const app = image();

const TIMES = { response_timeout: "2s", idle_timeout: "2s", connect_timeout: "2s" };
const pair = () =>
  both({
    registry: { images: { "org/app:1": app } },
    settings: { upstream: { retries: 0, ...TIMES } },
  });

Deno.test("malformed paths are a 4xx in the spec's form and never reach upstream", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const paths = [
    "/v2/org%2fapp/manifests/1",
    "/v2/%2e%2e%2fetc/manifests/1",
    "/v2/org/app/manifests/%00",
    "/v2/org/app\\..\\x/manifests/1",
    `/v2/${"a".repeat(3000)}/manifests/1`,
    `/v2/org/app/blobs/sha256:${"z".repeat(64)}`,
    "/v2/org/app/blobs/",
    "/v2/ORG/app/tags/list",
    "/v2//manifests/1",
    "/v2/@evil.test/manifests/1",
    "/v2/http://evil.test/manifests/1",
    "/v2/org/x/../app/manifests/1",
    "/v2/org/%2e%2e/app/manifests/1",
  ];
  for (const path of paths) {
    const text = await raw(
      proxy.host,
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    assert.match(text, /^HTTP\/1\.1 4\d\d /, path);
    assert.match(text, /"errors":\[\{"code":"[A-Z_]+"/, path);
  }
  assert.equal(upstream.log.length, 0);
});

Deno.test("what is no HTTP, headers without end, bodies on GET: a 4xx, and the proxy goes on", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const start = "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  const requests: [string, RegExp][] = [
    ["\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", /^(HTTP\/1\.1 400|$)/],
    [`${start}X-Long: ${"a".repeat(2 ** 20)}\r\n\r\n`, /^HTTP\/1\.1 4(00|31) /],
    [`${start}${"X: y\r\n".repeat(5000)}\r\n`, /^HTTP\/1\.1 4(00|31) /],
    [`${start}Content-Length: 3\r\n\r\nabc`, /^HTTP\/1\.1 400 /],
    [`${start}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, /^HTTP\/1\.1 400 /],
    [`${start}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, /^HTTP\/1\.1 400 /],
    ["BREW /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 40[05] /],
  ];
  for (const [request, expected] of requests) {
    assert.match(await raw(proxy.host, request), expected, request.slice(0, 60));
  }
  assert.equal((await (await proxy.get("/healthz")).json()).status, "ok");
});

Deno.test("renderError, an upstream that talks nonsense is a 502 that names the registry", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const html = { "content-type": "text/html" };
  const table: [string, Parameters<typeof upstream.fault>[0]["action"], number[]][] = [
    ["HTML instead of a list", { kind: "answer", status: 200, body: "<html>", headers: html }, [
      502,
    ]],
    ["garbage JSON", { kind: "answer", status: 200, body: '{"tags":' }, [502]],
    ["a list that is none", { kind: "answer", status: 200, body: "[1]" }, [502]],
    ["nothing at all", { kind: "close" }, [502]],
    ["endless headers", { kind: "endless-headers" }, [502]],
    ["an odd status", { kind: "answer", status: 302 }, [502]],
    ["its own failure", { kind: "answer", status: 500, body: "<html>oops" }, [502]],
    ["unavailable", { kind: "answer", status: 503 }, [503]],
  ];
  for (const [title, action, statuses] of table) {
    upstream.clearFaults();
    upstream.fault({ path: /tags\/list/, times: Infinity, action });
    const response = await proxy.get("/v2/org/app/tags/list");
    const text = await response.text();
    assert.ok(statuses.includes(response.status), `${title}: ${response.status} ${text}`);
    const [error] = JSON.parse(text).errors;
    assert.equal(error.code, "UNAVAILABLE", title);
    assert.doesNotMatch(text, /127\.0\.0\.1|at .*\.ts|oops/, title);
  }
});

Deno.test("refusal, a 429 with a text body stays a 429 with Retry-After", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  upstream.fault({
    path: /manifests/,
    times: Infinity,
    action: { kind: "answer", status: 429, body: "slow down", headers: { "retry-after": "7" } },
  });
  const response = await proxy.get("/v2/org/app/manifests/1");
  assert.equal(response.status, 429);
  assert.equal(response.headers.get("retry-after"), "7");
  assert.equal((await response.json()).errors[0].code, "TOOMANYREQUESTS");
});

Deno.test("an upstream that is not there is a 502 in plain words", async () => {
  const url = `http://127.0.0.1:${CLOSED_PORT}`;
  await using proxy = await startProxy({ default_registry: "hub", registries: { hub: { url } } });
  const response = await proxy.get("/v2/org/app/manifests/1");
  assert.equal(response.status, 502);
  const [error] = (await response.json()).errors;
  assert.match(error.message, /hub.*refused/i);
});

Deno.test("a client that goes away cancels the request upstream", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const release = Promise.withResolvers<void>();
  upstream.fault({
    path: /blobs/,
    action: { kind: "stall", after: 10, until: release.promise },
  });
  const controller = new AbortController();
  const response = await proxy.get(`/v2/org/app/blobs/${app.blobs[1]!.digest}`, {
    signal: controller.signal,
  });
  assert.equal(response.status, 200);
  controller.abort();
  await assert.rejects(response.bytes());
  const [seen] = upstream.seen("GET", /blobs/);
  assert.equal(await seen?.ended, "aborted");
  release.resolve();
});

Deno.test("10,000 generated paths and headers: no 500, no unhandled rejection", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const unhandled: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  const piece = fc.oneof(
    fc.constantFrom("v2", "manifests", "blobs", "tags", "list", "uploads", "_catalog", "referrers"),
    fc.constantFrom("org", "app", "hub", "127.0.0.1", "..", ".", "%2e%2e", "%00", "token", ""),
    fc.constantFrom(app.root.digest, app.blobs[0]!.digest, "1", "latest", "sha256:1"),
    fc.string({ maxLength: 12 }).map(encodeURIComponent),
  );
  const path = fc.array(piece, { maxLength: 7 }).map((pieces) => `/${pieces.join("/")}`);
  const query = fc.dictionary(
    fc.constantFrom("ns", "n", "last", "digest", "mount", "from", "scope", "x"),
    fc.string({ maxLength: 10 }),
    { maxKeys: 3 },
  );
  const headers = fc.dictionary(
    fc.constantFrom("accept", "range", "if-none-match", "authorization", "x-forwarded-for"),
    fc.string({ maxLength: 20 }).map((text) => text.replace(/[^\x20-\x7e]/g, "?").trim()),
    { maxKeys: 3 },
  );
  const method = fc.constantFrom("GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS");
  await fc.assert(
    fc.asyncProperty(method, path, query, headers, async (method, path, query, headers) => {
      const url = `${path}?${new URLSearchParams(query)}`;
      const response = await proxy.get(url, { method, headers });
      await response.body?.cancel();
      assert.ok(response.status !== 500, `${method} ${url} ${JSON.stringify(headers)}`);
    }),
    { numRuns: 10_000 },
  );
  removeEventListener("unhandledrejection", note);
  assert.deepEqual(unhandled, []);
});
