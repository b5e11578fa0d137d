import assert from "node:assert/strict";
import { digestOf, image } from "../../fake/content.ts";
import { fakeRegistry } from "../../fake/registry.ts";
import { upstreamAt } from "./support.ts";

const alpine = image({ platforms: ["linux/amd64", "linux/arm64"] });
const images = { "library/alpine:latest": alpine };
const layer = alpine.blobs[1]!;
const blob = {
  method: "GET",
  path: `/v2/library/alpine/blobs/${layer.digest}`,
  scopes: ["repository:library/alpine:pull"],
};
const manifest = { ...blob, path: "/v2/library/alpine/manifests/latest" };

Deno.test("request, pulls anonymously with a token that is fetched once", async () => {
  await using fake = await fakeRegistry({ images, auth: { scheme: "bearer" } });
  await using upstream = upstreamAt(fake.url);
  const { response, url } = await upstream.request(manifest);
  assert.equal(response.status, 200);
  assert.equal(digestOf(await response.bytes()), alpine.root.digest);
  assert.equal(url, `${fake.url}${manifest.path}`);
  const all = await Promise.all([blob, blob, blob].map((one) => upstream.request(one)));
  for (const { response } of all) assert.deepEqual(await response.bytes(), layer.bytes);
  assert.equal(fake.count("GET", /token/, "token"), 1);
  assert.equal(fake.count("GET", /manifests/), 2, "bare, then signed in");
  assert.equal(fake.count("GET", /blobs/), 3, "the token is known by then");
  for (const seen of fake.log) assert.equal(seen.headers.get("accept-encoding"), "identity");
});
