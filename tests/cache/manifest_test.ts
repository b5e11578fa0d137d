import assert from "node:assert/strict";
import { isManifestType, referencesOf, sniffMediaType } from "../../cache/manifest.ts";

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
  const table: [unknown, string][] = [
    [{ schemaVersion: 2, manifests: [] }, "application/vnd.oci.image.index.v1+json"],
    [{ schemaVersion: 2, layers: [] }, "application/vnd.oci.image.manifest.v1+json"],
    [
      { schemaVersion: 2, mediaType: "application/vnd.docker.distribution.manifest.v2+json" },
      "application/vnd.docker.distribution.manifest.v2+json",
    ],
    [{ schemaVersion: 2, mediaType: "text/plain", layers: [] }, ""],
    [{ architecture: "amd64" }, ""],
    [[], ""],
  ];
  for (const [value, expected] of table) assert.equal(sniffMediaType(encode(value)), expected);
});
