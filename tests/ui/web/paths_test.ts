import assert from "node:assert/strict";
import { exec } from "preact-iso/router";
import { PAGES } from "../../../ui/pages/later.tsx";
import {
  blobPath,
  clientPath,
  isDecodable,
  registryPath,
  requestPath,
} from "../../../ui/web/paths.ts";

/** The path of the page that `path` leads to, and what the names in it stand for. */
function pageOf(path: string): [string, Record<string, string>] | undefined {
  for (const page of PAGES) {
    const found = exec(path, page.path, { path, query: {}, params: {} });
    if (found) return [page.path, { ...found.params }];
  }
  return undefined;
}

Deno.test("PAGES, each page by its address", () => {
  const table: [string, string | undefined, Record<string, string>?][] = [
    ["/registries", "/registries"],
    ["/registries/", "/registries"],
    ["/registries/new", "/registries/new"],
    ["/registries/quay", "/registries/:name", { name: "quay" }],
    ["/cache", "/cache"],
    ["/cache/blobs", "/cache/blobs"],
    ["/cache/blobs/sha256:ab", "/cache/blobs/:digest", { digest: "sha256:ab" }],
    ["/activity/pulls", "/activity/pulls"],
    ["/activity/clients", "/activity/clients"],
    ["/activity/client", "/activity/client"],
    ["/activity/r%2F1", "/activity/:id", { id: "r/1" }],
    ["/connect/podman", "/connect/:client?", { client: "podman" }],
    ["/login", "/login"],
    ["/nowhere", undefined],
    ["/cache/other", undefined],
    ["/cache/blobs/a/b", undefined],
  ];
  for (const [path, page, names = {}] of table) {
    assert.deepEqual(pageOf(path), page && [page, names], path);
  }
  assert.equal(pageOf("/connect")?.[0], "/connect/:client?");
  assert.equal(pageOf("/connect")?.[1].client, undefined);
});

Deno.test("isDecodable, an address that cannot be decoded is no page's", () => {
  assert.equal(isDecodable("/registries/%E0%A4%A"), false);
  assert.equal(isDecodable("/activity/r%2F1"), true);
});

Deno.test("paths, lead back to their page", () => {
  assert.deepEqual(pageOf(registryPath("a-b")), ["/registries/:name", { name: "a-b" }]);
  assert.deepEqual(pageOf(requestPath("x/y?")), ["/activity/:id", { id: "x/y?" }]);
  assert.deepEqual(pageOf(blobPath("sha256:ab")), ["/cache/blobs/:digest", {
    digest: "sha256:ab",
  }]);
});

Deno.test("clientPath, an address never ends a path, where a server would look for a file", () => {
  assert.equal(clientPath("127.0.0.1", ""), "/activity/client?address=127.0.0.1");
  assert.equal(clientPath("fd00::1", "a b"), "/activity/client?address=fd00%3A%3A1&user=a+b");
});
