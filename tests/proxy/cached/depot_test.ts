/** Private content stays private where a depot has it, and can be had where a registry is away. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Cache } from "../../../cache/api.ts";
import { openCache } from "../../../cache/cache.ts";
import { FileDepot } from "../../../cache/depot/file.ts";
import { putTo } from "../../cache/depot/depot_suite.ts";
import { blob, until } from "../../cache/support.ts";
import { image } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { fakeRegistry } from "../../fake/registry.ts";

const app = image({});
const LAYER = app.blobs[1]!;
const OBJECTS = 1 + new Set(app.blobs.map(({ digest }) => digest)).size;
const BLOB = `blobs/${LAYER.digest}`;
const MANIFEST = `manifests/${app.root.digest}`;

/** A proxy with an empty disk, behind which a depot has all of org/app. */
async function withDepot() {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-depot-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const upstream = await fakeRegistry({
    images: { "org/app:latest": app, "org/other:1": image() },
  });
  stack.use(upstream);
  const depot = { dir: join(dir, "depot") };
  await Deno.mkdir(depot.dir);
  const settings = { default_registry: "hub", registries: { hub: { url: upstream.url } } };
  {
    await using cache = disposable(await openCache({ dir: join(dir, "a"), scrubRate: 0, depot }));
    await using proxy = await startProxy(settings, {}, cache);
    await pull(proxy);
    await until(
      () => cache.depot()!.queued === 0 && cache.depot()!.objects === OBJECTS,
      "the depot",
    );
  }
  const cache = stack.use(
    disposable(await openCache({ dir: join(dir, "b"), scrubRate: 0, minFree: 0, depot })),
  );
  await until(() => cache.depot()!.objects === OBJECTS, "the listing");
  const proxy = stack.use(await startProxy(settings, {}, cache));
  const owned = stack.move();
  upstream.log.length = 0;
  return {
    ...{ proxy, cache, upstream, depot },
    /** `HEAD /v2/…` */
    asked: () => upstream.log.map(({ method, path }) => `${method} ${path}`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function disposable(cache: Cache): Cache & AsyncDisposable {
  return Object.assign(cache, { [Symbol.asyncDispose]: () => cache.close() });
}

type Proxy = Awaited<ReturnType<typeof startProxy>>;

async function pull(proxy: Proxy): Promise<void> {
  for (const path of ["manifests/latest", ...app.blobs.map(({ digest }) => `blobs/${digest}`)]) {
    const response = await proxy.get(`/v2/org/app/${path}`);
    assert.equal(response.status, 200, path);
    await response.bytes();
  }
}

const statusOf = async (proxy: Proxy, path: string, init?: RequestInit) => {
  const response = await proxy.get(`/v2/${path}`, init);
  await response.body?.cancel();
  return response.status;
};

Deno.test("depot, a whole pull takes nothing from upstream but its word", async () => {
  await using t = await withDepot();
  await pull(t.proxy);
  assert.deepEqual(t.asked().filter((line) => !line.startsWith("HEAD ")), []);
  assert.equal(t.cache.stat(app.root.digest)?.mediaType, app.root.mediaType);
  const recorded = t.proxy.records.map(({ cache, upstreamBytes }) => `${cache} ${upstreamBytes}`);
  assert.deepEqual(new Set(recorded), new Set(["miss 0"]));
});

Deno.test("depot, gives nothing of what upstream does not have in that repository", async () => {
  await using t = await withDepot();
  for (const path of [BLOB, MANIFEST]) {
    assert.equal(await statusOf(t.proxy, `org/absent/${path}`), 404);
    assert.equal(await statusOf(t.proxy, `org/absent/${path}`, { method: "HEAD" }), 404);
    assert.equal(
      await statusOf(t.proxy, `org/absent/${path}`, { headers: { range: "bytes=0-9" } }),
      404,
    );
  }
  assert.equal(t.cache.stat(LAYER.digest), undefined);
});

Deno.test("depot, while upstream is away only repositories that are known to hold it get it", async () => {
  await using t = await withDepot();
  t.cache.link("hub/org/app", LAYER.digest);
  await t.upstream[Symbol.asyncDispose]();
  assert.equal(await statusOf(t.proxy, `org/other/${BLOB}`), 502);
  assert.equal(t.cache.stat(LAYER.digest), undefined);
  const response = await t.proxy.get(`/v2/org/app/${BLOB}`);
  assert.deepEqual(await response.bytes(), LAYER.bytes);
});

Deno.test("depot, what somebody else has just put there is not given without a proof either", async () => {
  await using t = await withDepot();
  const { bytes, digest } = blob(5000);
  await putTo(new FileDepot(t.depot.dir), bytes);
  assert.equal(await statusOf(t.proxy, `org/absent/blobs/${digest}`), 404);
  await t.upstream[Symbol.asyncDispose]();
  for (let attempt = 0; attempt < 2; attempt++) {
    assert.equal(await statusOf(t.proxy, `org/app/blobs/${digest}`), 502);
  }
  assert.equal(t.cache.stat(digest), undefined);
  t.cache.link("hub/org/app", digest);
  assert.deepEqual(await (await t.proxy.get(`/v2/org/app/blobs/${digest}`)).bytes(), bytes);
});

Deno.test("depot, an image that went from the disk is pulled while upstream is away", async () => {
  await using t = await withDepot();
  await pull(t.proxy);
  await until(() => t.cache.fills().length === 0, "the fills");
  t.cache.configure({ maxSize: 1, memory: 0 });
  await until(() => !t.cache.stat(app.root.digest) && !t.cache.stat(LAYER.digest), "eviction");
  t.cache.configure({ maxSize: 2 ** 30 });
  await t.upstream[Symbol.asyncDispose]();
  const head = await t.proxy.get("/v2/org/app/manifests/latest", { method: "HEAD" });
  assert.equal(head.headers.get("docker-content-digest"), app.root.digest);
  const byDigest = await t.proxy.get(`/v2/org/app/${MANIFEST}`, { method: "HEAD" });
  assert.equal(byDigest.status, 200);
  assert.equal(byDigest.headers.get("content-type"), app.root.mediaType);
  await pull(t.proxy);
});

Deno.test("depot, with accounts at the registry each client gets what its own may have", async () => {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "berth-depot-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const upstream = stack.use(
    await fakeRegistry({
      images: { "org/app:latest": app },
      auth: { scheme: "bearer", users: { ann: "a", bob: "b" }, private: ["org/app"] },
    }),
  );
  const depot = { dir: join(dir, "depot") };
  await Deno.mkdir(depot.dir);
  const placed = new FileDepot(depot.dir);
  await placed.open();
  await putTo(placed, new Uint8Array(LAYER.bytes));
  const cache = stack.use(
    disposable(await openCache({ dir: join(dir, "cache"), scrubRate: 0, depot })),
  );
  cache.link("hub/org/app", LAYER.digest);
  const proxy = stack.use(
    await startProxy(
      {
        default_registry: "hub",
        registries: { hub: { url: upstream.url, auth: { mode: "client" } } },
      },
      {},
      cache,
    ),
  );
  const as = async (user: string, password: string) => {
    const query = "service=x&scope=repository:org/app:pull";
    const authorization = `Basic ${btoa(`${user}:${password}`)}`;
    const answer = await proxy.get(`/token/hub?${query}`, { headers: { authorization } });
    const { token } = await answer.json();
    return { headers: { authorization: `Bearer ${token}` } };
  };
  assert.equal(await statusOf(proxy, `org/app/${BLOB}`), 401);
  assert.equal(cache.stat(LAYER.digest), undefined);
  const ann = await as("ann", "a");
  const response = await proxy.get(`/v2/org/app/${BLOB}`, ann);
  assert.deepEqual(await response.bytes(), LAYER.bytes);
  assert.equal(upstream.count("GET", /blobs/), 0);
  assert.equal(await statusOf(proxy, `org/app/${BLOB}`), 401);
});
