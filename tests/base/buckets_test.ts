import assert from "node:assert/strict";
import { Buckets } from "../../base/buckets.ts";

const RATE = { burst: 10, everyMs: 100 };

function fixture() {
  const clock = { now: 1000 };
  return { clock, buckets: new Buckets(() => clock.now) };
}

Deno.test("Buckets, so many at once, then one each time", () => {
  const { clock, buckets } = fixture();
  for (let i = 0; i < 10; i++) {
    assert.equal(buckets.wait("a", RATE, 1), 0);
    buckets.spend("a", RATE, 1);
  }
  assert.equal(buckets.wait("a", RATE, 1), 100);
  assert.equal(buckets.wait("b", RATE, 1), 0, "another key");
  clock.now += 60;
  assert.equal(buckets.wait("a", RATE, 1), 40);
  clock.now += 40;
  assert.equal(buckets.wait("a", RATE, 1), 0);
  clock.now += 1e6;
  assert.equal(buckets.wait("a", RATE, 10), 0);
  assert.ok(buckets.wait("a", RATE, 11) > 0, "never more than the burst");
});

Deno.test("Buckets, what was spent ahead is waited for, and given back", () => {
  const { clock, buckets } = fixture();
  buckets.spend("a", RATE, 25);
  assert.equal(buckets.wait("a", RATE, 0), 1500);
  buckets.spend("a", RATE, -5);
  assert.equal(buckets.wait("a", RATE, 0), 1000);
  clock.now += 1000;
  assert.equal(buckets.wait("a", RATE, 0), 0);
});
