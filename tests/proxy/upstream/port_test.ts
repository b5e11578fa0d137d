import assert from "node:assert/strict";
import { portOf } from "../../../proxy/upstream/port.ts";

Deno.test("portOf, the scheme's where the URL has none", () => {
  assert.equal(portOf(new URL("https://a.test")), 443);
  assert.equal(portOf(new URL("http://a.test")), 80);
  assert.equal(portOf(new URL("http://a.test:5000")), 5000);
});
