import assert from "node:assert/strict";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { openCache } from "../../../cache/cache.ts";
import { startProxy } from "../../fake/proxy.ts";
import { digestOf, image, OCI_INDEX, OCI_MANIFEST } from "../../fake/content.ts";
import { type Answer, FaultBook, type Seen, serveWire } from "../../fake/wire.ts";

const app = image();
const LAYER = app.blobs[1]!;
const BYTES = new Map([...app.blobs, ...app.manifests].map(({ digest, bytes }) => [digest, bytes]));
const CODERS: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
};

/** A registry that compresses whatever it is asked for, as some front ends do. */
function compressing(coding: string, code: (bytes: Uint8Array) => Uint8Array) {
  return (seen: Seen): Answer => {
    if (seen.path === "/v2/") return { status: 200, body: "{}" };
    const [, kind = "", reference = ""] =
      /\/(blobs|manifests|tags|referrers)\/(.+)$/.exec(seen.path) ??
        [];
    const digest = kind === "manifests" && reference === "1" ? app.root.digest : reference;
    const plain = kind === "tags"
      ? new TextEncoder().encode('{"name":"org/app","tags":["1"]}')
      : kind === "referrers"
      ? new TextEncoder().encode(`{"schemaVersion":2,"mediaType":"${OCI_INDEX}","manifests":[]}`)
      : BYTES.get(digest);
    if (!plain) return { status: 404 };
    const body = code(plain);
    const headers: Record<string, string> = {
      "content-encoding": coding,
      "content-type": kind === "manifests"
        ? OCI_MANIFEST
        : kind === "referrers"
        ? OCI_INDEX
        : "application/json",
    };
    if (kind === "manifests") headers["docker-content-digest"] = digest;
    const from = Number(/^bytes=(\d+)-/.exec(seen.headers.get("range") ?? "")?.[1]);
    if (!from) return { status: 200, headers, body };
    headers["content-range"] = `bytes ${from}-${body.length - 1}/${body.length}`;
    return { status: 206, headers, body: body.subarray(from) };
  };
}

async function start(handler: (seen: Seen) => Answer, faults = new FaultBook()) {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-coding-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const log: Seen[] = [];
  const upstream = await serveWire({ name: "registry", handler, log, faults });
  stack.defer(() => upstream.close());
  const cache = await openCache({ dir, scrubRate: 0, backoff: () => 0 });
  stack.defer(() => cache.close());
  const settings = { default_registry: "hub", registries: { hub: { url: upstream.url } } };
  const proxy = stack.use(await startProxy(settings, {}, cache));
  const owned = stack.move();
  return { proxy, cache, log, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

Deno.test("Content-Encoding, a manifest, a blob, tags and referrers arrive as they are", async () => {
  for (const [coding, code] of Object.entries(CODERS)) {
    await using t = await start(compressing(coding, code));
    const accept = { headers: { accept: `${OCI_INDEX}, ${OCI_MANIFEST}` } };
    for (const reference of ["1", app.root.digest]) {
      const manifest = await t.proxy.get(`/v2/org/app/manifests/${reference}`, accept);
      assert.equal(manifest.headers.get("content-encoding"), null);
      assert.equal(digestOf(await manifest.bytes()), app.root.digest, coding);
    }
    for (const how of ["miss", "again"]) {
      const blob = await t.proxy.get(`/v2/org/app/blobs/${LAYER.digest}`);
      assert.equal(blob.headers.get("content-encoding"), null);
      assert.deepEqual(await blob.bytes(), LAYER.bytes, `${coding} ${how}`);
    }
    const tags = await t.proxy.get("/v2/org/app/tags/list");
    assert.deepEqual((await tags.json()).tags, ["1"]);
    const referrers = await t.proxy.get(`/v2/org/app/referrers/${app.root.digest}`);
    assert.deepEqual((await referrers.json()).manifests, []);
    assert.ok(t.log.every(({ headers }) => headers.get("accept-encoding") === "identity"));
  }
});

Deno.test("Content-Encoding, a transfer that breaks off begins again: a coded range is none", async () => {
  const faults = new FaultBook([{ path: /blobs/, action: { kind: "cut", after: 900 } }]);
  await using t = await start(compressing("gzip", gzipSync), faults);
  const blob = await t.proxy.get(`/v2/org/app/blobs/${LAYER.digest}`);
  assert.deepEqual(await blob.bytes(), LAYER.bytes);
  const ranges = t.log.filter(({ path }) => /blobs/.test(path))
    .map(({ headers }) => headers.get("range"));
  assert.equal(ranges.at(-1), null);
  assert.ok(ranges.length <= 4, ranges.join());
});

Deno.test("Content-Encoding, damaged or unknown: an error and nothing kept", async () => {
  const cut = (bytes: Uint8Array) => gzipSync(bytes).subarray(0, -12);
  await using damaged = await start(compressing("gzip", cut));
  const blob = await damaged.proxy.get(`/v2/org/app/blobs/${LAYER.digest}`);
  if (blob.ok) await assert.rejects(blob.bytes());
  else await blob.body?.cancel();
  assert.equal(damaged.cache.stat(LAYER.digest), undefined);

  for (const coding of ["gzip", "deflate"]) {
    const plain = (bytes: Uint8Array) => bytes;
    for (const code of [plain, (bytes: Uint8Array) => CODERS[coding]!(bytes).subarray(0, -3)]) {
      await using t = await start(compressing(coding, code));
      const digest = app.root.digest;
      for (
        const path of ["manifests/1", `manifests/${digest}`, "tags/list", `referrers/${digest}`]
      ) {
        const response = await t.proxy.get(`/v2/org/app/${path}`);
        assert.equal(response.status, 502, `${coding} ${path}`);
        assert.match((await response.json()).errors[0].code, /^(UNAVAILABLE|MANIFEST_INVALID)$/);
      }
    }
  }

  await using unknown = await start(compressing("rot13", (bytes) => bytes));
  for (const path of [`blobs/${LAYER.digest}`, `manifests/${app.root.digest}`, "tags/list"]) {
    const response = await unknown.proxy.get(`/v2/org/app/${path}`);
    assert.equal(response.status, 502, path);
    assert.match((await response.json()).errors[0].message, /Content-Encoding .*: rot13$/, path);
  }
});
