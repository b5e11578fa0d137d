import assert from "node:assert/strict";
import { hash } from "bcryptjs";
import { Authenticators, type Failure } from "../../../proxy/access/users.ts";
import { TooManyAttempts } from "../../../proxy/access/limiter.ts";
import { FakeClock } from "../../fake/clock.ts";

const users = { ann: await cheapHash("right") };

/** As `htpasswd -B -C 4` makes it. */
function cheapHash(password: string): Promise<string> {
  return hash(password, 4);
}

function fixture() {
  const clock = new FakeClock();
  const failures: Failure[] = [];
  const failed = (failure: Failure) => failures.push(failure);
  const authenticators = new Authenticators({ now: clock.now, failed });
  return { clock, failures, authenticators, check: authenticators.authenticator(users)! };
}

Deno.test("authenticator, none without users", () => {
  assert.equal(fixture().authenticators.authenticator({}), undefined);
});

Deno.test("authenticator, name and password; failures are told without secrets", async () => {
  const { check, failures } = fixture();
  assert.equal(await check("ann", "right", "10.0.0.1"), "ann");
  assert.equal(await check("ann", "wr0ng", "10.0.0.1"), undefined);
  assert.equal(await check("hunter2", "right", "10.0.0.1"), undefined);
  assert.equal(await check("__proto__", "right", "10.0.0.1"), undefined);
  const from = { via: "password", address: "10.0.0.1", why: "" } as const;
  assert.deepEqual(failures, [
    { user: "ann", ...from },
    { user: "", ...from },
    { user: "", ...from },
  ]);
});

Deno.test("authenticator, guessing is slowed down per address, for those who guess", async () => {
  const { check, clock, failures } = fixture();
  assert.equal(await check("ann", "right", "10.0.0.7"), "ann");
  let tried = 0;
  const guess = async () => {
    for (;; tried++) await check("ann", `guess ${tried}`, "10.0.0.7");
  };
  await assert.rejects(guess, (error) => error instanceof TooManyAttempts && error.waitMs > 0);
  assert.equal(tried, 20);
  assert.equal(failures.length, 21);
  assert.equal(failures.at(-1)!.why, "Too many failed sign-ins");
  assert.equal(await check("ann", "right", "10.0.0.7"), "ann", "known passwords go on");
  assert.equal(await check("ann", "right", "10.0.0.8"), "ann", "other addresses too");
  await clock.advance(5000);
  assert.equal(await check("ann", "again", "10.0.0.7"), undefined);
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
  assert.equal(await check("ann", "right", "10.0.0.1"), "ann");
  for (let index = 0; index < 20; index++) await check("ann", `guess ${index}`, "10.0.0.9");
  const next = authenticators.authenticator({ ann: await cheapHash("changed") })!;
  assert.equal(await next("ann", "right", "10.0.0.1"), undefined);
  assert.equal(await next("ann", "changed", "10.0.0.1"), "ann");
  await assert.rejects(next("ann", "one more", "10.0.0.9"), TooManyAttempts);
});

Deno.test("authenticator, a token signs in as user token, and is over once it is revoked", async () => {
  const failures: Failure[] = [];
  const tokens = new Map([["secret", "ci"]]);
  const authenticators = new Authenticators({
    now: () => 0,
    failed: (failure) => failures.push(failure),
    tokens: { puller: (token) => tokens.get(token) },
  });
  const check = authenticators.authenticator(users)!;
  assert.equal(await check("token", "secret", "10.0.0.1"), "token:ci");
  assert.equal(await check("ann", "secret", "10.0.0.1"), undefined);
  tokens.clear();
  assert.equal(await check("token", "secret", "10.0.0.1"), undefined);
  assert.deepEqual(failures.at(-1), { user: "", via: "token", address: "10.0.0.1", why: "" });
  const taken = authenticators.authenticator({ token: await cheapHash("own") })!;
  tokens.set("secret", "ci");
  assert.equal(await taken("token", "secret", "10.0.0.1"), undefined, "a user of that name is it");
  assert.equal(await taken("token", "own", "10.0.0.1"), "token");
});
