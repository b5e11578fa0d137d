import assert from "node:assert/strict";
import { join } from "node:path";
import deno from "../../deno.json" with { type: "json" };
import { BUILD_FILE, describeVersion } from "../../cli/version.ts";

Deno.test("describeVersion, from source says so", () => {
  assert.equal(describeVersion("/nowhere", false), `${deno.version} (source)`);
});

for (const [commit, expected] of [["4c364e2c1a0b", " (4c364e2c1a0b)"], ["", ""]]) {
  Deno.test(`describeVersion, in an executable of commit "${commit}"`, async () => {
    const root = await Deno.makeTempDir();
    try {
      await Deno.mkdir(join(root, "dist"));
      await Deno.writeTextFile(join(root, BUILD_FILE), JSON.stringify({ commit }));
      assert.equal(describeVersion(root, true), deno.version + expected);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}
