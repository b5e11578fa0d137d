import assert from "node:assert/strict";
import type { EvictionPlan } from "../../../ui/api/schema/cache.ts";
import {
  type Chosen,
  chosenText,
  consequencesOf,
  evictText,
  toggled,
  toSelection,
} from "../../../ui/web/selection.ts";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");
const PLAN: EvictionPlan = {
  digests: 3,
  bytes: 412 * 2 ** 20,
  tags: 1,
  pinnedDigests: 0,
  pinnedBytes: 0,
  sharedDigests: 2,
  sharedBytes: 31 * 2 ** 20,
  inUseDigests: 0,
  largest: [],
  repositories: [],
  repositoryCount: 1,
};

function choose(): Chosen {
  let chosen: Chosen = new Map();
  chosen = toggled(chosen, "a", { registry: "docker", repository: "library/alpine" });
  chosen = toggled(chosen, "b", { registry: "quay", repository: "org/app", tag: "1" });
  chosen = toggled(chosen, "c", { digest: "sha256:ab" });
  return chosen;
}

Deno.test("toSelection, images and digests that are chosen", () => {
  assert.deepEqual(toSelection(choose()), {
    images: [
      { registry: "docker", repository: "library/alpine" },
      { registry: "quay", repository: "org/app", tag: "1" },
    ],
    digests: ["sha256:ab"],
  });
});

Deno.test("toggled, twice is not at all", () => {
  const twice = toggled(choose(), "b", { digest: "" });
  assert.equal(plain(chosenText(twice)), "1 repository, 1 digest");
});

Deno.test("chosenText, says how many of what", () => {
  assert.equal(plain(chosenText(choose())), "1 repository, 1 tag, 1 digest");
});

Deno.test("evictText, names what the button deletes", () => {
  assert.equal(plain(evictText(PLAN)), "Evict 3 digests, 412 MiB");
  assert.equal(plain(evictText({ digests: 0, bytes: 0, tags: 2 })), "Forget 2 tags");
});

Deno.test("consequencesOf, what goes, what stays, what the next pull does", () => {
  const [goes, stays, pull] = consequencesOf(PLAN).map(plain);
  assert.equal(
    goes,
    "3 digests are deleted, and 1 tag forgotten. Frees 412 MiB.",
  );
  assert.match(stays!, /^2 digests are kept because other images use them \(31 MiB\)/);
  assert.match(pull!, /next pull/);
  assert.equal(consequencesOf({ ...PLAN, sharedDigests: 0 }).length, 2);
});
