import assert from "node:assert/strict";
import { image, OCI_INDEX, OCI_MANIFEST, referrer } from "../fake/content.ts";
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
    ["org/other/tags/list", 404, "NAME_UNKNOWN", /^org\/other is not cached, and hub is set/],
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

Deno.test("offline, lists are made of what is cached, page by page", async () => {
  await using it = await goneOffline();
  const key = { registry: "hub", repository: "org/app", accept: "" };
  const { digest, mediaType, bytes } = app.root;
  for (const tag of ["2", "10"]) {
    it.cache.setTag({ ...key, tag }, { digest, mediaType, size: bytes.length, checkedAt: 1 });
  }
  it.cache.setTag({ ...key, tag: "gone" }, {
    ...{ digest: `sha256:${"0".repeat(64)}`, mediaType, size: 1, checkedAt: 1 },
  });
  const list = async (path: string) => {
    const response = await it.proxy.get(`/v2/${path}`);
    assert.equal(response.status, 200, path);
    return { body: await response.json(), link: response.headers.get("link") };
  };
  assert.deepEqual((await list("org/app/tags/list")).body, {
    ...{ name: "org/app", tags: ["1", "10", "2"] },
  });
  const page = await list("org/app/tags/list?n=2&ns=hub");
  assert.deepEqual(page.body.tags, ["1", "10"]);
  assert.equal(page.link, '</v2/org/app/tags/list?n=2&last=10&ns=hub>; rel="next"');
  assert.deepEqual(await list("org/app/tags/list?n=2&last=10"), {
    ...{ body: { name: "org/app", tags: ["2"] }, link: null },
  });
  assert.deepEqual((await list("_catalog")).body, { repositories: ["org/app"] });
  assert.deepEqual(it.upstream.log, []);
});

Deno.test("offline, what is cached about an image is listed by the referrers API", async () => {
  await using it = await goneOffline();
  const type = "application/vnd.example.sbom";
  const about = referrer(app.root, type);
  for (const { digest, bytes, mediaType } of [...about.blobs, about.root]) {
    await it.cache.put(digest, bytes, mediaType, "hub/org/app");
  }
  const list = async (query = "") => {
    const response = await it.proxy.get(`/v2/org/app/referrers/${app.root.digest}${query}`);
    assert.equal(response.headers.get("content-type"), OCI_INDEX);
    const { manifests } = await response.json();
    return { manifests, filters: response.headers.get("oci-filters-applied") };
  };
  const [found] = (await list()).manifests;
  assert.deepEqual([found.digest, found.artifactType], [about.root.digest, type]);
  const filtered = await list(`?artifactType=${type}`);
  assert.deepEqual([filtered.manifests.length, filtered.filters], [1, "artifactType"]);
  assert.deepEqual((await list("?artifactType=text/x")).manifests, []);
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
