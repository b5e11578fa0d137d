/** What rules would have refused of pulls that were, and what cannot be told of them. */
import assert from "node:assert/strict";
import type { Cache } from "../../../cache/api.ts";
import { policyRules } from "../../../proxy/config/schema.ts";
import { type PastPull, tryRules } from "../../../proxy/trust/dry_run.ts";
import { type FakeImage, image } from "../../fake/content.ts";
import { withCache } from "../../cache/support.ts";

const HOUR = 3_600_000;
const both = image({ seed: 1, platforms: ["linux/amd64", "windows/amd64"], attestations: true });
const linux = image({ seed: 2 });
const later = image({ seed: 3, platforms: ["linux/arm64"] });

/** Stores `it`, but for what `without` is true of, and its tag as of `at` (Unix ms). */
async function keep(
  cache: Cache,
  tag: string,
  it: FakeImage,
  at: number,
  without: (digest: string) => boolean = () => false,
) {
  for (const { digest, bytes, mediaType } of [...it.blobs, ...it.manifests]) {
    if (!without(digest)) await cache.put(digest, bytes, mediaType, "hub/org/app");
  }
  const { digest, mediaType, bytes } = it.root;
  const key = { registry: "hub", repository: "org/app", tag, accept: "" };
  cache.setTag(key, { digest, mediaType, size: bytes.length, checkedAt: at });
}

const pull = (reference: string, more: Partial<PastPull> = {}): PastPull => ({
  time: 10 * HOUR,
  end: 10 * HOUR + 1000,
  client: "10.0.0.1",
  user: "",
  registry: "hub",
  repository: "org/app",
  reference,
  ...more,
});

async function tried(cache: Cache, rules: unknown[], pulls: PastPull[]) {
  const { items, ...counts } = await tryRules(cache, policyRules.parse(rules), pulls);
  return { counts, items };
}

/** What came of one pull, in a line. */
async function outcome(cache: Cache, rule: Record<string, unknown>, one: PastPull) {
  const { items: [item] } = await tried(cache, [{ action: "deny", ...rule }], [one]);
  return item ? `${item.outcome}: ${item.reason}` : "allowed";
}

Deno.test("dry run, pulls are counted by image and rule, with who pulled", () =>
  withCache({}, async ({ cache }) => {
    await keep(cache, "v1", linux, HOUR);
    const pulls = [
      pull("v1", { user: "anna" }),
      pull("v1", { client: "10.0.0.2", time: 12 * HOUR, end: 12 * HOUR }),
      pull("v2"),
      pull("v1", { registry: "other" }),
    ];
    const rules = [
      { action: "allow", tags: ["v2"] },
      { name: "no-linux", action: "deny", platforms: ["linux/**"], reason: "we run none" },
    ];
    const { counts, items } = await tried(cache, rules, pulls);
    assert.deepEqual(counts, { pulls: 4, refused: 2, unknown: 1, left: 0 });
    assert.deepEqual(items, [
      {
        ...{ image: "hub/org/app:v1", outcome: "refused", rule: "no-linux", reason: "we run none" },
        ...{ pulls: 2, clients: 2, users: ["anna"], last: 12 * HOUR },
      },
      {
        ...{ image: "other/org/app:v1", outcome: "unknown", rule: "no-linux" },
        ...{ reason: "what the tag stood for then is not recorded" },
        ...{ pulls: 1, clients: 1, users: [], last: 10 * HOUR },
      },
    ]);
  }));

Deno.test("dry run, a tag is what it was when it was pulled", () =>
  withCache({}, async ({ cache }) => {
    await keep(cache, "v1", linux, HOUR);
    await keep(cache, "v1", later, 20 * HOUR);
    const arm = { platforms: ["linux/arm64"] };
    assert.equal(await outcome(cache, arm, pull("v1")), "allowed");
    const after = pull("v1", { time: 21 * HOUR, end: 21 * HOUR });
    assert.match(await outcome(cache, arm, after), /^refused: platforms linux\/arm64/);
    assert.match(await outcome(cache, arm, pull(later.root.digest)), /^refused/);
    // It was seen first while it was pulled.
    const first = pull("v1", { time: 20 * HOUR - 10, end: 20 * HOUR + 10 });
    assert.match(await outcome(cache, arm, first), /^refused/);
  }));

Deno.test("dry run, how long a digest was known is as of then", () =>
  withCache({}, async ({ cache }) => {
    await keep(cache, "v1", linux, 9 * HOUR);
    assert.match(await outcome(cache, { seen_within: "2h" }, pull("v1")), /^refused: images first/);
    assert.equal(await outcome(cache, { seen_within: "30m" }, pull("v1")), "allowed");
    assert.match(
      await outcome(cache, { seen_before: "30m" }, pull("v1")),
      /^refused: images first/,
    );
    assert.equal(await outcome(cache, { seen_before: "2h" }, pull("v1")), "allowed");
    const unknown = pull(later.root.digest);
    assert.equal(
      await outcome(cache, { seen_within: "2h" }, unknown),
      "unknown: since when its digest was known is not recorded",
    );
    const elsewhere = { seen_within: "2h", networks: ["192.0.2.0/24"] };
    assert.equal(await outcome(cache, elsewhere, unknown), "allowed");
  }));

Deno.test("dry run, of an index it is said what is not recorded", () =>
  withCache({}, async ({ cache }) => {
    await keep(cache, "v1", both, HOUR);
    assert.equal(
      await outcome(cache, { platforms: ["windows/**"] }, pull("v1")),
      "unknown: which of its images was pulled is not recorded; 1 of its 2 images that are in " +
        "the cache would be refused",
    );
    assert.match(await outcome(cache, { platforms: ["*/amd64"] }, pull("v1")), /^refused/);
    assert.equal(await outcome(cache, { platforms: ["linux/s390x"] }, pull("v1")), "allowed");
    assert.match(await outcome(cache, { larger_than: "1KiB" }, pull("v1")), /^refused/);
    assert.equal(await outcome(cache, { larger_than: "1MiB" }, pull("v1")), "allowed");
  }));

Deno.test("dry run, what has gone from the cache is unknown to rules that look inside, and to no others", () =>
  withCache({}, async ({ cache }) => {
    const config = linux.blobs[0]!.digest;
    await keep(cache, "v1", linux, HOUR, (digest) => digest === config);
    const gone = "unknown: what the image says of itself is not in the cache any more";
    assert.equal(await outcome(cache, { labels: { vendor: "*" } }, pull("v1")), gone);
    assert.equal(
      await outcome(cache, { created_before: "1d", tags: ["v2"] }, pull("v1")),
      "allowed",
    );
    assert.match(await outcome(cache, { tags: ["v1"] }, pull("v1")), /^refused: tags v1/);
    // Whoever is let through first is.
    const rules = [{ action: "allow", users: ["anna"] }, { action: "deny", larger_than: "1B" }];
    const { counts } = await tried(cache, rules, [pull("v1", { user: "anna" }), pull("v1")]);
    assert.deepEqual(counts, { pulls: 2, refused: 0, unknown: 1, left: 0 });
  }));
