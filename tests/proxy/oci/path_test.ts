import assert from "node:assert/strict";
import { OciError } from "../../../proxy/oci/errors.ts";
import { parsePath, splitPath } from "../../../proxy/oci/path.ts";

const SHA = `sha256:${"a".repeat(64)}`;

Deno.test("splitPath, finds one segment before v2", () => {
  const table: [string, unknown][] = [
    ["/v2/", { prefix: "", rest: "" }],
    ["/v2", { prefix: "", rest: "" }],
    ["/v2/a/v2/tags/list", { prefix: "", rest: "a/v2/tags/list" }],
    ["/quay/v2/a/tags/list", { prefix: "quay", rest: "a/tags/list" }],
    ["/quay.io/v2/", { prefix: "quay.io", rest: "" }],
    ["/a/b/v2/x", undefined],
    ["/v20/x", undefined],
    ["/", undefined],
  ];
  for (const [path, expected] of table) assert.deepEqual(splitPath(path), expected, path);
});

Deno.test("parsePath, each endpoint of the spec", () => {
  const table: [string, unknown][] = [
    ["", { kind: "ping" }],
    ["_catalog", { kind: "catalog" }],
    ["a/manifests/latest", {
      kind: "manifest",
      name: "a",
      reference: { kind: "tag", value: "latest" },
    }],
    [`a/b/manifests/${SHA}`, {
      kind: "manifest",
      name: "a/b",
      reference: { kind: "digest", value: SHA },
    }],
    [`a/manifests/${SHA.replace(":", "%3A")}`, {
      kind: "manifest",
      name: "a",
      reference: { kind: "digest", value: SHA },
    }],
    [`quay.io/a/blobs/${SHA}`, { kind: "blob", name: "quay.io/a", digest: SHA }],
    [`localhost:5000/a/blobs/${SHA}`, { kind: "blob", name: "localhost:5000/a", digest: SHA }],
    ["a/tags/list", { kind: "tags", name: "a" }],
    ["tags/list/tags/list", { kind: "tags", name: "tags/list" }],
    ["blobs/manifests/manifests/x", {
      kind: "manifest",
      name: "blobs/manifests",
      reference: { kind: "tag", value: "x" },
    }],
    [`a/referrers/${SHA}`, { kind: "referrers", name: "a", digest: SHA }],
    ["a/blobs/uploads/", { kind: "upload", name: "a", id: "" }],
    ["a/blobs/uploads", { kind: "upload", name: "a", id: "" }],
    ["a/blobs/uploads/1-2_3.x", { kind: "upload", name: "a", id: "1-2_3.x" }],
    ["a/uploads/blobs/uploads/id", { kind: "upload", name: "a/uploads", id: "id" }],
  ];
  for (const [rest, expected] of table) assert.deepEqual(parsePath(rest), expected, rest);
});

Deno.test("parsePath, refuses what the grammar does not know", () => {
  const table: [string, string][] = [
    ["A/manifests/x", "NAME_INVALID"],
    ["a//b/manifests/x", "NAME_INVALID"],
    ["../a/manifests/x", "NAME_INVALID"],
    ["a%2fb/manifests/x", "NAME_INVALID"],
    ["a%00/manifests/x", "NAME_INVALID"],
    ["a\0/manifests/x", "NAME_INVALID"],
    ["user:pass@evil/a/manifests/x", "NAME_INVALID"],
    [`${"a".repeat(256)}/manifests/x`, "NAME_INVALID"],
    [`${"a/".repeat(200)}a/manifests/x`, "NAME_INVALID"],
    ["a/manifests/", "TAG_INVALID"],
    ["a/manifests/.x", "TAG_INVALID"],
    [`a/manifests/${"t".repeat(129)}`, "TAG_INVALID"],
    ["a/manifests/x%20y", "TAG_INVALID"],
    ["a/manifests/sha256:abc", "DIGEST_INVALID"],
    [`a/blobs/${SHA.toUpperCase()}`, "DIGEST_INVALID"],
    [`a/blobs/md5:${"a".repeat(32)}`, "DIGEST_INVALID"],
    ["a/blobs/uploads/..", "BLOB_UPLOAD_INVALID"],
    ["a/blobs/uploads/x%2fy", "BLOB_UPLOAD_INVALID"],
    ["a", "NAME_UNKNOWN"],
    ["a/tags", "NAME_UNKNOWN"],
    ["a/tags/lists", "NAME_UNKNOWN"],
  ];
  for (const [rest, code] of table) {
    assert.throws(
      () => parsePath(rest),
      (error) => error instanceof OciError && error.code === code,
      rest,
    );
  }
});
