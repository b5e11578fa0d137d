/** HEAD: the true size or type, asked for in another way where a registry's HEAD does not say. */
import assert from "node:assert/strict";
import { digestOf, image, OCI_INDEX } from "../../fake/content.ts";
import { cachedPair, stored } from "../../fake/pair.ts";
import type { FakeRegistryOptions } from "../../fake/registry.ts";
import type { Fault, FaultAction } from "../../fake/wire.ts";
import { app } from "./cached_pair.ts";

const NAME = "/v2/org/app";
const large = image({ seed: 5, layers: [150_000] }).blobs[1]!;
const ALL = { times: Infinity };

async function started(options: FakeRegistryOptions, faults: Fault[]) {
  const images = { "org/app:latest": app };
  const t = await cachedPair({ registry: { images, ...options } });
  t.upstream.repository("org/app").blobs.set(large.digest, large.bytes);
  t.upstream.fault(...faults);
  const head = async (path: string) => {
    const response = await t.proxy.get(`${NAME}/${path}`, { method: "HEAD" });
    return {
      status: response.status,
      length: response.headers.get("content-length"),
      type: response.headers.get("content-type"),
      digest: response.headers.get("docker-content-digest"),
    };
  };
  return Object.assign(t, { head });
}

/** What registries and the walls in front of them make of a HEAD. */
const HEADS: Record<string, FaultAction> = {
  "says all": { kind: "headers", headers: {} },
  "says no length": { kind: "no-length" },
  "is chunked": {
    kind: "headers",
    headers: { "content-length": "", "transfer-encoding": "chunked" },
  },
  "says 0": { kind: "headers", headers: { "content-length": "0" } },
  "is not known": { kind: "answer", status: 405 },
  "is about a part": {
    kind: "answer",
    status: 206,
    headers: { "content-range": "bytes 0-9/*" },
    body: "ten bytes.",
  },
};

Deno.test("HEAD of a blob, the true size whatever a registry's HEAD says", async () => {
  const GET: Record<string, [FakeRegistryOptions, Fault[], asked: number]> = {
    "with ranges": [{}, [], 1],
    "without ranges": [{ ranges: false }, [], 1],
    "without ranges or lengths": [{ ranges: false }, [
      { method: "GET", path: /blobs/, ...ALL, action: { kind: "no-length" } },
    ], 2],
  };
  for (const [said, action] of Object.entries(HEADS)) {
    for (const [gives, [options, faults, gets]] of Object.entries(GET)) {
      await using t = await started(options, [
        { method: "HEAD", path: /blobs/, ...ALL, action },
        ...faults,
      ]);
      const what = `${said}, ${gives}`;
      const { status, length, digest } = await t.head(`blobs/${large.digest}`);
      assert.deepEqual(
        [status, length, digest],
        [200, String(large.bytes.length), large.digest],
        what,
      );
      const expected = said === "says all" ? 0 : gets;
      assert.equal(t.upstream.count("GET", /blobs/), expected, what);
    }
  }
});

Deno.test("HEAD of a blob, of nothing at all is 0, and of what is not there 404", async () => {
  const nothing = digestOf(new Uint8Array());
  for (const [said, action] of Object.entries(HEADS)) {
    await using t = await started({}, [{ method: "HEAD", path: /blobs/, ...ALL, action }]);
    t.upstream.repository("org/app").blobs.set(nothing, new Uint8Array());
    const { status, length } = await t.head(`blobs/${nothing}`);
    assert.deepEqual([status, length], [200, "0"], said);
    const absent = await t.head(`blobs/${digestOf(new Uint8Array([1]))}`);
    assert.equal(absent.status, 404, said);
  }
});

Deno.test("HEAD of a manifest, true size and type whatever a registry's HEAD says", async () => {
  const { bytes, digest } = app.root;
  const untyped = { kind: "headers", headers: { "content-type": "" } } as const;
  const octets = {
    kind: "headers",
    headers: { "content-type": "application/octet-stream" },
  } as const;
  const shouted = {
    kind: "headers",
    headers: { "content-type": OCI_INDEX.toUpperCase() },
  } as const;
  const heads = {
    ...HEADS,
    "says no type": untyped,
    "says another type": octets,
    "shouts": shouted,
  };
  for (const [said, action] of Object.entries(heads)) {
    for (const path of ["manifests/latest", `manifests/${digest}`]) {
      await using t = await started({}, [{ method: "HEAD", path: /manifests/, ...ALL, action }]);
      const found = await t.head(path);
      const expected = { status: 200, length: String(bytes.length), type: OCI_INDEX, digest };
      assert.deepEqual(found, expected, `${said} ${path}`);
      const enough = said === "says all" || said === "shouts";
      assert.equal(t.upstream.count("GET", /manifests/), enough ? 0 : 1, said);
    }
  }
});

Deno.test("HEAD by tag, what is here beats what a registry's HEAD says of it", async () => {
  const { bytes, digest } = app.root;
  const lie = {
    "content-length": "7",
    "content-type": "application/vnd.oci.image.manifest.v1+json",
  };
  await using t = await started({}, []);
  await (await t.proxy.get(`${NAME}/manifests/${digest}`)).bytes();
  await stored(t);
  t.upstream.fault({ method: "HEAD", ...ALL, action: { kind: "headers", headers: lie } });
  const found = await t.head("manifests/latest");
  assert.deepEqual(found, { status: 200, length: String(bytes.length), type: OCI_INDEX, digest });
  assert.equal(t.cache.tags("hub", "org/app", "latest")[0]?.size, bytes.length);
});

Deno.test("HEAD of what is passed on, nothing is said of a length that nobody has said", async () => {
  const image = `${NAME}/manifests/latest`;
  const paths = [image, `${NAME}/blobs/${large.digest}`, `${NAME}/tags/list`];
  await using t = await cachedPair({
    registry: { images: { "org/app:latest": app } },
    hub: { redirects: "pass" },
  });
  t.upstream.repository("org/app").blobs.set(large.digest, large.bytes);
  for (const path of paths) {
    const known = await t.proxy.get(path, { method: "HEAD" });
    assert.notEqual(known.headers.get("content-length") ?? "0", "0", path);
  }
  t.upstream.fault({ method: "HEAD", ...ALL, action: { kind: "no-length" } });
  for (const path of paths) {
    const unknown = await t.proxy.get(path, { method: "HEAD" });
    assert.deepEqual([unknown.status, unknown.headers.get("content-length")], [200, null], path);
  }
});

Deno.test("HEAD of a blob, where the storage behind a registry knows no HEAD", async () => {
  for (const status of [403, 405, 501]) {
    await using t = await started({ redirect: { to: "cdn" } }, [
      { server: "cdn", method: "HEAD", ...ALL, action: { kind: "answer", status } },
    ]);
    const { status: told, length } = await t.head(`blobs/${large.digest}`);
    assert.deepEqual([told, length], [200, String(large.bytes.length)], `${status}`);
  }
});
