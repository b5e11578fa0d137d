import assert from "node:assert/strict";
import { pair as both } from "../fake/pair.ts";
import { digestOf, image, OCI_INDEX, OCI_MANIFEST, referrer } from "../fake/content.ts";
import { startProxy } from "../fake/proxy.ts";
import { fakeRegistry } from "../fake/registry.ts";
import { CLOSED_PORT } from "../fake/ports.ts";

const app = image({ platforms: ["linux/amd64", "linux/arm64"], attestations: true });
const images = { "library/app:latest": app, "library/app:v2": app, "org/tool:1": image() };

const pair = () => both({ registry: { images }, hub: { aliases: ["hub.test"], library: true } });

Deno.test("GET /v2/, answers for itself", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  for (const path of ["/v2/", "/v2", "/hub/v2/", "/v2/?ns=hub.test"]) {
    const response = await proxy.get(path);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("docker-distribution-api-version"), "registry/2.0");
    assert.equal(await response.text(), "{}");
  }
  assert.equal(upstream.log.length, 0);
});

Deno.test("GET manifest, exact bytes and headers, by tag and by digest, however it is named", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const paths = [
    "/v2/app/manifests/latest",
    "/v2/library/app/manifests/latest",
    "/v2/hub.test/app/manifests/latest",
    "/hub.test/v2/app/manifests/latest",
    "/v2/app/manifests/latest?ns=hub.test",
    `/v2/app/manifests/${app.root.digest}`,
    `/v2/app/manifests/${app.root.digest.replace(":", "%3A")}`,
  ];
  for (const path of paths) {
    const response = await proxy.get(path, { headers: { accept: OCI_INDEX } });
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("content-type"), OCI_INDEX);
    assert.equal(response.headers.get("docker-content-digest"), app.root.digest);
    assert.equal(digestOf(await response.bytes()), app.root.digest, path);
  }
});

Deno.test("HEAD manifest, digest, type and length without a body", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const response = await proxy.get("/v2/app/manifests/latest", {
    method: "HEAD",
    headers: { accept: OCI_INDEX },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("docker-content-digest"), app.root.digest);
  assert.equal(response.headers.get("content-length"), String(app.root.bytes.length));
  assert.equal(response.headers.get("content-type"), OCI_INDEX);
});

Deno.test("passManifest, an index and its children, attestations included, are byte-identical", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  for (const manifest of app.manifests) {
    const response = await proxy.get(`/v2/app/manifests/${manifest.digest}`, {
      headers: { accept: `${OCI_INDEX}, ${OCI_MANIFEST}` },
    });
    assert.deepEqual(await response.bytes(), manifest.bytes);
  }
  assert.equal(app.manifests.length, 5);
});

Deno.test("GET blob, whole and in ranges", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const blob = app.blobs[1]!;
  const path = `/v2/app/blobs/${blob.digest}`;
  const whole = await proxy.get(path);
  assert.equal(whole.headers.get("content-length"), String(blob.bytes.length));
  assert.deepEqual(await whole.bytes(), blob.bytes);
  const part = await proxy.get(path, { headers: { range: "bytes=100-199" } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("content-range"), `bytes 100-199/${blob.bytes.length}`);
  assert.deepEqual(await part.bytes(), blob.bytes.slice(100, 200));
  const beyond = await proxy.get(path, { headers: { range: "bytes=999999-" } });
  assert.equal(beyond.status, 416);
  await beyond.body?.cancel();
  const head = await proxy.get(path, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(blob.bytes.length));
});

Deno.test("tags/list, name as asked, pages linked in the client's spelling", async () => {
  for (const links of ["absolute", "relative"] as const) {
    await using upstream = await fakeRegistry({ images, links });
    await using proxy = await startProxy({
      default_registry: "hub",
      registries: { hub: { url: upstream.url, aliases: ["hub.test"], library: true } },
    });
    const first = await proxy.get("/v2/hub.test/app/tags/list?n=1");
    assert.deepEqual(await first.json(), { name: "hub.test/app", tags: ["latest"] });
    const link = /^<([^>]+)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1];
    assert.ok(link?.startsWith("/v2/hub.test/app/tags/list?"), String(link));
    const second = await proxy.get(link!);
    assert.deepEqual(await second.json(), { name: "hub.test/app", tags: ["v2"] });
  }
});

Deno.test("tags/list, n that is no number is a 400", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const response = await proxy.get("/v2/app/tags/list?n=-1");
  assert.equal(response.status, 400);
  assert.equal((await response.json()).errors[0].code, "PAGINATION_NUMBER_INVALID");
});

Deno.test("_catalog, names as the client can ask for them, nothing outside the prefix", async () => {
  await using upstream = await fakeRegistry({
    images: { "acme/prod/a:1": image(), "acme/prod/b:1": image(), "acme/secret:1": image() },
  });
  await using proxy = await startProxy({
    default_registry: "acme",
    registries: { acme: { url: upstream.url, repo_prefix: "acme/prod" } },
  });
  const response = await proxy.get("/v2/_catalog");
  assert.deepEqual(await response.json(), { repositories: ["a", "b"] });
});

Deno.test("referrers, an index, filtered; an empty one where upstream does not know them", async () => {
  const signature = referrer(app.root, "application/vnd.example.signature");
  await using upstream = await fakeRegistry({ images: { ...images, "library/app": signature } });
  await using proxy = await startProxy({
    default_registry: "hub",
    registries: { hub: { url: upstream.url, library: true } },
  });
  const path = `/v2/app/referrers/${app.root.digest}`;
  const found = await proxy.get(path);
  assert.equal(found.headers.get("content-type"), OCI_INDEX);
  assert.equal((await found.json()).manifests.length, 1);
  const filtered = await proxy.get(`${path}?artifactType=other`);
  assert.equal(filtered.headers.get("oci-filters-applied"), "artifactType");
  assert.deepEqual((await filtered.json()).manifests, []);
  upstream.options.referrers = false;
  const missing = await proxy.get(path);
  assert.equal(missing.headers.get("content-type"), OCI_INDEX);
  assert.deepEqual((await missing.json()).manifests, []);
});

Deno.test("route, the same repository and tag on two registries stay apart", async () => {
  await using one = await fakeRegistry({ images: { "org/app:1": image({ seed: 1 }) } });
  await using two = await fakeRegistry({ images: { "org/app:1": image({ seed: 2 }) } });
  await using proxy = await startProxy({
    default_registry: "one",
    registries: { one: { url: one.url }, two: { url: two.url, aliases: ["two.test"] } },
  });
  const accept = { headers: { accept: OCI_MANIFEST } };
  const first = await proxy.get("/v2/org/app/manifests/1", accept);
  const second = await proxy.get("/v2/two.test/org/app/manifests/1", accept);
  assert.equal(digestOf(await first.bytes()), image({ seed: 1 }).root.digest);
  assert.equal(digestOf(await second.bytes()), image({ seed: 2 }).root.digest);
});

Deno.test("records, what kept Berth from asking the registry is a word of its own", async () => {
  const auth = { scheme: "bearer", users: { ann: "right" }, anonymous: false } as const;
  await using upstream = await fakeRegistry({ images, auth });
  const { url } = upstream;
  await using basic = await fakeRegistry({ auth: { scheme: "basic", users: auth.users } });
  const wrong = { username: "ann", password: "wrong" };
  await using proxy = await startProxy({
    default_registry: "hub",
    registries: {
      hub: { url, auth: wrong },
      basic: { url: basic.url, auth: wrong },
      gone: { url: `http://127.0.0.1:${CLOSED_PORT}` },
    },
  });
  const app = "v2/library/app/manifests/latest";
  for (const path of [`/${app}`, `/basic/${app}`, `/gone/${app}`, "/v2/"]) {
    await (await proxy.get(path)).body?.cancel();
  }
  assert.deepEqual(
    proxy.records.map(({ status, upstreamError, upstreamStatus }) => [
      status,
      upstreamError,
      upstreamStatus,
    ]),
    [[502, "auth", 0], [403, "auth", 401], [502, "refused", 0], [200, "", 0]],
  );
});

Deno.test("records, one for each request with registry, repository, reference and result", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  const response = await proxy.get("/v2/app/manifests/latest", { headers: { accept: OCI_INDEX } });
  await response.bytes();
  const missing = await proxy.get("/v2/app/manifests/nope?token=secret");
  const error = (await missing.json()).errors[0];
  assert.equal(error.code, "MANIFEST_UNKNOWN");
  assert.match(error.message, /hub does not have library\/app:nope/);
  await proxy[Symbol.asyncDispose]();
  const [first, second] = proxy.records;
  assert.deepEqual(
    [first?.kind, first?.registry, first?.repository, first?.reference, first?.status],
    ["manifest", "hub", "library/app", "latest", 200],
  );
  assert.equal(first?.bytes, app.root.bytes.length);
  assert.equal(first?.upstreamStatus, 200);
  assert.equal(second?.status, 404);
  assert.equal(second?.error, "MANIFEST_UNKNOWN");
  assert.ok(!second?.path.includes("secret"), second?.path);
});

Deno.test("pages, health, help and the front page", async () => {
  const { upstream, proxy } = await pair();
  await using _ = upstream, __ = proxy;
  assert.deepEqual(await (await proxy.get("/healthz")).json(), { status: "ok" });
  assert.equal((await (await proxy.get("/readyz")).json()).status, "ok");
  assert.deepEqual(await (await proxy.get("/help")).json(), { hub: upstream.url });
  const page = await proxy.get("/");
  assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  const text = await page.text();
  const [, example] = /docker pull (\S+)\/name/.exec(text) ?? [];
  assert.equal(example, `${proxy.host}/hub.test`, "a short name may be off");
  const nothing = await proxy.get("/nothing/here");
  assert.equal(nothing.status, 404);
  assert.equal((await nothing.json()).errors[0].code, "NAME_UNKNOWN");
});
