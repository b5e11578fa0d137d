import assert from "node:assert/strict";
import { stored } from "../../fake/pair.ts";
import { digestOf, image, OCI_INDEX, OCI_MANIFEST } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { app, MANIFEST, pull, setup } from "./cached_pair.ts";

Deno.test("manifests, HEAD then GET of one tag; no empty body is kept", async () => {
  await using t = await setup();
  const path = "/v2/org/app/manifests/latest";
  const head = await t.proxy.get(path, { ...MANIFEST, method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(app.root.bytes.length));
  for (let i = 0; i < 2; i++) {
    const response = await t.proxy.get(path, MANIFEST);
    assert.deepEqual(await response.bytes(), app.root.bytes);
    assert.equal(response.headers.get("content-type"), OCI_INDEX);
  }
});

Deno.test("a tag is asked for by HEAD each time, its manifest fetched once", async () => {
  await using t = await setup();
  const path = "/v2/org/app/manifests/latest";
  for (let i = 0; i < 3; i++) {
    await (await t.proxy.get(path, MANIFEST)).bytes();
    await stored(t);
  }
  assert.equal(t.upstream.count("HEAD", /manifests/), 3);
  assert.equal(t.upstream.count("GET", /manifests/), 1);
  const results = t.proxy.records.map(({ cache }) => cache);
  assert.deepEqual(results, ["miss", "revalidated", "revalidated"]);
});

Deno.test("a tag within its ttl is not asked for; a tag that moved is fetched anew", async () => {
  await using t = await setup({}, { cache: { manifests: { ttl: "1h" } } });
  const path = "/v2/org/app/manifests/latest";
  const get = async () => digestOf(await (await t.proxy.get(path, MANIFEST)).bytes());
  assert.equal(await get(), app.root.digest);
  await stored(t);
  const moved = image({ seed: 9 });
  t.upstream.add("org/app:latest", moved);
  assert.equal(await get(), app.root.digest);
  assert.equal(t.upstream.count("HEAD", /manifests/), 1);
  await t.clock.advance(3600e3 + 1);
  assert.equal(await get(), moved.root.digest);
  assert.equal(t.upstream.count("HEAD", /manifests/), 2);
});

Deno.test("concurrent checks of a tag are one request upstream", async () => {
  await using t = await setup();
  const release = Promise.withResolvers<void>();
  t.upstream.fault({ method: "HEAD", action: { kind: "stall", until: release.promise } });
  const path = "/v2/org/app/manifests/latest";
  const pulls = Array.from(
    { length: 10 },
    () => t.proxy.get(path, { ...MANIFEST, method: "HEAD" }),
  );
  while (t.upstream.count("HEAD", /manifests/) === 0) await new Promise((r) => setTimeout(r, 1));
  release.resolve();
  for (const response of await Promise.all(pulls)) assert.equal(response.status, 200);
  assert.ok(t.upstream.count("HEAD", /manifests/) <= 2, "late arrivals may make a second");
});

Deno.test("manifests, upstream and its token server down: a whole pull works", async () => {
  await using t = await setup({ auth: { scheme: "bearer" } });
  await pull(t);
  await t.upstream[Symbol.asyncDispose]();
  await pull(t);
  const stale = await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST);
  assert.equal(stale.headers.get("cache-status"), "berth; hit; detail=stale");
  await stale.body?.cancel();
});

Deno.test("manifests, another kind of client gets what it can use while upstream is down", async () => {
  await using t = await setup();
  await pull(t);
  await t.upstream[Symbol.asyncDispose]();
  const path = "/v2/org/app/manifests/latest";
  const other = await t.proxy.get(path, { headers: { accept: `${OCI_INDEX}, text/plain` } });
  assert.deepEqual(await other.bytes(), app.root.bytes);
  const narrow = await t.proxy.get(path, { headers: { accept: OCI_MANIFEST } });
  assert.equal(narrow.status, 502);
  await narrow.body?.cancel();
});

Deno.test("manifests, 429 and 5xx: stale if held, bounded by age; 401, 403 and 404 never", async () => {
  await using t = await setup({}, { cache: { manifests: { stale_if_error: "1d" } } });
  await pull(t);
  const ask = async (status: number) => {
    t.upstream.clearFaults();
    t.upstream.fault({
      path: /manifests\/latest/,
      times: Infinity,
      action: { kind: "answer", status, body: "slow down" },
    });
    const response = await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST);
    await response.body?.cancel();
    return [response.status, response.headers.get("cache-status")];
  };
  for (const status of [429, 500, 502, 503]) {
    assert.deepEqual(await ask(status), [200, "berth; hit; detail=stale"], String(status));
  }
  assert.deepEqual(await ask(403), [403, null]);
  await t.clock.advance(86400e3 + 1);
  assert.deepEqual(await ask(503), [503, null]);
  t.upstream.clearFaults();
  await pull(t);
  assert.deepEqual(await ask(404), [404, null]);
  await t.clock.advance(60e3);
  assert.deepEqual(await ask(503), [503, null], "the tag is gone, not stale");
});

Deno.test("a 404 by tag is remembered for negative_ttl", async () => {
  await using t = await setup({}, { cache: { manifests: { negative_ttl: "10s" } } });
  const ask = async () => {
    const response = await t.proxy.get("/v2/org/app/manifests/soon", MANIFEST);
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual([await ask(), await ask()], [404, 404]);
  assert.equal(t.upstream.count("HEAD", /soon/), 1);
  t.upstream.add("org/app:soon", app);
  assert.equal(await ask(), 404);
  await t.clock.advance(10_001);
  assert.equal(await ask(), 200);
});

Deno.test("while_revalidate serves at once and checks behind", async () => {
  await using t = await setup({}, { cache: { manifests: { while_revalidate: true } } });
  await pull(t);
  const moved = image({ seed: 9 });
  t.upstream.add("org/app:latest", moved);
  const path = "/v2/org/app/manifests/latest";
  const first = await t.proxy.get(path, MANIFEST);
  assert.equal(digestOf(await first.bytes()), app.root.digest);
  let digest = app.root.digest;
  for (let i = 0; digest === app.root.digest && i < 1000; i++) {
    digest = digestOf(await (await t.proxy.get(path, MANIFEST)).bytes());
  }
  assert.equal(digest, moved.root.digest);
});

Deno.test("with the quota nearly used up, what is held is preferred to asking", async () => {
  await using stack = new AsyncDisposableStack();
  const t = stack.use(await setup());
  await pull(t);
  const before = t.upstream.count("HEAD", /manifests/);
  const low = stack.use(
    await startProxy(
      { default_registry: "hub", registries: { hub: { url: t.upstream.url } } },
      { now: t.clock.now, quotaLow: (registry) => registry === "hub" },
      t.cache,
    ),
  );
  const response = await low.get("/v2/org/app/manifests/latest", MANIFEST);
  assert.deepEqual(await response.bytes(), app.root.bytes);
  assert.equal(t.upstream.count("HEAD", /manifests/), before);
});

Deno.test("a registry whose HEAD says too little is asked by GET", async () => {
  await using t = await setup();
  t.upstream.fault({
    method: "HEAD",
    path: /manifests/,
    action: { kind: "headers", headers: { "docker-content-digest": "" } },
  }, { method: "HEAD", path: /manifests/, from: 2, action: { kind: "answer", status: 405 } });
  for (let i = 0; i < 2; i++) {
    const response = await t.proxy.get("/v2/org/app/manifests/latest", MANIFEST);
    assert.deepEqual(await response.bytes(), app.root.bytes);
    assert.equal(response.headers.get("docker-content-digest"), app.root.digest);
  }
});

Deno.test("hot answers, the same bytes and headers as the first hit, each with a record of its own", async () => {
  await using t = await setup({}, { cache: { manifests: { ttl: "1h" } } });
  await pull(t);
  const path = "/v2/org/app/manifests/latest";
  const before = t.proxy.records.length;
  const seen: Record<string, string>[] = [];
  for (let i = 0; i < 4; i++) {
    const response = await t.proxy.get(path, MANIFEST);
    assert.deepEqual(await response.bytes(), app.root.bytes);
    const { date: _, "x-request-id": id, ...headers } = Object.fromEntries(response.headers);
    assert.ok(id);
    seen.push(headers);
  }
  for (const headers of seen) assert.deepEqual(headers, seen[0]);
  const records = t.proxy.records.slice(before);
  assert.equal(new Set(records.map(({ id }) => id)).size, 4);
  for (const record of records) {
    assert.deepEqual([record.cache, record.reference, record.bytes], [
      "hit",
      "latest",
      app.root.bytes.length,
    ]);
  }
  const narrow = await t.proxy.get(path, { headers: { accept: OCI_MANIFEST } });
  await narrow.body?.cancel();
  assert.equal(
    t.upstream.count("HEAD", /manifests\/latest/),
    2,
    "another Accept, another question",
  );
  const part = await t.proxy.get(path, {
    headers: { ...MANIFEST.headers, "if-none-match": `"${app.root.digest}"` },
  });
  assert.equal(part.status, 304);
});

Deno.test("hot answers end with the tag's ttl, its move, its removal and the content's eviction", async () => {
  await using t = await setup({}, { cache: { manifests: { ttl: "1h" } } });
  const path = "/v2/org/app/manifests/latest";
  const heat = async () => {
    await pull(t);
    for (let i = 0; i < 3; i++) await (await t.proxy.get(path, MANIFEST)).bytes();
    return t.upstream.count("HEAD", /manifests/);
  };
  const asked = async () => {
    await (await t.proxy.get(path, MANIFEST)).bytes();
    return t.upstream.count("HEAD", /manifests/);
  };
  let before = await heat();
  assert.equal(await asked(), before, "hot");
  await t.clock.advance(3600e3);
  assert.equal(await asked(), before + 1, "expired");
  before = await heat();
  t.cache.deleteTag("hub", "org/app", "latest");
  assert.equal(await asked(), before + 1, "removed");
  before = await heat();
  await t.cache.evict({ digest: app.root.digest });
  assert.equal(await asked(), before + 1, "evicted");
});
