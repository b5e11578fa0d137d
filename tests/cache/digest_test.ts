import assert from "node:assert/strict";
import { InvalidDigest, parseDigest, requireDigest } from "../../cache/digest.ts";
import { digestOf } from "../../cache/hash.ts";

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
