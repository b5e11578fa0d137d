import assert from "node:assert/strict";
import { LoginLimiter } from "../../../proxy/access/limiter.ts";

function fixture() {
  const clock = { now: 1_700_000_000_000 };
  const limiter = new LoginLimiter({
    now: () => clock.now,
    perAddress: { burst: 3, everyMs: 10e3 },
    total: { burst: 5, everyMs: 1e3 },
  });
  return { clock, limiter };
}

Deno.test("LoginLimiter, a few failures, then one every so often", () => {
  const { clock, limiter } = fixture();
  for (let i = 0; i < 3; i++) assert.equal(limiter.take("10.0.0.1"), 0);
  assert.equal(limiter.take("10.0.0.1"), 10e3);
  clock.now += 4e3;
  assert.equal(limiter.take("10.0.0.1"), 6e3);
  clock.now += 6e3;
  assert.equal(limiter.take("10.0.0.1"), 0);
  assert.equal(limiter.take("10.0.0.1"), 10e3);
});

Deno.test("LoginLimiter, many addresses share one total", () => {
  const { clock, limiter } = fixture();
  for (let i = 0; i < 5; i++) assert.equal(limiter.take(`10.0.0.${i}`), 0);
  assert.equal(limiter.take("10.0.0.9"), 1e3);
  clock.now += 1e3;
  assert.equal(limiter.take("10.0.0.9"), 0);
});

Deno.test("LoginLimiter, success costs nothing", () => {
  const { limiter } = fixture();
  for (let i = 0; i < 20; i++) {
    assert.equal(limiter.take("10.0.0.1"), 0);
    limiter.giveBack("10.0.0.1");
  }
});

Deno.test("LoginLimiter, an IPv6 /64 is one guesser, mapped IPv4 is IPv4", () => {
  const { limiter } = fixture();
  for (let i = 1; i <= 3; i++) assert.equal(limiter.take(`2001:db8::${i}`), 0);
  assert.ok(limiter.take("2001:db8::ffff") > 0);
  assert.equal(limiter.take("::ffff:10.0.0.1"), 0);
  assert.equal(limiter.take("10.0.0.1"), 0);
});

Deno.test("LoginLimiter, an address that was quiet for long starts anew", () => {
  const { clock, limiter } = fixture();
  for (let i = 0; i < 3; i++) limiter.take("10.0.0.1");
  clock.now += 29e3;
  for (let i = 0; i < 2; i++) assert.equal(limiter.take("10.0.0.1"), 0);
  assert.equal(limiter.take("10.0.0.1"), 1e3);
  clock.now += 30e3;
  for (let i = 0; i < 3; i++) assert.equal(limiter.take("10.0.0.1"), 0);
  assert.ok(limiter.take("10.0.0.1") > 0);
});
