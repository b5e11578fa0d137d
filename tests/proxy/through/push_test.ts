import assert from "node:assert/strict";
import { image, OCI_MANIFEST } from "../../fake/content.ts";
import { startProxy } from "../../fake/proxy.ts";
import { fakeRegistry } from "../../fake/registry.ts";

const pushed = image({ seed: 7 });

Deno.test("push, refused with 405 UNSUPPORTED unless it is allowed", async () => {
  await using upstream = await fakeRegistry();
  await using proxy = await startProxy({
    default_registry: "hub",
    registries: { hub: { url: upstream.url } },
  });
  const attempts: [string, string][] = [
    ["POST", "/v2/a/blobs/uploads/"],
    ["PATCH", "/v2/a/blobs/uploads/id"],
    ["PUT", "/v2/a/manifests/latest"],
    ["DELETE", `/v2/a/manifests/${pushed.root.digest}`],
    ["POST", "/v2/"],
  ];
  for (const [method, path] of attempts) {
    const response = await proxy.get(path, { method });
    assert.equal(response.status, 405, `${method} ${path}`);
    const { errors: [error] } = await response.json();
    assert.equal(error.code, "UNSUPPORTED");
    assert.match(error.message, /allow_push/);
  }
  assert.equal(upstream.log.length, 0);
});

for (const links of ["relative", "absolute"] as const) {
  Deno.test(`push, through ${links} Locations, then pulled again`, async () => {
    await using upstream = await fakeRegistry({ links });
    await using proxy = await startProxy({
      allow_push: true,
      default_registry: "hub",
      registries: { hub: { url: upstream.url, aliases: ["hub.test"], repo_prefix: "acme" } },
    });
    for (const blob of pushed.blobs) {
      const begun = await proxy.get("/v2/hub.test/app/blobs/uploads/", { method: "POST" });
      assert.equal(begun.status, 202);
      const location = begun.headers.get("location")!;
      assert.ok(location.startsWith("/v2/hub.test/app/blobs/uploads/"), location);
      const patched = await proxy.get(location, { method: "PATCH", body: blob.bytes });
      assert.equal(patched.status, 202);
      const next = patched.headers.get("location")!;
      const put = await proxy.get(
        `${next}${next.includes("?") ? "&" : "?"}digest=${blob.digest}`,
        { method: "PUT" },
      );
      assert.equal(put.status, 201);
      assert.equal(put.headers.get("location"), `/v2/hub.test/app/blobs/${blob.digest}`);
    }
    const stored = await proxy.get("/v2/hub.test/app/manifests/latest", {
      method: "PUT",
      headers: { "content-type": OCI_MANIFEST },
      body: pushed.root.bytes,
    });
    assert.equal(stored.status, 201);
    const pulled = await proxy.get("/v2/hub.test/app/manifests/latest", {
      headers: { accept: OCI_MANIFEST },
    });
    assert.deepEqual(await pulled.bytes(), pushed.root.bytes);
    assert.ok(upstream.repositories.has("acme/app"));
    assert.deepEqual([...upstream.repositories.keys()], ["acme/app"]);
  });
}

Deno.test("push, a mount names its source as upstream knows it", async () => {
  await using upstream = await fakeRegistry({ images: { "acme/base:1": pushed } });
  await using proxy = await startProxy({
    allow_push: true,
    default_registry: "hub",
    registries: { hub: { url: upstream.url, repo_prefix: "acme" } },
  });
  const { digest } = pushed.blobs[1]!;
  const path = `/v2/app/blobs/uploads/?mount=${digest}&from=base`;
  const mounted = await proxy.get(path, { method: "POST" });
  assert.equal(mounted.status, 201);
  assert.equal(mounted.headers.get("location"), `/v2/app/blobs/${digest}`);
  assert.equal(upstream.seen("POST", /uploads/)[0]?.query.get("from"), "acme/base");
});

Deno.test("push, an upload address of the registry's own making is sealed and found again", async () => {
  await using upstream = await fakeRegistry();
  await using proxy = await startProxy({
    allow_push: true,
    default_registry: "hub",
    registries: { hub: { url: upstream.url } },
  });
  upstream.fault({
    method: "POST",
    path: /uploads/,
    action: {
      kind: "answer",
      status: 202,
      headers: { location: "/artifacts-uploads/ns/uploads/x?state=1" },
    },
  }, {
    method: "PUT",
    path: "/artifacts-uploads/ns/uploads/x",
    times: 2,
    action: { kind: "answer", status: 201 },
  });
  const begun = await proxy.get("/v2/app/blobs/uploads/", { method: "POST" });
  const location = begun.headers.get("location")!;
  assert.ok(location.startsWith("/v2/app/blobs/uploads/berth~"), location);
  const put = await proxy.get(`${location}?digest=${pushed.root.digest}`, { method: "PUT" });
  assert.equal(put.status, 201);
  const [seen] = upstream.seen("PUT", /artifacts-uploads/);
  assert.equal(seen?.query.get("state"), "1");
  assert.equal(seen?.query.get("digest"), pushed.root.digest);

  const elsewhere = location.replace("/v2/app/", "/v2/other/");
  const forged = await proxy.get(elsewhere, { method: "PUT" });
  assert.equal(forged.status, 404);
  assert.equal((await forged.json()).errors[0].code, "BLOB_UPLOAD_UNKNOWN");
  const garbled = await proxy.get(`${location.slice(0, -4)}AAAA`, { method: "PUT" });
  assert.equal(garbled.status, 404);
  assert.equal(upstream.count("PUT", /artifacts-uploads/), 1);
});

Deno.test("push, an upload at another host is refused", async () => {
  await using upstream = await fakeRegistry();
  await using elsewhere = await fakeRegistry();
  await using proxy = await startProxy({
    allow_push: true,
    default_registry: "hub",
    registries: { hub: { url: upstream.url } },
  });
  const location = `${elsewhere.url}/v2/app/blobs/uploads/1`;
  upstream.fault({
    method: "POST",
    action: { kind: "answer", status: 202, headers: { location } },
  });
  const begun = await proxy.get("/v2/app/blobs/uploads/", { method: "POST" });
  assert.equal(begun.status, 502);
  assert.equal(elsewhere.log.length, 0);
});
