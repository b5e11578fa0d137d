import assert from "node:assert/strict";
import { image, OCI_MANIFEST } from "../fake/content.ts";
import { cachedPair, stored } from "../fake/pair.ts";
import { startProxy } from "../fake/proxy.ts";
import { registrySchema } from "../../proxy/config/schema.ts";
import { probe } from "../../proxy/upstream/probe.ts";

const DAY = 24 * 3600e3;
const app = image();
const images = { "org/app:1": app, "org/other:1": image({ seed: 2 }) };
const accept = { headers: { accept: OCI_MANIFEST } };

/** A proxy that has cached `org/app:1` before its registry was set to offline, `later` ago. */
async function goneOffline(later = 0) {
  const before = await cachedPair({ registry: { images } });
  for (const path of ["manifests/1", `blobs/${app.blobs[1]!.digest}`]) {
    await (await before.proxy.get(`/v2/org/app/${path}`, accept)).bytes();
  }
  await stored(before);
  before.upstream.log.length = 0;
  const hub = { url: before.upstream.url, offline: true };
  const settings = { default_registry: "hub", registries: { hub }, allow_push: true };
  const now = () => Date.now() + later;
  const proxy = await startProxy(settings, { now }, before.cache);
  return {
    ...before,
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await before[Symbol.asyncDispose]();
    },
  };
}

Deno.test("offline, what is cached is served: tags however old, and content", async () => {
  await using it = await goneOffline(400 * DAY);
  for (const method of ["GET", "HEAD"]) {
    const tag = await it.proxy.get("/v2/org/app/manifests/1", { ...accept, method });
    assert.equal(tag.status, 200);
    assert.equal(tag.headers.get("docker-content-digest"), app.root.digest);
    assert.match(tag.headers.get("cache-status") ?? "", /hit.*stale/);
    await tag.bytes();
  }
  const blob = await it.proxy.get(`/v2/org/app/blobs/${app.blobs[1]!.digest}`);
  assert.deepEqual(await blob.bytes(), app.blobs[1]!.bytes);
  assert.deepEqual(it.upstream.log, []);
});

Deno.test("offline, what is not cached is not found, and why", async () => {
  await using it = await goneOffline();
  const missing = `sha256:${"0".repeat(64)}`;
  const table: [string, number, string, RegExp][] = [
    ["org/other/manifests/1", 404, "MANIFEST_UNKNOWN", /org\/other:1 is not cached.*offline/],
    [`org/app/manifests/${missing}`, 404, "MANIFEST_UNKNOWN", /is not cached/],
    [`org/app/blobs/${missing}`, 404, "BLOB_UNKNOWN", /@sha256:0+ is not cached, and hub is set/],
    ["org/app/tags/list", 503, "UNAVAILABLE", /^hub: it is set to offline in the configuration$/],
    ["_catalog", 503, "UNAVAILABLE", /offline/],
  ];
  for (let again = 0; again < 2; again++) {
    for (const [path, status, code, message] of table) {
      const response = await it.proxy.get(`/v2/${path}`, accept);
      assert.equal(response.status, status, path);
      const { errors: [error] } = await response.json();
      assert.equal(error.code, code);
      assert.match(error.message, message);
    }
  }
  assert.equal((await it.proxy.get("/v2/org/app/manifests/1", accept)).status, 200);
  assert.deepEqual(it.upstream.log, []);
});

Deno.test("offline, a push is 503, and the registry is not asked", async () => {
  await using it = await goneOffline();
  const init = { method: "PUT", headers: { "content-type": OCI_MANIFEST }, body: app.root.bytes };
  const put = await it.proxy.get("/v2/org/app/manifests/2", init);
  assert.equal(put.status, 503);
  await put.body?.cancel();
  const post = await it.proxy.get("/v2/org/app/blobs/uploads/", { method: "POST" });
  assert.equal(post.status, 503);
  await post.body?.cancel();
  assert.deepEqual(it.upstream.log, []);
});

Deno.test("offline, neither credentials nor the dashboard's test lead to the registry", async () => {
  await using it = await goneOffline();
  const hub = registrySchema.parse({
    url: it.upstream.url,
    offline: true,
    auth: { username: "ann", password: "secret" },
  });
  const options = { timeouts: { connect: 1e3, response: 1e3, idle: 1e3 }, env: {} };
  const { signal } = new AbortController();
  const result = await probe({ ...hub, name: "hub" }, options, signal);
  assert.deepEqual([result.ok, result.steps], [false, []]);
  assert.match(result.text, /offline/);
  await using signedIn = await startProxy({
    default_registry: "hub",
    registries: { hub: { url: it.upstream.url, offline: true, auth: { mode: "client" } } },
  });
  for (const path of ["/v2/", "/token?scope=repository:org/app:pull"]) {
    const response = await signedIn.get(path);
    assert.equal(response.status, 503, path);
    await response.body?.cancel();
  }
  assert.deepEqual(it.upstream.log, []);
});
