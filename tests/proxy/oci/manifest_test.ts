import assert from "node:assert/strict";
import { acceptKey, accepts, joinAccept, MANIFEST_TYPES } from "../../../proxy/oci/manifest.ts";

Deno.test("joinAccept, six separate lines become one without repetition", () => {
  const headers = new Headers();
  for (const type of ["a/b", "c/d", "a/b", "*/*"]) headers.append("accept", type);
  assert.equal(joinAccept(headers), "a/b, c/d, */*");
  assert.equal(joinAccept(new Headers()), "");
});

Deno.test("acceptKey, the same for every order, different where the answer can differ", () => {
  const { ociIndex, ociManifest, dockerManifest } = MANIFEST_TYPES;
  assert.equal(
    acceptKey(`${ociManifest};q=0.5, ${ociIndex}`),
    acceptKey(`${ociIndex},${ociManifest}, text/html`),
  );
  assert.notEqual(acceptKey(ociIndex), acceptKey(dockerManifest));
  assert.notEqual(acceptKey(ociIndex), acceptKey(`${ociIndex}, */*`));
  assert.equal(acceptKey(""), "");
});

Deno.test("accepts, by type or by wildcard", () => {
  const { ociIndex, dockerManifest } = MANIFEST_TYPES;
  assert.ok(accepts(ociIndex, ociIndex));
  assert.ok(accepts("*/*", ociIndex));
  assert.ok(!accepts(dockerManifest, ociIndex));
  assert.ok(!accepts("", ociIndex));
});
