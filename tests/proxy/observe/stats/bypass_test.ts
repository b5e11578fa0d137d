import assert from "node:assert/strict";
import { bypassOf } from "../../../../proxy/observe/stats/bypass.ts";

const DAY = 86400e3;
const NOW = Date.UTC(2026, 0, 31, 12);

const REGULAR = {
  userAgent: "containerd/v2.2.0",
  days: 20,
  first: NOW - 30 * DAY,
  last: NOW - 3600e3,
  pulls: 100,
  manifests: 200,
  blobs: 300,
};

const TABLE: [name: string, habits: object, around: object, kind: string | undefined][] = [
  ["it pulls", {}, {}, undefined],
  ["silent for ten days, pulled each day", { last: NOW - 10 * DAY }, {}, "silent"],
  ["silent for a day and a half", { last: NOW - 1.5 * DAY }, {}, undefined],
  ["silent for its usual pause", { days: 5, last: NOW - 10 * DAY }, {}, undefined],
  ["silent, and so are all others", { last: NOW - 10 * DAY }, { others: NOW - 2 * DAY }, undefined],
  ["silent, was here on a few days", { days: 4, last: NOW - 10 * DAY }, {}, undefined],
  ["silent, pulled a few times", { pulls: 9, last: NOW - 10 * DAY }, {}, undefined],
  ["no layers, many images", { blobs: 0 }, { images: 3 }, "elsewhere"],
  ["no layers, two images", { blobs: 0 }, { images: 2 }, undefined],
  ["no layers, few manifests", { blobs: 0, manifests: 9 }, { images: 3 }, undefined],
  ["one layer", { blobs: 1 }, { images: 3 }, undefined],
  [
    "no layers, but it looks at tags",
    { blobs: 0, userAgent: "renovate" },
    { images: 9 },
    undefined,
  ],
  ["silent, a script", { last: NOW - 10 * DAY, userAgent: "curl/8" }, {}, undefined],
];

for (const [name, habits, around, kind] of TABLE) {
  Deno.test(`bypassOf, ${name}: ${kind ?? "no"}`, () => {
    const bypass = bypassOf({ ...REGULAR, ...habits }, {
      now: NOW,
      others: NOW,
      images: 0,
      ...around,
    });
    assert.equal(bypass?.kind, kind);
  });
}

Deno.test("bypassOf, tells what it was concluded from", () => {
  const others = { now: NOW, others: NOW, images: 4 };
  assert.equal(
    bypassOf({ ...REGULAR, last: NOW - 10 * DAY }, others)!.reason,
    "It pulled here on 20 days of the last month, every 25 hours or so, and has been silent for " +
      "10 days while others go on.",
  );
  assert.match(bypassOf({ ...REGULAR, blobs: 0 }, others)!.reason, /200 manifests of 4 images/);
});
