import assert from "node:assert/strict";
import { join } from "node:path";
import { FileDepot } from "../../../cache/depot/file.ts";
import { blob, withDir } from "../support.ts";
import { putTo, testDepot } from "./depot_suite.ts";

testDepot("FileDepot", (test) => withDir((dir) => test(new FileDepot(dir))), 3_000_000);

Deno.test("FileDepot, refuses a directory of something else, and one that is not there", () =>
  withDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "photo.jpg"), "x");
    await assert.rejects(new FileDepot(dir).open(), {
      kind: "settings",
      message: `cache.depot.url: ${dir} holds other things and no berth-depot.json; ` +
        `name an empty place, such as file://${dir}/berth`,
    });
    await assert.rejects(new FileDepot(join(dir, "absent")).open(), {
      message: `cache.depot.url: there is no directory ${dir}/absent`,
    });
    await Deno.writeTextFile(join(dir, "berth-depot.json"), '{"berth-depot":2,"id":"x"}');
    await assert.rejects(new FileDepot(dir).open(), /is not one that this version of Berth/);
  }));

Deno.test("FileDepot, several may begin at the same time in an empty directory", () =>
  withDir(async (dir) => {
    await Deno.writeTextFile(join(dir, `.${crypto.randomUUID()}.part`), "");
    await Promise.all(Array.from({ length: 20 }, () => new FileDepot(dir).open()));
  }));

Deno.test("FileDepot, leaves nothing behind of what it did not store", () =>
  withDir(async (dir) => {
    const depot = new FileDepot(dir);
    await depot.open();
    const { digest } = blob(10);
    await assert.rejects(putTo(depot, blob(10, 2).bytes, { digest, mediaType: "" }));
    const hex = digest.slice("sha256:".length);
    const place = join(dir, "v1/blobs/sha256", hex.slice(0, 2));
    assert.deepEqual(await Array.fromAsync(Deno.readDir(place)), []);
  }));
