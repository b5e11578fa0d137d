import assert from "node:assert/strict";
import { parseQuota, QuotaBook } from "../../../proxy/upstream/quota.ts";

const hub = new Headers({
  "ratelimit-limit": "100;w=21600",
  "ratelimit-remaining": "76;w=21600",
  "docker-ratelimit-source": "192.0.2.7",
});

Deno.test("parseQuota, Docker Hub's headers", () => {
  assert.deepEqual(parseQuota(hub, 200, 5), {
    limit: 100,
    remaining: 76,
    windowSeconds: 21600,
    source: "192.0.2.7",
    seenAt: 5,
    retryAt: undefined,
  });
  assert.equal(parseQuota(new Headers(), 200, 5), undefined);
  assert.equal(parseQuota(new Headers({ "ratelimit-limit": "many" }), 200, 5), undefined);
  const refused = parseQuota(new Headers({ "retry-after": "30" }), 429, 1000);
  assert.equal(refused?.remaining, 0);
  assert.equal(refused?.retryAt, 31_000);
});

Deno.test("QuotaBook, keeps the latest of each registry, and the limit through a 429", () => {
  const book = new QuotaBook();
  assert.equal(book.get("docker"), undefined);
  book.observe("docker", hub, 200, 1000);
  assert.equal(book.share("docker", 2000), 0.76);
  assert.equal(book.share("docker", 1000 + 21601_000), undefined);
  book.observe("docker", new Headers(), 200, 2000);
  assert.equal(book.get("docker")?.seenAt, 1000, "an answer that says nothing changes nothing");
  book.observe("docker", new Headers({ "retry-after": "60" }), 429, 3000);
  assert.equal(book.get("docker")?.limit, 100);
  assert.equal(book.share("docker", 4000), 0);
  assert.deepEqual([...book.entries()].map(([name]) => name), ["docker"]);
});

Deno.test("QuotaBook, the rate at which a registry's pulls are used up, over the last hour", () => {
  const book = new QuotaBook();
  const minute = 60_000;
  const left = (count: number, at: number) =>
    book.observe(
      "docker",
      new Headers({ "ratelimit-limit": "100;w=21600", "ratelimit-remaining": `${count};w=21600` }),
      200,
      at,
    );
  left(90, 0);
  assert.equal(book.get("docker")?.rate, 0, "one answer tells no rate");
  left(80, 10 * minute);
  assert.equal(book.get("docker")?.rate, 1 / minute);
  left(80, 20 * minute);
  assert.equal(book.get("docker")?.rate, 0.5 / minute);
  left(95, 100 * minute);
  assert.equal(book.get("docker")?.rate, 0, "what is older than an hour does not count");
});

Deno.test("QuotaBook, until when a registry is not to be asked, with and without a reserve", () => {
  const book = new QuotaBook();
  const left = (remaining: number) =>
    new Headers({
      "ratelimit-limit": "100;w=3600",
      "ratelimit-remaining": `${remaining};w=3600`,
    });
  assert.equal(book.closedUntil("hub", 0.3, 0), undefined);
  book.observe("hub", left(31), 200, 1000);
  assert.equal(book.closedUntil("hub", 0.3, 1000), undefined);
  book.observe("hub", left(30), 200, 2000);
  assert.equal(book.closedUntil("hub", 0.3, 2000), 3_602_000);
  assert.equal(book.closedUntil("hub", 0, 2000), undefined);
  assert.equal(book.closedUntil("hub", 0.3, 3_602_001), undefined, "the window is over");
  book.observe("hub", new Headers({ "retry-after": "60" }), 429, 5000);
  assert.equal(book.closedUntil("hub", 0, 5000), 65_000);
  book.observe("quiet", new Headers(), 429, 5000);
  assert.equal(book.closedUntil("quiet", 0, 5000), 65_000);
  assert.equal(book.closedUntil("quiet", 0, 65_000), undefined);
});
