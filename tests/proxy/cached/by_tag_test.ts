/** A manifest by its tag where a registry's HEAD, or its GET by digest, does not lead to it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { requireDigest } from "../../../cache/digest.ts";
import { ANY_MANIFEST, MANIFEST_TYPES } from "../../../proxy/oci/manifest.ts";
import { digestOf, image, OCI_INDEX, stored as content } from "../../fake/content.ts";
import { type CachedPair, cachedPair, stored } from "../../fake/pair.ts";
import type { FaultAction } from "../../fake/wire.ts";
import type { FakeRegistryOptions } from "../../fake/registry.ts";
import { app, MANIFEST } from "./cached_pair.ts";

const NAME = "/v2/org/app";
const ALL = { times: Infinity };
const images = { "org/app:latest": app };
const DIGEST = app.root.digest;

const started = (options: FakeRegistryOptions = {}) =>
  cachedPair({ registry: { images, ...options } });

async function ask(t: CachedPair, reference: string, init: RequestInit = MANIFEST) {
  const response = await t.proxy.get(`${NAME}/manifests/${reference}`, init);
  const { headers } = response;
  return {
    status: response.status,
    digest: headers.get("docker-content-digest"),
    type: headers.get("content-type"),
    bytes: await response.bytes(),
  };
}

/** What upstream was asked for manifests: `HEAD latest`, `GET sha256:…`. */
function asked({ upstream }: CachedPair): string[] {
  return upstream.log.filter(({ path }) => path.includes("/manifests/"))
    .map(({ method, path }) => `${method} ${path.split("/").at(-1)}`);
}

const answer = (status: number) => ({ kind: "answer", status, body: "no" }) as const;

Deno.test("by tag, a GET is refused by a GET alone", async () => {
  for (const status of [400, 401, 403, 404, 405, 406, 418, 500, 501, 502, 503]) {
    for (const limit of [1, Infinity]) {
      await using t = await started();
      t.upstream.fault({ method: "HEAD", path: /manifests/, times: limit, action: answer(status) });
      const { bytes, ...found } = await ask(t, "latest");
      assert.deepEqual(found, { status: 200, digest: DIGEST, type: OCI_INDEX }, `${status}`);
      assert.deepEqual(bytes, app.root.bytes);
      assert.equal(asked(t).at(-1), "GET latest");
      await stored(t);
      assert.equal((await ask(t, "latest")).status, 200, `${status} again`);
    }
  }
});

Deno.test("by tag, a HEAD that ends without an answer is no answer to a GET", async () => {
  const loop = { location: "/v2/org/app/manifests/latest" };
  const actions: FaultAction[] = [
    { kind: "close" },
    { kind: "answer", status: 307, headers: loop },
    { kind: "answer", status: 302, headers: { location: "ftp://elsewhere.test/" } },
    { kind: "answer", status: 204 },
    { kind: "headers", headers: { "content-type": "text/html", "docker-content-digest": "" } },
  ];
  for (const action of actions) {
    await using t = await started();
    t.upstream.fault({ method: "HEAD", path: /manifests/, ...ALL, action });
    const { bytes, ...found } = await ask(t, "latest");
    assert.deepEqual(found, { status: 200, digest: DIGEST, type: OCI_INDEX }, action.kind);
    assert.deepEqual(bytes, app.root.bytes);
    await stored(t);
    assert.equal((await ask(t, "latest")).status, 200, `${action.kind} again`);
  }
});

Deno.test("by tag, one whose new manifest cannot be had yet is what it was before, for as long", async () => {
  const moved = image({ seed: 9 });
  const actions: FaultAction[] = [answer(429), answer(500), answer(503), { kind: "close" }];
  for (const action of actions) {
    for (const first of ["GET", "HEAD"]) {
      const title = `${first} ${JSON.stringify(action)}`;
      await using t = await started();
      assert.equal((await ask(t, "latest")).digest, DIGEST);
      await stored(t);
      t.upstream.add("org/app:latest", moved);
      t.upstream.fault({ method: "GET", path: /manifests/, ...ALL, action });
      if (first === "HEAD") {
        const head = await ask(t, "latest", { ...MANIFEST, method: "HEAD" });
        assert.equal(head.digest, moved.root.digest, title);
      }
      for (let count = 0; count < 3; count++) {
        const { status, digest } = await ask(t, "latest");
        assert.deepEqual([status, digest], [200, DIGEST], `${title}, ${count}`);
      }
      t.upstream.clearFaults();
      assert.equal((await ask(t, "latest")).digest, moved.root.digest, title);
      await stored(t);
      t.upstream.fault({ path: /manifests/, ...ALL, action });
      assert.equal((await ask(t, "latest")).digest, moved.root.digest, `${title}, here now`);
    }
  }
});

Deno.test("by tag, what a HEAD was refused with is no answer to a GET, nor is it remembered as one", async () => {
  for (const status of [400, 403, 404, 500]) {
    await using t = await started();
    t.upstream.fault({ method: "HEAD", path: /manifests/, ...ALL, action: answer(status) });
    const head = await ask(t, "latest", { ...MANIFEST, method: "HEAD" });
    assert.equal(head.status, status === 500 ? 502 : status, `${status}`);
    assert.equal((await ask(t, "latest")).status, 200, `${status}`);
  }
});

Deno.test("by tag, both refused: the GET's word is what the client hears", async () => {
  await using t = await started();
  t.upstream.fault({ method: "HEAD", path: /manifests/, ...ALL, action: answer(404) });
  t.upstream.fault({ method: "GET", path: /manifests/, ...ALL, action: answer(403) });
  assert.equal((await ask(t, "latest")).status, 403);
  assert.deepEqual(asked(t), ["HEAD latest", "GET latest"]);
});

Deno.test("by tag, a limit and a client's own sign-in hold for a GET, too", async () => {
  await using limited = await started();
  limited.upstream.fault({ method: "HEAD", path: /manifests/, ...ALL, action: answer(429) });
  assert.equal((await ask(limited, "latest")).status, 429);
  assert.ok(asked(limited).every((request) => request === "HEAD latest"));
  await using own = await cachedPair({
    registry: { images, auth: { scheme: "bearer" } },
    hub: { auth: { mode: "client" } },
  });
  assert.equal((await ask(own, "latest")).status, 401);
  assert.deepEqual(asked(own), ["HEAD latest"]);
});

Deno.test("by tag, only a GET says that a tag is gone that was here before", async () => {
  await using t = await started();
  await ask(t, "latest");
  await stored(t);
  const tags = () => t.cache.tags("hub", "org/app", "latest").length;
  t.upstream.fault({ method: "HEAD", path: /manifests/, ...ALL, action: answer(404) });
  assert.equal((await ask(t, "latest", { ...MANIFEST, method: "HEAD" })).status, 200);
  assert.equal(tags(), 1);
  t.upstream.repository("org/app").tags.clear();
  assert.equal((await ask(t, "latest", { ...MANIFEST, method: "HEAD" })).status, 404);
  assert.equal(tags(), 0);
});

Deno.test("by tag, where the digest cannot be had the tag can", async () => {
  const headers = { "docker-content-digest": DIGEST };
  const actions = {
    "is refused": answer(403),
    "is not there": answer(404),
    "is not understood": answer(400),
    "is an error": answer(500),
    "is something else": { kind: "corrupt" },
    "is a page": { kind: "answer", status: 200, body: "<html>", headers },
  } as const;
  for (const [what, action] of Object.entries(actions)) {
    await using t = await started();
    t.upstream.fault({ method: "GET", path: /manifests\/sha256/, ...ALL, action });
    const clients = await Promise.all([1, 2, 3].map(() => ask(t, "latest")));
    for (const { bytes, ...found } of clients) {
      assert.deepEqual(found, { status: 200, digest: DIGEST, type: OCI_INDEX }, what);
      assert.deepEqual(bytes, app.root.bytes, what);
    }
    await stored(t);
    assert.equal((await ask(t, DIGEST)).status, 200, "it is here now");
  }
});

Deno.test("by tag, Accept chooses; by digest there is nothing to choose", async () => {
  await using t = await started();
  const accept = "application/vnd.oci.image.index.v1+json, text/x-own";
  await ask(t, "latest", { headers: { accept } });
  const sent = t.upstream.log.map(({ method, headers }) => `${method} ${headers.get("accept")}`);
  assert.deepEqual(sent.slice(-2), [`HEAD ${accept}`, `GET ${ANY_MANIFEST}`]);
  const narrow = { headers: { accept: MANIFEST_TYPES.schema1 } };
  const child = app.manifests.find(({ digest }) => digest !== DIGEST)!;
  assert.deepEqual((await ask(t, child.digest, narrow)).bytes, child.bytes);
  assert.equal(t.upstream.log.at(-1)!.headers.get("accept"), ANY_MANIFEST);
});

Deno.test("by tag, a converted manifest comes with its own digest, and as a type the client takes", async () => {
  const docker = MANIFEST_TYPES.dockerManifest;
  const converted = content({ schemaVersion: 2, mediaType: docker, layers: [] }, docker);
  await using t = await started();
  // To a client that takes no index, the registry gives an image, and calls it by the index's digest.
  const body = new TextDecoder().decode(converted.bytes);
  const headers = { "content-type": docker, "docker-content-digest": DIGEST };
  t.upstream.fault({
    path: /manifests\/latest/,
    ...ALL,
    action: { kind: "answer", status: 200, body, headers },
  });
  const client = { headers: { accept: docker } };
  for (let i = 0; i < 3; i++) {
    const { bytes, ...found } = await ask(t, "latest", client);
    assert.deepEqual(found, { status: 200, digest: converted.digest, type: docker });
    assert.deepEqual(bytes, converted.bytes);
    await stored(t);
  }
  // Whoever takes indexes is given what the digest is.
  assert.deepEqual((await ask(t, DIGEST)).bytes, app.root.bytes);
});

Deno.test("by tag, an index for a client that did not ask for one is what the registry chose", async () => {
  await using t = await started();
  const { bytes, type } = await ask(t, "latest", { headers: { accept: "application/json" } });
  assert.equal(type, OCI_INDEX);
  assert.deepEqual(bytes, app.root.bytes);
  assert.deepEqual(asked(t), ["HEAD latest", `GET ${DIGEST}`]);
});

/** A manifest by Docker's first schema as registries sign it (libtrust's JSON signatures). */
function signed(fields: Record<string, unknown>) {
  const payload = JSON.stringify({ schemaVersion: 1, ...fields }, null, 3);
  const end = payload.lastIndexOf("\n}");
  const base64 = (text: string) =>
    new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });
  const protection = JSON.stringify({ formatLength: end, formatTail: base64(payload.slice(end)) });
  const signatures = [{ header: {}, signature: "x", protected: base64(protection) }];
  const text = `${payload.slice(0, end)},\n   "signatures": ${JSON.stringify(signatures)}\n}`;
  const bytes = new TextEncoder().encode(text);
  return { bytes, digest: digestOf(new TextEncoder().encode(payload)) };
}

Deno.test("by tag, a signed manifest of the first schema is checked on what was signed", async () => {
  const mediaType = MANIFEST_TYPES.schema1Signed;
  const { bytes, digest } = signed({ name: "org/old", tag: "1", fsLayers: [] });
  await using t = await started();
  const repository = t.upstream.repository("org/app");
  repository.manifests.set(digest, { digest, mediaType, bytes });
  repository.tags.set("old", digest);
  for (const reference of ["old", digest, "old"]) {
    const found = await ask(t, reference, { headers: { accept: mediaType } });
    assert.deepEqual(found, { status: 200, digest, type: mediaType, bytes }, reference);
  }
  const other = signed({ name: "org/other", tag: "1", fsLayers: [] });
  repository.manifests.set(digest, { digest, mediaType, bytes: other.bytes });
  assert.equal((await ask(t, digest)).status, 502, "of something else");
  const cut = new TextEncoder().encode('{"schemaVersion":1,"fsLayers":[],"signatures":[{}]}');
  repository.manifests.set(digest, { digest, mediaType, bytes: cut });
  assert.equal((await ask(t, digest)).status, 502, "not to be made out");
});

Deno.test("by tag, a blob here is proven by GET where the registry knows no HEAD", async () => {
  const blob = image().blobs[1]!;
  const upstream = { images: { "org/app:latest": app, "org/b:1": image() } };
  await using t = await started(upstream);
  t.upstream.repository("org/app").blobs.set(blob.digest, blob.bytes);
  await (await t.proxy.get(`/v2/org/b/blobs/${blob.digest}`)).bytes();
  await stored(t);
  t.upstream.fault({ method: "HEAD", path: /blobs/, ...ALL, action: answer(403) });
  const there = await t.proxy.get(`${NAME}/blobs/${blob.digest}`);
  assert.deepEqual(await there.bytes(), blob.bytes);
  assert.equal(t.upstream.seen("GET", /blobs/).at(-1)!.headers.get("range"), "bytes=0-0");
  const absent = await t.proxy.get(`/v2/org/none/blobs/${blob.digest}`);
  assert.equal(absent.status, 404);
  await absent.body?.cancel();
});

Deno.test("by tag, one whose manifest was damaged stands again for what has come in its place", async () => {
  for (const text of ["damaged", ""]) {
    await using t = await cachedPair({ registry: { images } }, { memory: 0 });
    assert.equal((await ask(t, "latest")).status, 200);
    await stored(t);
    const { hex } = requireDigest(DIGEST);
    const file = join(t.dir, "blobs/sha256", hex.slice(0, 2), hex);
    if (text) await Deno.writeTextFile(file, text);
    else await Deno.remove(file);
    const { status, bytes } = await ask(t, "latest");
    assert.deepEqual([status, bytes], [200, app.root.bytes]);
    await stored(t);
    const tags = t.cache.tags("hub", "org/app", "latest").map(({ digest }) => digest);
    assert.deepEqual(tags, [DIGEST], text);
    t.upstream.fault({ path: /./, ...ALL, action: { kind: "close" } });
    assert.equal((await ask(t, "latest")).status, 200, "while upstream is away");
  }
});
