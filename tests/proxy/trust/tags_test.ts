import assert from "node:assert/strict";
import { NO_BOOK, TrustBook } from "../../../proxy/trust/book.ts";
import { pinFrozen } from "../../../proxy/trust/tags.ts";

Deno.test("pinFrozen, what tags are frozen to is pinned where it is not yet", async () => {
  const [a, b] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
  const book = await TrustBook.open(NO_BOOK);
  await book.freeze({ image: "docker/library/alpine:3.22", digest: a, by: "ann", at: 0 });
  await book.freeze({ image: "docker/library/alpine:latest", digest: b, by: "ann", at: 0 });
  const pinned: string[] = [];
  pinFrozen({
    pins: () => [{ pattern: "docker/*", configured: true }, { pattern: a, configured: false }],
    pin: (pattern) => void pinned.push(pattern),
  }, book);
  assert.deepEqual(pinned, [b]);
});
