import assert from "node:assert/strict";
import { flagUsage } from "../../cli/usage.ts";
import { OPTIONS } from "../../proxy/config/options.ts";

Deno.test("flagUsage, has every flag, with its default", () => {
  const usages = flagUsage();
  const defaultOf = (wanted: string) => usages.find(({ flag }) => flag === wanted)?.default;
  assert.equal(defaultOf("--listen ADDRESS"), ":8080");
  assert.equal(defaultOf("--cache-max-size SIZE"), "32GiB");
  assert.equal(defaultOf("--log-level debug|info|warn|error"), "info");
  assert.equal(defaultOf("--registries-NAME-url URL"), "");
  assert.equal(usages.length, OPTIONS.length);
});
