import assert from "node:assert/strict";
import {
  blobPath,
  matchRoute,
  registryPath,
  requestPath,
  type Route,
} from "../../../ui/web/routes.ts";

Deno.test("matchRoute, each page by its address", () => {
  const table: [string, Route][] = [
    ["/", { page: "overview" }],
    ["/registries", { page: "registries" }],
    ["/registries/", { page: "registries" }],
    ["/registries/new", { page: "registry-new" }],
    ["/registries/quay", { page: "registry", name: "quay" }],
    ["/cache", { page: "images" }],
    ["/cache/blobs", { page: "blobs" }],
    ["/cache/blobs/sha256:ab", { page: "blob", digest: "sha256:ab" }],
    ["/activity/r%2F1", { page: "request", id: "r/1" }],
    ["/connect", { page: "connect", client: "" }],
    ["/connect/podman", { page: "connect", client: "podman" }],
    ["/login", { page: "login" }],
    ["/nowhere", { page: "unknown" }],
    ["/cache/other", { page: "unknown" }],
    ["/cache/blobs/a/b", { page: "unknown" }],
    ["/registries/%E0%A4%A", { page: "unknown" }],
  ];
  for (const [path, route] of table) assert.deepEqual(matchRoute(path), route, path);
});

Deno.test("paths, lead back to their page", () => {
  assert.deepEqual(matchRoute(registryPath("a-b")), { page: "registry", name: "a-b" });
  assert.deepEqual(matchRoute(requestPath("x/y?")), { page: "request", id: "x/y?" });
  assert.deepEqual(matchRoute(blobPath("sha256:ab")), { page: "blob", digest: "sha256:ab" });
});
