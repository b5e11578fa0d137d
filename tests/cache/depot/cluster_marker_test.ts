import assert from "node:assert/strict";
import { systemClock } from "../../../base/clock.ts";
import type { Depot } from "../../../cache/depot/depot.ts";
import { FileDepot } from "../../../cache/depot/file.ts";
import { S3Depot } from "../../../cache/depot/s3.ts";
import { withDir } from "../support.ts";
import { withPlace } from "./s3_place.ts";

const { signal } = new AbortController();

/** The depot of one place as clusters with these lines of a secret open it. */
type Opener = (clusters?: readonly string[]) => Depot;

const PLACES: Record<string, (test: (open: Opener) => Promise<void>) => Promise<void>> = {
  FileDepot: (test) => withDir((dir) => test((clusters) => new FileDepot(dir, clusters))),
  S3Depot: (test) =>
    withPlace(({ place }) =>
      test((clusters) => new S3Depot({ ...place, ...clusters && { clusters } }, systemClock))
    ),
};

for (const [name, withOpener] of Object.entries(PLACES)) {
  Deno.test(`${name}, belongs to one cluster, whose secret may change line by line`, () =>
    withOpener(async (depot) => {
      const open = (...lines: string[]) => depot(lines).open(signal);
      const id = await open("old");
      assert.equal(await open("old"), id);
      await assert.rejects(open("new"), {
        name: "DepotError",
        kind: "settings",
        message: "cache.depot.url: another cluster has this place, by its cluster.secret; name " +
          "another prefix, or add the line that cluster.secret had before",
      });
      for (const lines of [["old", "new"], ["new", "old"], ["new"]]) {
        assert.equal(await open(...lines), id, lines.join());
      }
      await assert.rejects(open("old"), /another cluster has this place/);
    }));

  Deno.test(`${name}, that was a single Berth's becomes the cluster's, and stays open to that one`, () =>
    withOpener(async (depot) => {
      const id = await depot().open(signal);
      assert.equal(await depot(["ours"]).open(signal), id);
      await assert.rejects(depot(["theirs"]).open(signal), /another cluster/);
      assert.equal(await depot().open(signal), id);
    }));
}
