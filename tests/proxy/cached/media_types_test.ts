/** What content is as a manifest, whichever way it came and whatever it was called on the way. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openCache } from "../../../cache/cache.ts";
import { digestOf, image, OCI_INDEX, OCI_MANIFEST, stored as content } from "../../fake/content.ts";
import { cachedPair, pair, stored } from "../../fake/pair.ts";
import { app } from "./cached_pair.ts";

const OCTETS = "application/octet-stream";
const NAME = "/v2/org/app";
const single = image({ seed: 3 });
const [config, layer] = single.blobs as [typeof single.blobs[0], typeof single.blobs[0]];
const images = { "org/app:latest": app, "org/app:single": single };

/** Registries give every content as a blob, too. */
async function started() {
  const t = await cachedPair({ registry: { images } });
  const { blobs } = t.upstream.repository("org/app");
  for (const { digest, bytes } of [...app.manifests, ...single.manifests]) blobs.set(digest, bytes);
  const ask = async (path: string, method = "GET") => {
    const response = await t.proxy.get(`${NAME}/${path}`, { method });
    const type = response.headers.get("content-type") ?? "";
    const length = Number(response.headers.get("content-length"));
    return { status: response.status, type, length, bytes: await response.bytes() };
  };
  return Object.assign(t, { ask });
}

Deno.test("media types, a manifest that came as a blob is a manifest to whoever asks for one", async () => {
  const { digest, bytes } = single.root;
  const table: [first: string, method: string][] = [
    [`blobs/${digest}`, "GET"],
    [`blobs/${digest}`, "HEAD"],
    [`manifests/${digest}`, "GET"],
    ["manifests/single", "GET"],
  ];
  for (const [first, method] of table) {
    await using t = await started();
    assert.equal((await t.ask(first, method)).status, 200);
    await stored(t);
    for (const path of [`manifests/${digest}`, "manifests/single"]) {
      for (const way of ["GET", "HEAD"]) {
        const { status, type, length } = await t.ask(path, way);
        assert.deepEqual(
          [status, type, length],
          [200, OCI_MANIFEST, bytes.length],
          `${first} ${way} ${path}`,
        );
      }
    }
    await stored(t);
    const children = t.cache.references(digest).map((child) => child.digest);
    assert.deepEqual(children, single.blobs.map((blob) => blob.digest), first);
  }
});

Deno.test("media types, an index named by what spoiled it before is mended when it is asked for", async () => {
  await using t = await started();
  const { digest, bytes } = app.root;
  await t.ask(`manifests/${digest}`);
  await stored(t);
  await t.cache.close();
  using db = new DatabaseSync(`${t.dir}/index.db`);
  db.prepare("UPDATE blobs SET media_type = ?").run(OCTETS);
  db.exec("DELETE FROM refs");
  db.close();
  const again = await openCache({ dir: t.dir, scrubRate: 0 });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => again.close());
  const { proxy } = stack.use(await pair({ registry: { images } }, again));
  for (const method of ["HEAD", "GET", "HEAD"]) {
    const response = await proxy.get(`${NAME}/manifests/${digest}`, { method });
    assert.equal(response.headers.get("content-type"), OCI_INDEX, method);
    assert.equal(response.headers.get("content-length"), String(bytes.length), method);
    await response.body?.cancel();
  }
  assert.equal(again.stat(digest)?.mediaType, OCI_INDEX);
  assert.equal(again.references(digest).length, app.manifests.length - 1);
});

Deno.test("media types, a config or a layer is never a manifest", async () => {
  // As a manifest, this registry gives its config, too, and calls it one; the layer it does not.
  const table: [blob: typeof config, here: boolean, method: string, status: number][] = [
    [config, false, "GET", 404],
    // Of what is not here a registry's own HEAD is all that is known.
    [config, false, "HEAD", 200],
    [config, true, "GET", 404],
    [config, true, "HEAD", 404],
    [layer, false, "GET", 404],
    [layer, false, "HEAD", 404],
    [layer, true, "GET", 404],
    [layer, true, "HEAD", 404],
  ];
  for (const [blob, here, method, expected] of table) {
    await using t = await started();
    const { manifests } = t.upstream.repository("org/app");
    manifests.set(config.digest, { ...config, mediaType: OCI_MANIFEST });
    if (here) await t.ask(`blobs/${blob.digest}`);
    const what = `${blob.mediaType} ${method} ${here}`;
    for (let i = 0; i < 2; i++) {
      assert.equal((await t.ask(`manifests/${blob.digest}`, method)).status, expected, what);
      await stored(t);
    }
    assert.equal((await t.ask(`blobs/${blob.digest}`)).status, 200, what);
  }
});

Deno.test("media types, what a registry calls a manifest counts where the manifest does not say", async () => {
  const docker = "application/vnd.docker.distribution.manifest.v2+json";
  const custom = "application/vnd.acme.model.v1+json";
  const untyped = content({ schemaVersion: 2, layers: [] }, "");
  const own = content({ schemaVersion: 2, mediaType: custom, layers: [] }, "");
  const table: [typeof untyped, called: string, expected: string][] = [
    [untyped, docker, docker],
    [untyped, OCTETS, OCI_MANIFEST],
    [untyped, "text/plain; charset=utf-8", OCI_MANIFEST],
    [untyped, "", OCI_MANIFEST],
    [own, OCTETS, custom],
    [own, custom, custom],
  ];
  for (const [{ digest, bytes }, mediaType, expected] of table) {
    await using t = await started();
    const repository = t.upstream.repository("org/app");
    repository.manifests.set(digest, { digest, bytes, mediaType });
    repository.tags.set("odd", digest);
    for (const path of [`manifests/${digest}`, "manifests/odd", `manifests/${digest}`]) {
      for (const method of ["HEAD", "GET"]) {
        const { status, type } = await t.ask(path, method);
        assert.deepEqual([status, type], [200, expected], `${mediaType} ${method} ${path}`);
      }
      await stored(t);
    }
  }
});

Deno.test("media types, what is no manifest is never passed on as one", async () => {
  const html = "<html><body>Please sign in to the network</body></html>";
  const json = '{"status":"ok"}';
  const digest = (body: string) => digestOf(new TextEncoder().encode(body));
  for (const body of [html, json, "", "null", "[]", '{"schemaVersion":2}']) {
    for (const type of ["text/html", OCI_MANIFEST]) {
      for (const reference of ["latest", app.root.digest, digest(body)]) {
        await using t = await started();
        const headers = { "content-type": type, "docker-content-digest": digest(body) };
        const action = { kind: "answer" as const, status: 200, body, headers };
        t.upstream.fault({ path: /manifests/, times: Infinity, action });
        const { status, bytes } = await t.ask(`manifests/${reference}`);
        // By the digest that it really has, it is content, but not a manifest.
        const expected = reference === digest(body) ? [404] : [502, 404];
        assert.ok(expected.includes(status), `${status} ${type} ${reference} ${body}`);
        const { errors } = JSON.parse(new TextDecoder().decode(bytes));
        assert.match(errors[0].code, /^(MANIFEST_|UNAVAILABLE|DIGEST_INVALID)/);
      }
    }
  }
});

Deno.test("media types, what is no manifest is not passed on as one without a cache either", async () => {
  const page = "<html>sign in</html>";
  const html = { "content-type": "text/html" };
  const blob = `blobs/${app.blobs[1]!.digest}`;
  const references = ["manifests/latest", `manifests/${app.root.digest}`, blob];
  const said = { ...html, "docker-content-digest": digestOf(new TextEncoder().encode(page)) };
  const registry = { images: { "org/app:latest": app } };
  for (
    const begin of [
      () => cachedPair({ registry, hub: { redirects: "pass" } }),
      () => pair({ registry }),
    ]
  ) {
    await using t = await begin();
    for (const path of references) {
      for (const method of ["GET", "HEAD"]) {
        for (const [status, headers] of [[200, html], [200, said], [204, {}]] as const) {
          const body = status === 204 ? "" : page;
          const action = { kind: "answer" as const, status, body, headers };
          t.upstream.fault({ path: /manifests|blobs/, times: Infinity, action });
          const response = await t.proxy.get(`/v2/org/app/${path}`, { method });
          assert.equal(response.status, 502, `${method} ${path} ${status}`);
          assert.doesNotMatch(await response.text(), /html/);
          t.upstream.clearFaults();
        }
        const good = await t.proxy.get(`/v2/org/app/${path}`, { method });
        assert.equal(good.status, 200, `${method} ${path}`);
        await good.body?.cancel();
      }
    }
  }
});
