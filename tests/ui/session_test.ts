import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Sessions } from "../../ui/session.ts";

const ADMIN = { user: "admin", role: "admin" } as const;

function fixture() {
  const clock = { now: 1_700_000_000_000 };
  const sessions = new Sessions({ now: () => clock.now, idleMs: 1000, absoluteMs: 5000 });
  return { clock, sessions };
}

Deno.test("Sessions, a fresh unguessable id at each sign-in", () => {
  const { sessions } = fixture();
  const first = sessions.create(ADMIN, "hash").id;
  const second = sessions.create(ADMIN, "hash").id;
  assert.notEqual(first, second);
  assert.equal(Buffer.from(first, "base64url").length, 32);
  assert.equal(sessions.use(first, () => "hash")?.user, "admin");
  assert.equal(sessions.use("made-up", () => "hash"), undefined);
});

Deno.test("Sessions, end when idle, when old and at logout", () => {
  const { clock, sessions } = fixture();
  const idle = sessions.create(ADMIN, "hash").id;
  clock.now += 1000;
  assert.equal(sessions.use(idle, () => "hash"), undefined);

  const busy = sessions.create(ADMIN, "hash").id;
  for (let i = 0; i < 5; i++) {
    assert.ok(sessions.use(busy, () => "hash"), `use ${i}`);
    clock.now += 999;
  }
  clock.now += 5;
  assert.equal(sessions.use(busy, () => "hash"), undefined, "absolute");

  const left = sessions.create(ADMIN, "hash").id;
  sessions.remove(left);
  assert.equal(sessions.use(left, () => "hash"), undefined);
});

Deno.test("Sessions, a changed password ends what the old one opened", () => {
  const { sessions } = fixture();
  const { id } = sessions.create(ADMIN, "old");
  assert.equal(sessions.use(id, () => "new"), undefined);
  assert.equal(sessions.use(id, () => "old"), undefined, "gone for good");
});

Deno.test("Sessions, bounded: the oldest goes first", () => {
  const { sessions } = fixture();
  const first = sessions.create(ADMIN, "hash").id;
  let last = first;
  for (let i = 0; i < 1000; i++) last = sessions.create(ADMIN, "hash").id;
  assert.equal(sessions.use(first, () => "hash"), undefined);
  assert.ok(sessions.use(last, () => "hash"));
});
