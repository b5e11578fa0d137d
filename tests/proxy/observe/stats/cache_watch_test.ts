import assert from "node:assert/strict";
import { LargerThanCache } from "../../../../cache/errors.ts";
import type { CacheEvent } from "../../../../cache/events.ts";
import { CacheWatch } from "../../../../proxy/observe/stats/cache_watch.ts";
import { evicted } from "../../../fake/evicted.ts";

const about = { digest: "sha256:ab", repository: "docker/library/alpine" };

function fixture() {
  const clock = { now: 1_700_000_000_000 };
  const watch = new CacheWatch(() => clock.now);
  const tell = (...events: CacheEvent[]) => events.forEach(watch.observe);
  return { clock, watch, tell };
}

Deno.test("CacheWatch, not stored until something is stored again", () => {
  const { clock, watch, tell } = fixture();
  const since = clock.now;
  tell({ kind: "not-stored", ...about, error: new Error("No space left on device (os error 28)") });
  clock.now += 1000;
  tell({ kind: "not-stored", ...about, error: new Error("Read-only file system (os error 30)") });
  assert.deepEqual(watch.notStored, {
    since,
    message: "Read-only file system (os error 30)",
    diskFull: false,
  });
  tell({ kind: "fill-end", ...about, size: 1, ms: 1 });
  assert.equal(watch.notStored, undefined);
  tell({ kind: "not-stored", ...about, error: new LargerThanCache(3 * 1024 ** 2, 1024 ** 2) });
  assert.deepEqual(watch.notStored, {
    since: clock.now,
    message: "3 MiB are more than the cache may hold (1 MiB)",
    diskFull: false,
    tooLarge: true,
  });
});

Deno.test("CacheWatch, damage and failed upkeep are told for a day", () => {
  const { clock, watch, tell } = fixture();
  tell(
    { kind: "damaged", ...about, error: new Error("wrong") },
    { kind: "trouble", what: "making room", error: new Error("no") },
  );
  assert.deepEqual([watch.damaged.length, watch.upkeep?.message], [1, "making room: no"]);
  clock.now += 25 * 3600e3;
  assert.deepEqual([watch.damaged.length, watch.upkeep], [0, undefined]);
});

Deno.test("CacheWatch, evicting for room, not by request", () => {
  const { clock, watch, tell } = fixture();
  tell(evicted({ digest: "sha256:ab", size: 1, reason: "asked" }));
  assert.equal(watch.evicting, false);
  tell(evicted({ digest: "sha256:ab", size: 1, reason: "size" }));
  assert.equal(watch.evicting, true);
  clock.now += 5000;
  assert.equal(watch.evicting, false);
});

Deno.test("CacheWatch, a fill resumes until it has got more", () => {
  const { watch, tell } = fixture();
  tell({ kind: "fill-resumed", ...about, offset: 100, error: new Error("cut") });
  assert.equal(watch.isResuming("sha256:ab", 100), true);
  assert.equal(watch.isResuming("sha256:ab", 101), false);
  tell({ kind: "fill-end", ...about, size: 1, ms: 1 });
  assert.equal(watch.isResuming("sha256:ab", 100), false);
});
