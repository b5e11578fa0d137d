import assert from "node:assert/strict";
import {
  FORMER_TYPES,
  isManifestType,
  LINKING_TYPES,
  manifestType,
  referencesOf,
} from "../../cache/manifest.ts";

const hex = (digit: string) => `sha256:${digit.repeat(64)}`;
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

Deno.test("referencesOf, names what an image or an index is made of, in order", () => {
  const index = encode({
    schemaVersion: 2,
    manifests: [
      {
        mediaType: "m",
        digest: hex("1"),
        size: 1,
        platform: { os: "linux", architecture: "amd64" },
      },
      {
        mediaType: "m",
        digest: hex("2"),
        size: 2,
        platform: { os: "linux", architecture: "arm", variant: "v7" },
      },
    ],
  });
  assert.deepEqual(referencesOf(index), [
    { digest: hex("1"), kind: "manifest", mediaType: "m", size: 1, platform: "linux/amd64" },
    { digest: hex("2"), kind: "manifest", mediaType: "m", size: 2, platform: "linux/arm/v7" },
  ]);
  const image = encode({
    schemaVersion: 2,
    config: { mediaType: "c", digest: hex("3"), size: 3 },
    layers: [{ mediaType: "l", digest: hex("4"), size: 4 }],
    subject: { mediaType: "m", digest: hex("5"), size: 5 },
  });
  assert.deepEqual(
    referencesOf(image).map(({ digest, kind }) => [digest, kind]),
    [[hex("3"), "config"], [hex("4"), "layer"], [hex("5"), "subject"]],
  );
});

Deno.test("referencesOf, takes anything at all without complaint", () => {
  for (
    const value of [
      null,
      [],
      "text",
      { layers: {} },
      { layers: [null, 5, { digest: 5 }, { digest: "sha256:short" }] },
      { config: [], manifests: "x" },
    ]
  ) assert.deepEqual(referencesOf(encode(value)), []);
  assert.deepEqual(referencesOf(new Uint8Array([0xff, 0xfe])), []);
  assert.deepEqual(referencesOf(encode({ config: { digest: hex("1"), size: "big" } })), [
    { digest: hex("1"), kind: "config", mediaType: "", size: 0, platform: "" },
  ]);
});

Deno.test("media types, are recognised with parameters and guessed without", () => {
  assert.ok(isManifestType("application/vnd.oci.image.index.v1+json; charset=utf-8"));
  assert.ok(isManifestType("Application/vnd.docker.distribution.manifest.v2+json"));
  assert.ok(!isManifestType("application/json"));
});

Deno.test("manifestType, what content is as a manifest, whatever it was called on its way", () => {
  const { ociIndex, ociManifest, dockerList, dockerManifest } = LINKING_TYPES;
  const { schema1, schema1Signed, orasArtifact } = FORMER_TYPES;
  const custom = "application/vnd.acme.model.v1+json";
  const config = { mediaType: "c", digest: hex("3"), size: 3 };
  const octets = "application/octet-stream";
  const table: [what: string, value: unknown, label: string, expected: string][] = [
    ["an index without a type", { schemaVersion: 2, manifests: [] }, octets, ociIndex],
    ["an image without a type", { schemaVersion: 2, layers: [] }, "", ociManifest],
    ["an image of a config alone", { schemaVersion: 2, config }, "", ociManifest],
    ["its type is empty", { schemaVersion: 2, mediaType: "", layers: [] }, "", ociManifest],
    ["its type is null", { schemaVersion: 2, mediaType: null, layers: [] }, "", ociManifest],
    ["the registry says which", { schemaVersion: 2, layers: [] }, dockerManifest, dockerManifest],
    ["with a parameter", { schemaVersion: 2, manifests: [] }, `${dockerList}; q=1`, dockerList],
    ["the registry cannot mean it", { schemaVersion: 2, layers: [] }, ociIndex, ociManifest],
    ["its own word counts", { schemaVersion: 2, mediaType: dockerList }, ociIndex, dockerList],
    ["both at once", { schemaVersion: 2, layers: [], manifests: [] }, ociIndex, ""],
    ["a type of somebody's own", { schemaVersion: 2, mediaType: custom, layers: [] }, "", custom],
    ["that names nothing", { schemaVersion: 2, mediaType: custom }, custom, ""],
    ["a type for browsers", { schemaVersion: 2, mediaType: "text/html", layers: [] }, "", ""],
    ["an artifact without a version", { mediaType: orasArtifact, blobs: [] }, "", orasArtifact],
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, octets, schema1],
    ["schema 1, signed", { schemaVersion: 1, fsLayers: [], signatures: [] }, "", schema1Signed],
    [
      "an image's config",
      { architecture: "amd64", config: { Cmd: [] }, rootfs: {} },
      ociManifest,
      "",
    ],
    ["a chart's config", { name: "chart", version: "1.0.0", apiVersion: "v2" }, ociManifest, ""],
    ["another version", { schemaVersion: 3, layers: [] }, ociManifest, ""],
    ["a list", [], ociManifest, ""],
    ["a word", "schemaVersion", ociManifest, ""],
  ];
  for (const [what, value, label, expected] of table) {
    assert.equal(manifestType(encode(value), label), expected, what);
  }
  const spaced = new TextEncoder().encode('\n\t {"schemaVersion": 2, "layers": []}');
  assert.equal(manifestType(spaced), ociManifest);
  for (const text of ["", "   ", "<html>", '{"schemaVersion":2,"layers":[]', "\0\x1f\x8b"]) {
    assert.equal(manifestType(new TextEncoder().encode(text), ociManifest), "", text);
  }
});

Deno.test("referencesOf, the layers of schema 1 and of artifacts are named, too", () => {
  const digests = (value: unknown) => referencesOf(encode(value)).map(({ digest }) => digest);
  assert.deepEqual(digests({ schemaVersion: 1, fsLayers: [{ blobSum: hex("1") }] }), [hex("1")]);
  assert.deepEqual(digests({ blobs: [{ digest: hex("2"), size: 1 }] }), [hex("2")]);
  assert.deepEqual(digests({ schemaVersion: 1, fsLayers: [null, { blobSum: 5 }] }), []);
});
