import assert from "node:assert/strict";
import { nearest } from "../../base/suggest.ts";

Deno.test("nearest, finds the slip and makes nothing up", () => {
  const known = ["listen", "domain_suffix", "default_registry"];
  assert.equal(nearest("lisen", known), "listen");
  assert.equal(nearest("domainSuffix", known), "domain_suffix");
  assert.equal(nearest("default-registry", known), "default_registry");
  assert.equal(nearest("volume", known), undefined);
});
