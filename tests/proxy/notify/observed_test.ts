import assert from "node:assert/strict";
import type { Happening } from "../../../proxy/notify/happening.ts";
import { Observed } from "../../../proxy/notify/observed.ts";
import { FakeClock } from "../../fake/clock.ts";
import { record } from "../../fake/records.ts";
import { evicted } from "../../fake/evicted.ts";

function observed() {
  const clock = new FakeClock();
  const sent: Happening[] = [];
  return { clock, sent, observed: new Observed({ clock, send: (one) => sent.push(one) }) };
}

Deno.test("Observed, a tag that moves is told of once, whatever clients accept", () => {
  const { sent, observed: it } = observed();
  for (const accept of ["index", "manifest"]) {
    const key = { registry: "docker", repository: "library/alpine", tag: "latest", accept };
    it.onCacheEvent({ kind: "tag-moved", key, from: "sha256:aa", to: "sha256:bb" });
  }
  const [moved] = sent;
  assert.equal(sent.length, 1);
  assert.deepEqual([moved?.event, moved?.registry, moved?.title], [
    "tag-moved",
    "docker",
    "docker/library/alpine:latest has moved",
  ]);
  assert.deepEqual(moved?.data, {
    repository: "library/alpine",
    tag: "latest",
    from: "sha256:aa",
    to: "sha256:bb",
  });
});

Deno.test("Observed, a client that is denied is told of once in ten minutes", async () => {
  const { clock, sent, observed: it } = observed();
  const denied = record({ status: 403, error: "DENIED", message: "not for kim", user: "kim" });
  for (let i = 0; i < 5; i++) it.onRecord(denied);
  it.onRecord(record({ status: 403, error: "DENIED", upstreamStatus: 401 }));
  it.onRecord(record({ status: 404, error: "MANIFEST_UNKNOWN" }));
  it.onRecord(record());
  assert.equal(sent.length, 1);
  assert.match(sent[0]!.title, /^kim \(.*\) was denied library\/alpine$/);
  assert.equal(sent[0]!.detail, "not for kim");
  await clock.advance(600_001);
  it.onRecord(denied);
  assert.equal(sent.length, 2);
});

Deno.test("Observed, an eviction by hand is told of as one, others are not", async () => {
  const { clock, sent, observed: it } = observed();
  for (let i = 0; i < 30; i++) {
    it.onCacheEvent(evicted({ digest: `sha256:${i}`, size: 2 ** 20, reason: "asked" }));
  }
  it.onCacheEvent(evicted({ digest: "sha256:old", size: 5, reason: "age" }));
  await clock.advance(1000);
  assert.deepEqual(sent.map(({ title }) => title), ["30 digests evicted by hand, 30 MiB freed"]);
  const { digests, count } = sent[0]!.data as { digests: string[]; count: number };
  assert.deepEqual([digests.length, count], [20, 30]);
  it.onCacheEvent(evicted({ digest: "sha256:1", size: 7, reason: "asked" }));
  await clock.advance(1000);
  assert.equal(sent[1]?.title, "1 digest evicted by hand, 7 B freed");
  assert.equal(clock.pending, 0);
});
