import assert from "node:assert/strict";
import { hash } from "bcryptjs";
import { Authenticators } from "../../../proxy/access/users.ts";
import { TooManyAttempts } from "../../../proxy/access/limiter.ts";
import { FakeClock } from "../../fake/clock.ts";

const users = { ann: await cheapHash("right") };

/** As `htpasswd -B -C 4` makes it. */
function cheapHash(password: string): Promise<string> {
  return hash(password, 4);
}

function fixture() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const authenticators = new Authenticators({ now: clock.now, warn: (line) => lines.push(line) });
  return { clock, lines, authenticators, check: authenticators.authenticator(users)! };
}

Deno.test("authenticator, none without users", () => {
  assert.equal(fixture().authenticators.authenticator({}), undefined);
});

Deno.test("authenticator, name and password; failures are told without secrets", async () => {
  const { check, lines } = fixture();
  assert.equal(await check("ann", "right", "10.0.0.1"), true);
  assert.equal(await check("ann", "wr0ng", "10.0.0.1"), false);
  assert.equal(await check("hunter2", "right", "10.0.0.1"), false);
  assert.equal(await check("__proto__", "right", "10.0.0.1"), false);
  assert.deepEqual(lines, [
    "10.0.0.1: sign-in as ann failed",
    "10.0.0.1: sign-in as an unknown user failed",
    "10.0.0.1: sign-in as an unknown user failed",
  ]);
});

Deno.test("authenticator, guessing is slowed down per address, for those who guess", async () => {
  const { check, clock } = fixture();
  assert.equal(await check("ann", "right", "10.0.0.7"), true);
  let tried = 0;
  const guess = async () => {
    for (;; tried++) await check("ann", `guess ${tried}`, "10.0.0.7");
  };
  await assert.rejects(guess, (error) => error instanceof TooManyAttempts && error.waitMs > 0);
  assert.equal(tried, 20);
  assert.equal(await check("ann", "right", "10.0.0.7"), true, "known passwords go on");
  assert.equal(await check("ann", "right", "10.0.0.8"), true, "other addresses too");
  await clock.advance(5000);
  assert.equal(await check("ann", "again", "10.0.0.7"), false);
  await assert.rejects(guess, TooManyAttempts);
});

Deno.test("authenticator, requests of one pull are one check, however many arrive at once", async () => {
  const { check } = fixture();
  const all = await Promise.all(
    Array.from({ length: 100 }, () => check("ann", "right", "10.0.0.1")),
  );
  assert.ok(all.every(Boolean));
});

Deno.test("authenticator, a reload forgets passwords and keeps the count of failures", async () => {
  const { authenticators, check } = fixture();
  assert.equal(await check("ann", "right", "10.0.0.1"), true);
  for (let index = 0; index < 20; index++) await check("ann", `guess ${index}`, "10.0.0.9");
  const next = authenticators.authenticator({ ann: await cheapHash("changed") })!;
  assert.equal(await next("ann", "right", "10.0.0.1"), false);
  assert.equal(await next("ann", "changed", "10.0.0.1"), true);
  await assert.rejects(next("ann", "one more", "10.0.0.9"), TooManyAttempts);
});
