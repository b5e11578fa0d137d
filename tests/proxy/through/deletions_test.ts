import assert from "node:assert/strict";
import { cachedPair } from "../../fake/pair.ts";
import type { Cache } from "../../../cache/api.ts";
import { digestOf, image, OCI_MANIFEST } from "../../fake/content.ts";

const app = image();
const [, LAYER] = app.blobs;
const ACCEPT = { accept: OCI_MANIFEST };

/** Berth with a cache and pushes allowed, in front of a registry that holds `app` as org/app:latest. */
async function setup() {
  const registry = { images: { "org/app:latest": app } };
  const both = await cachedPair({ registry, settings: { allow_push: true } });
  return Object.assign(both, {
    /** The status of a request about org/app. */
    async status(method: string, path: string, body?: Uint8Array<ArrayBuffer>): Promise<number> {
      const headers = body ? { "content-type": OCI_MANIFEST } : ACCEPT;
      const response = await both.proxy.get(`/v2/org/app/${path}`, {
        method,
        headers,
        ...body && { body },
      });
      await response.bytes();
      return response.status;
    },
  });
}

/** The last byte arrives when it is verified; a moment later it is stored. */
async function stored(cache: Cache): Promise<void> {
  while (cache.fills().length > 0) await new Promise((resolve) => setImmediate(resolve));
}

const MANIFEST = `manifests/${app.root.digest}`;
const BLOB = `blobs/${LAYER!.digest}`;

for (
  const { what, deleted, gone } of [
    { what: "a blob", deleted: BLOB, gone: [BLOB] },
    { what: "a manifest", deleted: MANIFEST, gone: [MANIFEST, "manifests/latest"] },
    { what: "a tag", deleted: "manifests/latest", gone: ["manifests/latest"] },
  ]
) {
  for (const past of [false, true]) {
    const by = past ? "past Berth, then through it (404)" : "through Berth";
    Deno.test(`change, ${what} deleted ${by}, is not there afterwards`, async () => {
      await using t = await setup();
      for (const path of gone) {
        assert.equal(await t.status("GET", path), 200);
        assert.equal(await t.status("HEAD", path), 200);
      }
      if (past) {
        const response = await fetch(`${t.upstream.url}/v2/org/app/${deleted}`, {
          method: "DELETE",
        });
        assert.equal(response.status, 202);
      }
      assert.equal(await t.status("DELETE", deleted), past ? 404 : 202);
      for (const path of gone) {
        assert.equal(await t.status("HEAD", path), 404, `HEAD ${path}`);
        assert.equal(await t.status("GET", path), 404, `GET ${path}`);
      }
    });
  }
}

Deno.test("change, a deletion that upstream refuses leaves everything as it was", async () => {
  await using t = await setup();
  for (const status of [401, 403, 405, 500]) {
    for (const path of [MANIFEST, "manifests/latest"]) {
      assert.equal(await t.status("GET", "manifests/latest"), 200);
      t.upstream.fault({ method: "DELETE", times: 1, action: { kind: "answer", status } });
      assert.ok(await t.status("DELETE", path) >= 400);
      assert.ok(t.cache.linked("hub/org/app", app.root.digest), `${status}: ${path}`);
      assert.equal(t.cache.tags("hub", "org/app", "latest").length, 1, `${status}: ${path}`);
    }
  }
});

Deno.test("change, deleted content is not held under its digest by another algorithm", async () => {
  await using t = await setup();
  const { digest, bytes, mediaType } = app.root;
  const alias = digestOf(bytes, "sha512");
  await t.cache.put(digest, bytes, mediaType, "hub/org/app");
  await t.cache.put(alias, bytes, mediaType, "hub/org/app");
  await t.cache.put(alias, bytes, mediaType, "hub/org/other");
  assert.equal(await t.status("HEAD", `manifests/${alias}`), 200);
  assert.equal(await t.status("DELETE", MANIFEST), 202);
  assert.equal(await t.status("HEAD", `manifests/${alias}`), 404);
  assert.ok(t.cache.linked("hub/org/other", alias), "another repository's content stays");
});

/** Content that has come by `digest` and is held back from the disk until it is released. */
function coming(t: { cache: Cache }, digest: string, bytes: Uint8Array<ArrayBuffer>) {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  // Small content is handed out when it has been checked.
  const filling = t.cache.fill(digest, () => {
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await promise;
        controller.enqueue(bytes);
        controller.close();
      },
    });
    return Promise.resolve({ offset: 0, total: bytes.length, mediaType: "", body });
  }, { repository: "hub/org/app" });
  return {
    async arrived() {
      release();
      const { body } = await filling;
      await new Response(body as BodyInit).bytes();
      await stored(t.cache);
    },
  };
}

Deno.test("change, a blob deleted while it is being fetched is not held when that has ended", async () => {
  await using t = await setup();
  t.cache.unlink("hub/org/app", LAYER!.digest);
  const { digest, bytes } = LAYER!;
  const { arrived } = coming(t, digest, bytes);
  assert.deepEqual(t.cache.fills().map((fill) => fill.digest), [digest]);
  assert.equal(await t.status("DELETE", BLOB), 202);
  await arrived();
  assert.equal(await t.status("HEAD", BLOB), 404);
});

Deno.test("change, nor is it held under another algorithm while nothing is known of its size", async () => {
  const { digest, bytes, mediaType } = LAYER!;
  const alias = digestOf(bytes, "sha512");
  await using t = await setup();
  t.cache.unlink("hub/org/app", digest);
  await t.cache.put(alias, bytes, mediaType, "hub/org/app");
  assert.equal(await t.status("DELETE", BLOB), 202);
  assert.equal(await t.status("HEAD", `blobs/${alias}`), 404);
});

Deno.test("change, nor is it held under another algorithm, whichever of both is being fetched", async () => {
  const { digest, bytes, mediaType } = LAYER!;
  const alias = digestOf(bytes, "sha512");
  for (const [here, way] of [[digest, alias], [alias, digest]] as const) {
    await using t = await setup();
    t.cache.unlink("hub/org/app", digest);
    await t.cache.put(here, bytes, mediaType, "hub/org/app");
    const { arrived } = coming(t, way, bytes);
    assert.equal(await t.status("DELETE", BLOB), 202);
    await arrived();
    for (const gone of [digest, alias]) {
      assert.equal(
        await t.status("HEAD", `blobs/${gone}`),
        404,
        `${here.slice(0, 6)} here: ${gone}`,
      );
    }
  }
});

Deno.test("change, a tag that was missing and is pushed is there at once", async () => {
  await using t = await setup();
  assert.equal(await t.status("HEAD", "manifests/soon"), 404);
  for (let i = 0; i < 2; i++) {
    assert.equal(await t.status("GET", "manifests/soon"), 404);
    assert.equal(await t.status("HEAD", "manifests/soon"), 404);
  }
  assert.equal(t.upstream.count("HEAD", /soon/), 2, "once for a HEAD, once for a GET");
  assert.equal(t.upstream.count("GET", /soon/), 1, "the first answer is remembered");
  assert.equal(await t.status("PUT", "manifests/soon", app.root.bytes), 201);
  assert.equal(await t.status("HEAD", "manifests/soon"), 200);
  assert.equal(await t.status("GET", "manifests/soon"), 200);
});
