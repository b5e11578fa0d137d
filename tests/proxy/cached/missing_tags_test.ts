import assert from "node:assert/strict";
import { MissingTags } from "../../../proxy/cached/missing_tags.ts";
import { OciError } from "../../../proxy/oci/errors.ts";

const TAG = { registry: "hub", repository: "org/app", tag: "1" };
const gone = new OciError("MANIFEST_UNKNOWN", { message: "not there" });

Deno.test("MissingTags, what a client was told, for the time to live", () => {
  let now = 1000;
  const missing = new MissingTags({ ttl: 10, now: () => now });
  missing.remember(TAG, "a", gone, missing.pushes);
  assert.equal(missing.get(TAG, "a"), gone);
  assert.equal(missing.get(TAG, "b"), undefined);
  now += 11;
  assert.equal(missing.get(TAG, "a"), undefined);
});

Deno.test("MissingTags, nothing is remembered without a time to live", () => {
  const missing = new MissingTags({ ttl: 0, now: () => 0 });
  missing.remember(TAG, "a", gone, missing.pushes);
  assert.equal(missing.get(TAG, "a"), undefined);
});

Deno.test("MissingTags, forget, whatever the client, and no other tag", () => {
  const missing = new MissingTags({ ttl: 1000, now: () => 1 });
  const others = [
    { ...TAG, tag: "11" },
    { ...TAG, repository: "org/ap" },
    { ...TAG, repository: "app" },
    { ...TAG, registry: "quay" },
  ];
  for (const tag of [TAG, ...others]) {
    for (const client of ["a", "b", ""]) missing.remember(tag, client, gone, missing.pushes);
  }
  missing.forget(TAG);
  for (const client of ["a", "b", ""]) assert.equal(missing.get(TAG, client), undefined);
  for (const tag of others) assert.equal(missing.get(tag, "a"), gone, JSON.stringify(tag));
});

Deno.test("MissingTags, remember, nothing that was asked before a push", () => {
  const missing = new MissingTags({ ttl: 1000, now: () => 1 });
  const { pushes } = missing;
  missing.forget(TAG);
  missing.remember(TAG, "a", gone, pushes);
  assert.equal(missing.get(TAG, "a"), undefined);
});
