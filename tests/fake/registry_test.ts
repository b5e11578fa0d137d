import assert from "node:assert/strict";
import { FakeClock } from "./clock.ts";
import { testCertificate } from "./cert.ts";
import { deterministicBytes, digestOf, image, OCI_INDEX, referrer } from "./content.ts";
import { type FakeRegistry, fakeRegistry } from "./registry.ts";

const alpine = image({ platforms: ["linux/amd64", "linux/arm64"], attestations: true });
const layer = alpine.blobs[1]!;
const blobPath = `/v2/library/alpine/blobs/${layer.digest}`;

async function get(url: string, init?: RequestInit) {
  const response = await fetch(url, { redirect: "manual", ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function withAlpine(options: Parameters<typeof fakeRegistry>[0] = {}): Promise<FakeRegistry> {
  return fakeRegistry({ images: { "library/alpine:latest": alpine }, ...options });
}

Deno.test("fakeRegistry, serves manifests, blobs, ranges, lists and referrers", async () => {
  await using fake = await withAlpine();
  fake.add("library/alpine", referrer(alpine.root, "application/vnd.test"));
  fake.add("library/alpine:edge", image({ seed: 2 }));
  const tag = await get(`${fake.url}/v2/library/alpine/manifests/latest`);
  assert.equal(tag.headers.get("content-type"), OCI_INDEX);
  assert.equal(digestOf(new TextEncoder().encode(tag.text)), alpine.root.digest);
  assert.equal((await get(`${fake.url}/v2/library/alpine/manifests/none`)).status, 404);
  const part = await fetch(fake.url + blobPath, { headers: { range: "bytes=10-19" } });
  assert.equal(part.headers.get("content-range"), `bytes 10-19/${layer.bytes.length}`);
  assert.deepEqual(await part.bytes(), layer.bytes.slice(10, 20));
  const list = await get(`${fake.url}/v2/library/alpine/tags/list?n=1`);
  assert.deepEqual(JSON.parse(list.text), { name: "library/alpine", tags: ["edge"] });
  assert.match(list.headers.get("link")!, /^<\/v2\/library\/alpine\/tags\/list\?n=1&last=edge>/);
  const referrers = await get(`${fake.url}/v2/library/alpine/referrers/${alpine.root.digest}`);
  assert.equal(JSON.parse(referrers.text).manifests.length, 1);
  assert.equal(fake.count("GET", /manifests/), 2);
});

Deno.test("fakeRegistry, hands out tokens and checks their scope", async () => {
  const clock = new FakeClock();
  await using fake = await withAlpine({
    auth: { scheme: "bearer", users: { ann: "secret" }, private: ["private/app"], now: clock.now },
  });
  const refused = await get(fake.url + blobPath);
  assert.equal(refused.status, 401);
  assert.match(
    refused.headers.get("www-authenticate")!,
    /^Bearer realm="http:\/\/127\.0\.0\.1:\d+\/token",service="registry\.test",scope="repository:library\/alpine:pull"$/,
  );
  const answer = await get(`${fake.tokenUrl}/token?scope=repository:library/alpine:pull`);
  const { token } = JSON.parse(answer.text);
  const authorization = `Bearer ${token}`;
  assert.equal((await get(fake.url + blobPath, { headers: { authorization } })).status, 200);
  await clock.advance(301_000);
  assert.equal((await get(fake.url + blobPath, { headers: { authorization } })).status, 401);
  const wrong = await get(`${fake.tokenUrl}/token`, {
    headers: { authorization: `Basic ${btoa("ann:wrong")}` },
  });
  assert.equal(wrong.status, 401);
});

Deno.test("fakeRegistry, redirects to signed URLs that work once", async () => {
  await using fake = await withAlpine({ redirect: { to: "cdn", once: true } });
  const location = (await get(fake.url + blobPath)).headers.get("location")!;
  assert.ok(location.startsWith(fake.cdnUrl));
  const refused = await get(location, { headers: { authorization: "Bearer x" } });
  assert.equal(refused.status, 400);
  assert.equal((await get(location)).status, 200);
  assert.equal((await get(location)).status, 403);
});

Deno.test("fakeRegistry, misbehaves as told, then no more", async () => {
  await using fake = await withAlpine();
  const url = fake.url + blobPath;
  fake.fault({ times: 2, action: { kind: "close" } }); // fetch tries a second time by itself
  await assert.rejects(get(url));
  fake.fault({ action: { kind: "cut", after: 100 } });
  await assert.rejects(get(url));
  fake.fault({ action: { kind: "endless-headers" } });
  await assert.rejects(get(url));
  fake.fault({
    action: { kind: "answer", status: 429, body: "slow", headers: { "retry-after": "1" } },
  });
  assert.equal((await get(url)).headers.get("retry-after"), "1");
  fake.fault({ action: { kind: "stall", after: 10 } });
  const controller = new AbortController();
  const stalled = await fetch(url, { signal: controller.signal });
  const reader = stalled.body!.getReader();
  assert.equal((await reader.read()).value?.length, 10);
  controller.abort();
  await assert.rejects(reader.read());
  assert.equal(await fake.log.at(-1)!.ended, "aborted");
  for (const kind of ["corrupt", "gzip", "no-length"] as const) {
    fake.fault({ action: { kind } });
    const response = await fetch(url);
    const right = digestOf(await response.bytes()) === layer.digest;
    assert.equal(right, kind !== "corrupt", kind);
  }
  fake.fault({ action: { kind: "truncate", to: 5 } });
  assert.equal((await (await fetch(url)).bytes()).length, 5);
  assert.deepEqual(await (await fetch(url)).bytes(), layer.bytes);
});

Deno.test("fakeRegistry, takes an upload in chunks and a mount", async () => {
  await using fake = await fakeRegistry();
  const bytes = deterministicBytes(2048, 7);
  const digest = digestOf(bytes);
  const begun = await get(`${fake.url}/v2/app/blobs/uploads/`, { method: "POST" });
  const location = fake.url + begun.headers.get("location")!;
  const patched = await get(location, { method: "PATCH", body: bytes });
  assert.equal(patched.headers.get("range"), "0-2047");
  const done = await get(`${location}&digest=${digest}`, { method: "PUT" });
  assert.equal(done.status, 201);
  assert.deepEqual(fake.repository("app").blobs.get(digest), bytes);
  const mounted = await get(`${fake.url}/v2/other/blobs/uploads/?mount=${digest}&from=app`, {
    method: "POST",
  });
  assert.equal(mounted.status, 201);
});

Deno.test("fakeRegistry, speaks TLS with a certificate of its own authority", async () => {
  const { ca, ...tls } = await testCertificate();
  await using fake = await fakeRegistry({ tls });
  using client = Deno.createHttpClient({ caCerts: [ca] });
  const response = await fetch(`${fake.url}/v2/`, { client });
  assert.equal(await response.text(), "{}");
});
