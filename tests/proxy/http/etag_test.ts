import assert from "node:assert/strict";
import { matchesEtag } from "../../../proxy/http/etag.ts";

Deno.test("matchesEtag, lists, weak tags and the star", () => {
  assert.ok(matchesEtag('"a", W/"b"', '"b"'));
  assert.ok(matchesEtag("*", '"b"'));
  assert.ok(!matchesEtag('"a"', '"b"'));
  assert.ok(!matchesEtag(null, '"b"'));
});
