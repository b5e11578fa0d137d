import assert from "node:assert/strict";
import { find, splitTag } from "../../../ui/web/global_search.ts";

const KNOWN = {
  registries: ["docker", "quay", "harbor"],
  images: [
    { registry: "docker", repository: "library/alpine" },
    { registry: "quay", repository: "libpod/alpine" },
  ],
  clients: [
    { client: "10.7.7.7", name: "node-7.example", user: "" },
    { client: "10.7.7.7", name: "node-7.example", user: "robot" },
  ],
  keys: ["cache.max_size", "cache.dir", "log.requests", "admin.listen"],
};
const texts = (text: string, known = KNOWN) =>
  find(text, known).map(({ kind, text }) => `${kind} ${text}`);

Deno.test("find, pages, registries, images and keys; what begins with it first", () => {
  assert.deepEqual(texts("cache"), [
    "Page Cache: images",
    "Page Cache: digests",
    "Page Cache: prefetch",
    "Page Cache: frozen tags",
    "Setting cache.max_size",
    "Setting cache.dir",
  ]);
  assert.deepEqual(texts("quay"), ["Registry quay", "Image quay/libpod/alpine"]);
  assert.deepEqual(texts("listen"), ["Setting admin.listen"]);
  assert.deepEqual(texts("no such thing"), []);
  assert.equal(find("", KNOWN).some(({ kind }) => kind === "Setting"), false);
});

Deno.test("find, an image by its tag leads to its page, a digest to its own", () => {
  assert.deepEqual(find("alpine:3.22", KNOWN).map(({ text, href }) => [text, href]), [
    ["docker/library/alpine:3.22", "/cache/images/docker/library/alpine:3.22"],
    ["quay/libpod/alpine:3.22", "/cache/images/quay/libpod/alpine:3.22"],
  ]);
  const digest = `sha256:${"a".repeat(64)}`;
  assert.deepEqual(find(digest, KNOWN), [
    { kind: "Image", text: digest, href: `/cache/blobs/${digest}` },
  ]);
});

Deno.test("find, an image with a tag or a digest may be pulled, by who may", () => {
  const digest = `quay.io/org/app@sha256:${"a".repeat(64)}`;
  for (const text of ["alpine:3.22", "quay.io/org/app:v1", "localhost:5000/app:1", digest]) {
    const last = find(` ${text} `, { ...KNOWN, mayPull: true }).at(-1);
    assert.deepEqual([last?.kind, last?.pull, last?.text], ["Pull", text, `Pull ${text} now`]);
    assert.ok(find(text, KNOWN).every(({ pull }) => pull === undefined));
  }
  for (const text of ["alpine", "cache: images", "cache.max_size", "org/app", "", ":1"]) {
    const found = find(text, { ...KNOWN, mayPull: true });
    assert.ok(found.every(({ kind }) => kind !== "Pull"), text);
  }
});

Deno.test("find, a client by its name, its address or who signs in there", () => {
  const both = ["Client node-7.example, 10.7.7.7", "Client node-7.example, 10.7.7.7, robot"];
  assert.deepEqual(texts("node-7"), both);
  assert.deepEqual(texts("10.7.7.7"), both);
  const [found] = find("robot", KNOWN);
  assert.equal(found!.href, "/activity/client?address=10.7.7.7&user=robot&reach=30d");
  assert.equal(find("", KNOWN).some(({ kind }) => kind === "Client"), false);
});

Deno.test("find, at most six of a kind", () => {
  const registries = Array.from({ length: 50 }, (_, i) => `registry-${i}`);
  assert.equal(find("registry", { ...KNOWN, registries }).length, 7, "with the page Add registry");
});

Deno.test("splitTag, a name without a tag stays whole", () => {
  assert.deepEqual(splitTag("alpine"), { name: "alpine", tag: "" });
  assert.deepEqual(splitTag("org/app:v1.2"), { name: "org/app", tag: "v1.2" });
  assert.deepEqual(splitTag("alpine:"), { name: "alpine:", tag: "" });
});
