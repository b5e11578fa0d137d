import assert from "node:assert/strict";
import { activityQuery } from "../../../ui/api/schema/activity.ts";
import { blobsQuery, selection } from "../../../ui/api/schema/cache.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { registrySettings } from "../../../ui/api/schema/registries.ts";

Deno.test("blobsQuery, reads numbers and flags out of a query", () => {
  const query = blobsQuery.parse({ page: "3", pinned: "true", search: "sha256:ab" });
  assert.deepEqual(query, {
    page: 3,
    limit: 50,
    order: "desc",
    sort: "lastUsed",
    pinned: true,
    search: "sha256:ab",
  });
});

Deno.test("blobsQuery, never asks for everything at once", () => {
  assert.equal(blobsQuery.safeParse({ limit: "501" }).success, false);
  assert.equal(blobsQuery.safeParse({ page: "0" }).success, false);
});

Deno.test("activityQuery, tells what it expects of a kind", () => {
  const { error } = activityQuery.safeParse({ kind: "layer" });
  assert.match(error!.issues[0]!.message, /manifest/);
});

Deno.test("selection, selects nothing and spares what is pinned unless told", () => {
  assert.deepEqual(selection.parse({}), {
    digests: [],
    images: [],
    registries: [],
    pinned: false,
  });
});

Deno.test("registrySettings, knows every key that the file knows", () => {
  const registry = configSchema.shape.registries.unwrap().valueType;
  assert.deepEqual(Object.keys(registrySettings.shape).sort(), Object.keys(registry.shape).sort());
});
