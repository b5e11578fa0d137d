/** The small parts that everything else rests on. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { digestOf, InvalidDigest, parseDigest, requireDigest } from "../../cache/digest.ts";
import { RangeNotSatisfiable } from "../../cache/errors.ts";
import { isManifestType, referencesOf, sniffMediaType } from "../../cache/manifest.ts";
import { Memory } from "../../cache/blobs/memory.ts";
import type { ByteRange } from "../../base/byte_range.ts";
import { resolveRange } from "../../cache/range.ts";

Deno.test("parseDigest, takes the two algorithms in their one spelling", () => {
  const hex = "0123456789abcdef".repeat(4);
  assert.deepEqual(parseDigest(`sha256:${hex}`), { algorithm: "sha256", hex });
  assert.deepEqual(parseDigest(`sha512:${hex}${hex}`), { algorithm: "sha512", hex: hex + hex });
  for (
    const text of [
      "",
      "sha256:",
      hex,
      `sha256:${hex.toUpperCase()}`,
      `sha256:${hex}0`,
      `sha512:${hex}`,
      `sha256:${hex}\n`,
      `md5:${hex.slice(32)}`,
      `sha256:${"../".repeat(21)}a`,
      `SHA256:${hex}`,
    ]
  ) {
    assert.equal(parseDigest(text), undefined, JSON.stringify(text));
    assert.throws(() => requireDigest(text), InvalidDigest);
  }
});

Deno.test("digestOf, is what the standard says", () => {
  assert.equal(
    digestOf(new TextEncoder().encode("abc")),
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assert.match(digestOf(new Uint8Array(), "sha512"), /^sha512:cf83e1357eefb8bd/);
});

Deno.test("resolveRange, agrees with RFC 9110, section 14.1.2", () => {
  const table: [ByteRange | undefined, size: number, [number, number] | undefined][] = [
    [undefined, 10, [0, 10]],
    [undefined, 0, [0, 0]],
    [{ start: 0 }, 10, [0, 10]],
    [{ start: 3, end: 5 }, 10, [3, 6]],
    [{ start: 9, end: 9 }, 10, [9, 10]],
    [{ start: 3, end: 500 }, 10, [3, 10]],
    [{ start: 10 }, 10, undefined],
    [{ start: 5, end: 4 }, 10, undefined],
    [{ start: 0 }, 0, undefined],
    [{ suffix: 3 }, 10, [7, 10]],
    [{ suffix: 30 }, 10, [0, 10]],
    [{ suffix: 0 }, 10, undefined],
    [{ suffix: 1 }, 0, undefined],
  ];
  for (const [range, size, expected] of table) {
    if (expected) {
      const [start, end] = expected;
      assert.deepEqual(resolveRange(range, size), { start, end }, JSON.stringify(range));
    } else {
      assert.throws(() => resolveRange(range, size), (error: RangeNotSatisfiable) => {
        assert.ok(error instanceof RangeNotSatisfiable);
        assert.equal(error.size, size);
        return true;
      });
    }
  }
});

Deno.test("resolveRange, never leaves the content", () => {
  fc.assert(fc.property(
    fc.nat(),
    fc.oneof(
      fc.record({ start: fc.nat() }),
      fc.record({ start: fc.nat(), end: fc.nat() }),
      fc.record({ suffix: fc.nat() }),
    ),
    (size, range) => {
      try {
        const { start, end } = resolveRange(range, size);
        assert.ok(0 <= start && start < end && end <= size);
      } catch (error) {
        assert.ok(error instanceof RangeNotSatisfiable);
      }
    },
  ));
});

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

Deno.test("Memory, holds what was used last within its bytes, and nothing large", () => {
  const memory = new Memory(3000);
  for (const name of ["a", "b"]) memory.set(name, new Uint8Array(1000), "t");
  assert.equal(memory.get("a")?.bytes.length, 1000);
  memory.set("c", new Uint8Array(1000), "t");
  assert.deepEqual(["a", "b", "c"].map((name) => memory.get(name) !== undefined), [
    true,
    false,
    true,
  ]);
  memory.resize(1500);
  assert.deepEqual(["a", "c"].map((name) => memory.get(name) !== undefined), [false, true]);
  memory.delete("c");
  assert.equal(memory.size, 0);
  const large = new Memory(10 * 2 ** 20);
  large.set("big", new Uint8Array(2 ** 20 + 1), "t");
  assert.equal(large.get("big"), undefined);
  new Memory(0).set("x", new Uint8Array(1), "t");
});
