import assert from "node:assert/strict";
import { fakeMemory } from "../../fake/memory.ts";
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

Deno.test("LoginLimiter, a few failures, then one every so often", async () => {
  const { clock, limiter } = fixture();
  for (let i = 0; i < 3; i++) assert.equal(await limiter.take("10.0.0.1"), 0);
  assert.equal(await limiter.take("10.0.0.1"), 10e3);
  clock.now += 4e3;
  assert.equal(await limiter.take("10.0.0.1"), 6e3);
  clock.now += 6e3;
  assert.equal(await limiter.take("10.0.0.1"), 0);
  assert.equal(await limiter.take("10.0.0.1"), 10e3);
});

Deno.test("LoginLimiter, many addresses share one total", async () => {
  const { clock, limiter } = fixture();
  for (let i = 0; i < 5; i++) assert.equal(await limiter.take(`10.0.0.${i}`), 0);
  assert.equal(await limiter.take("10.0.0.9"), 1e3);
  clock.now += 1e3;
  assert.equal(await limiter.take("10.0.0.9"), 0);
});

Deno.test("LoginLimiter, success costs nothing", async () => {
  const { limiter } = fixture();
  for (let i = 0; i < 20; i++) {
    assert.equal(await limiter.take("10.0.0.1"), 0);
    limiter.giveBack("10.0.0.1");
  }
});

Deno.test("LoginLimiter, an IPv6 /64 is one guesser, mapped IPv4 is IPv4", async () => {
  const { limiter } = fixture();
  for (let i = 1; i <= 3; i++) assert.equal(await limiter.take(`2001:db8::${i}`), 0);
  assert.ok(await limiter.take("2001:db8::ffff") > 0);
  assert.equal(await limiter.take("::ffff:10.0.0.1"), 0);
  assert.equal(await limiter.take("10.0.0.1"), 0);
});

Deno.test("LoginLimiter, an address that was quiet for long starts anew", async () => {
  const { clock, limiter } = fixture();
  for (let i = 0; i < 3; i++) await limiter.take("10.0.0.1");
  clock.now += 29e3;
  for (let i = 0; i < 2; i++) assert.equal(await limiter.take("10.0.0.1"), 0);
  assert.equal(await limiter.take("10.0.0.1"), 1e3);
  clock.now += 30e3;
  for (let i = 0; i < 3; i++) assert.equal(await limiter.take("10.0.0.1"), 0);
  assert.ok(await limiter.take("10.0.0.1") > 0);
});

Deno.test("LoginLimiter, failures at several doors of a cluster count together, and alone without it", async () => {
  const memory = fakeMemory();
  const shared = { memory, name: "dashboard" };
  const now = () => 1_700_000_000_000;
  const perAddress = { burst: 3, everyMs: 10e3 };
  const [one, two] = [1, 2].map(() => new LoginLimiter({ now, perAddress, shared })) as [
    LoginLimiter,
    LoginLimiter,
  ];
  assert.equal(await one.take("10.0.0.1"), 0);
  assert.equal(await one.take("10.0.0.1"), 0);
  assert.equal(await two.take("10.0.0.1"), 0);
  assert.equal(await two.take("10.0.0.1"), 10e3);
  assert.equal(await two.take("10.0.0.2"), 0, "another address");
  one.giveBack("10.0.0.1");
  assert.equal(await two.take("10.0.0.1"), 0, "one of them was right");
  memory.away = true;
  assert.equal(await two.take("10.0.0.1"), 0, "what was refused elsewhere took nothing here");
  assert.equal(await two.take("10.0.0.1"), 10e3, "each for itself");
});
