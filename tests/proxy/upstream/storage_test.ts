import assert from "node:assert/strict";
import { UpstreamError } from "../../../proxy/upstream/errors.ts";
import { isStorage } from "../../../proxy/upstream/storage.ts";
import { FakeClock } from "../../fake/clock.ts";
import { image } from "../../fake/content.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import type { FaultAction } from "../../fake/wire.ts";
import { upstreamAt } from "./support.ts";
import { CLOSED_PORT } from "../../fake/ports.ts";

const app = image();
const images = { "org/app:1": app };
const layer = app.blobs[1]!;
const blob = {
  method: "GET",
  path: `/v2/org/app/blobs/${layer.digest}`,
  scopes: ["repository:org/app:pull"],
};
const instant = { delay: () => Promise.resolve() };

Deno.test("isStorage, content that is at no registry's path", () => {
  const table: [path: string, url: string, storage: boolean][] = [
    ["/v2/a/blobs/sha256:1", "https://r.test/v2/a/blobs/sha256:1", false],
    ["/v2/a/blobs/sha256:1", "https://b.s3.amazonaws.com/docker/registry/v2/blobs/data", true],
    ["/v2/a/blobs/sha256:1", "https://cdn.test/sha256/1?sig=x", true],
    ["/v2/a/blobs/sha256:1", "https://r.test/data/1", true],
    ["/v2/pause/manifests/3", "https://eu.pkg.dev/v2/k8s/images/pause/manifests/3", false],
    ["/v2/pause/manifests/3", "https://cdn.test/manifest", true],
    ["/v2/a/referrers/sha256:1", "https://github.test/-/v2/x", false],
    ["/v2/a/tags/list", "https://github.test/x", false],
    ["/v2/a/blobs/uploads/", "https://cdn.test/x", false],
  ];
  for (const [path, url, storage] of table) {
    assert.equal(isStorage(path, new URL(url)), storage, `${path} → ${url}`);
  }
});

Deno.test("storage, what it answers is no verdict of the registry, which is asked for a fresh URL", async () => {
  const answers: FaultAction[] = [400, 401, 403, 404, 410, 429, 500, 502, 503, 504]
    .map((status) => ({ kind: "answer", status, body: "<Error/>" }));
  for (const action of answers) {
    for (const to of ["cdn", "self"] as const) {
      const name = `${JSON.stringify(action)} ${to}`;
      const data = { path: /^\/data\//, method: "GET" };
      await using fake = await fakeRegistry({ images, redirect: { to, once: true } });
      await using upstream = upstreamAt(fake.url, {}, { clock: fastClock() });
      fake.fault({ ...data, action });
      const { response } = await upstream.request(blob);
      assert.deepEqual(await response.bytes(), layer.bytes, name);
      assert.equal(fake.count("GET", /blobs/), 2, name);

      fake.fault({ ...data, times: Infinity, action });
      await assert.rejects(upstream.request(blob), (error: UpstreamError) => {
        const { host } = new URL(to === "cdn" ? fake.cdnUrl : fake.url);
        assert.deepEqual([error.kind, error.status], ["storage", 502], name);
        assert.ok(error.message.startsWith(`test: its storage at ${host}`), error.message);
        assert.doesNotMatch(error.message, /sig=|data\//);
        return true;
      });
      assert.equal(fake.count("GET", /blobs/), 5, "bounded by the retries");
    }
  }
});

Deno.test("storage, it closes every connection: that is told of it, and not of the registry", async () => {
  await using fake = await fakeRegistry({ images, redirect: { to: "cdn" } });
  await using upstream = upstreamAt(fake.url, {}, { clock: fastClock() });
  fake.fault({ path: /^\/data\//, times: Infinity, action: { kind: "close" } });
  await assert.rejects(upstream.request(blob), (error: UpstreamError) => {
    assert.deepEqual([error.kind, error.status], ["storage", 502]);
    return true;
  });
  assert.equal(fake.count("GET", /blobs/), 3);
});

Deno.test("storage, nothing listens there: a fresh URL is asked for, then it is named", async () => {
  const to = () => `http://127.0.0.1:${CLOSED_PORT}/layer?sig=secret`;
  await using fake = await fakeRegistry({ images, redirect: { to } });
  await using upstream = upstreamAt(fake.url, {}, { clock: fastClock() });
  await assert.rejects(upstream.request(blob), (error: UpstreamError) => {
    assert.equal(error.status, 502);
    assert.equal(
      error.message,
      `test: its storage at 127.0.0.1:${CLOSED_PORT}: the connection was refused`,
    );
    return true;
  });
  assert.equal(fake.count("GET", /blobs/), 3);
});

Deno.test("storage, a range beyond the content and another registry's 404 stand", async () => {
  await using fake = await fakeRegistry({ images, redirect: { to: "cdn" } });
  await using upstream = upstreamAt(fake.url);
  const beyond = await upstream.request({ ...blob, headers: { range: "bytes=99999999-" } });
  await beyond.response.body?.cancel();
  assert.equal(beyond.response.status, 416);
  assert.equal(fake.count("GET", /blobs/), 1);

  await using region = await fakeRegistry({ images: {} });
  const to = (digest: string) => `${region.url}/v2/org/app/manifests/${digest}`;
  await using global = await fakeRegistry({ images, redirect: { to, manifests: true } });
  await using redirected = upstreamAt(global.url);
  const missing = await redirected.request({ ...blob, path: "/v2/org/app/manifests/1" });
  await missing.response.body?.cancel();
  assert.equal(missing.response.status, 404);
  assert.equal(global.count("GET", /manifests/), 1);
});

function fastClock() {
  const clock = new FakeClock();
  return { ...clock, now: clock.now, after: clock.after, ...instant };
}
