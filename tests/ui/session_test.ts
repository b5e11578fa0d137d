import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { fakeMemory } from "../fake/memory.ts";
import { type EndedOptions, EndedSessions } from "../../ui/ended_sessions.ts";
import { openSessionFile } from "../../ui/session_file.ts";
import { Sessions } from "../../ui/session.ts";

const ADMIN = { user: "admin", role: "admin" } as const;
const KEY = new Uint8Array(32).fill(7);
const by = (hash?: string) => () => hash;

function fixture({ keys = [KEY], ...kept }: { keys?: Uint8Array[] } & Partial<EndedOptions> = {}) {
  const clock = { now: 1_700_000_000_000 };
  const now = () => clock.now;
  const ended = new EndedSessions({ now, ...kept });
  const sessions = new Sessions({ now, keys, ended, idleMs: 1200, absoluteMs: 5000 });
  return { clock, sessions };
}

Deno.test("Sessions, a fresh cookie at each sign-in, good wherever the key is", async () => {
  const [one, two, stranger] = [fixture(), fixture(), fixture({ keys: [KEY.slice(1)] })];
  const { cookie, session } = one.sessions.create(ADMIN, "hash");
  assert.notEqual(one.sessions.create(ADMIN, "hash").cookie, cookie);
  for (const { sessions } of [one, two]) {
    assert.deepEqual(await sessions.use(cookie, by("hash")), session);
  }
  assert.equal(session.expires, session.issued + 5000);
  assert.equal(await stranger.sessions.use(cookie, by("hash")), undefined);
});

Deno.test("Sessions, a key that is added is believed, one that has gone is not", async () => {
  const other = new Uint8Array(32).fill(8);
  const { cookie } = fixture().sessions.create(ADMIN, "hash");
  assert.ok(await fixture({ keys: [other, KEY] }).sessions.use(cookie, by("hash")));
  assert.equal(await fixture({ keys: [other] }).sessions.use(cookie, by("hash")), undefined);
});

Deno.test("Sessions, by a provider's group end within a day, and by that group alone", async () => {
  const now = () => 1_700_000_000_000;
  const sessions = new Sessions({ now, keys: [KEY] });
  const { cookie, session } = sessions.create({ ...ADMIN, group: "admins" }, "oidc");
  assert.equal(session.expires - session.issued, 24 * 3600e3);
  const used = await sessions.use(cookie, ({ group }) => group === "admins" ? "oidc" : undefined);
  assert.deepEqual(used, session);
  assert.equal(await sessions.use(cookie, by("hash")), undefined);
  const plain = sessions.create(ADMIN, "hash").session;
  assert.deepEqual([plain.group, plain.expires - plain.issued], [undefined, 7 * 24 * 3600e3]);
});

Deno.test("Sessions, what is sealed is for its purpose, no session, and spent once", async () => {
  const shared = fakeMemory();
  const [one, two] = [fixture({ shared }), fixture({ shared })];
  const sealed = one.sessions.seal("text", "a");
  assert.equal(two.sessions.unseal(sealed, "a"), "text");
  assert.equal(two.sessions.unseal(sealed, "b"), undefined);
  assert.equal(two.sessions.unseal(`x${sealed}`, "a"), undefined);
  const { cookie } = one.sessions.create(ADMIN, "hash");
  assert.equal(one.sessions.unseal(cookie, "a"), undefined);
  assert.equal(await one.sessions.use(sealed, by("seal a")), undefined);
  const until = one.clock.now + 1000;
  assert.equal(await one.sessions.spend("x", until), true);
  assert.equal(await two.sessions.spend("x", until), false);
  assert.equal(await two.sessions.spend("y", until), true);
});

Deno.test("Sessions, what was changed or made up is none", async () => {
  const { sessions } = fixture();
  const { cookie } = sessions.create(ADMIN, "hash");
  const [payload = "", signature = ""] = cookie.split(".");
  const words = JSON.parse(Buffer.from(payload, "base64url").toString());
  const written = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = (value: unknown) => {
    const text = written(value);
    const mac = createHmac("sha256", KEY).update(`${text}\0hash`).digest("base64url");
    return `${text}.${mac}`;
  };
  assert.ok(await sessions.use(signed(words), by("hash")), "the test signs as Berth does");
  for (
    const wrong of [
      "",
      "made-up",
      ".",
      `${payload}.`,
      `${payload}.${signature.slice(2)}`,
      `${payload}.${"A".repeat(43)}`,
      `${written(words.with(2, "root"))}.${signature}`,
      `${written(words.with(5, words[5] + 1))}.${signature}`,
      signed(words.with(0, 2)),
      signed(words.with(3, "owner")),
      signed(words.with(4, "soon")),
      signed(null),
      signed({}),
      cookie + "A".repeat(5000),
    ]
  ) assert.equal(await sessions.use(wrong, by("hash")), undefined, wrong.slice(0, 200));
});

Deno.test("Sessions, end when idle and when old; use renews the cookie, not the end", async () => {
  const { clock, sessions } = fixture();
  const idle = sessions.create(ADMIN, "hash").cookie;
  clock.now += 1200;
  assert.equal(await sessions.use(idle, by("hash")), undefined);

  let { cookie, session } = sessions.create(ADMIN, "hash");
  assert.equal(sessions.renew(session, "hash"), undefined, "still fresh");
  const { expires } = session;
  for (let i = 0; i < 5; i++) {
    clock.now += 990;
    session = (await sessions.use(cookie, by("hash")))!;
    assert.equal(session.expires, expires, `use ${i}`);
    cookie = sessions.renew(session, "hash")!;
  }
  clock.now += 50;
  assert.equal(await sessions.use(cookie, by("hash")), undefined, "absolute");
});

Deno.test("Sessions, what lasts without a request is asked for its cookie after half of the time", () => {
  const { clock, sessions } = fixture();
  const { cookie } = sessions.create(ADMIN, "hash");
  clock.now += 599;
  assert.equal(sessions.holds(cookie, by("hash")), true);
  assert.equal(sessions.holds(cookie, by("other")), false);
  clock.now += 1;
  assert.equal(sessions.holds(cookie, by("hash")), false);
});

Deno.test("Sessions, a changed password ends what the old one opened, and so does a user who has gone", async () => {
  const { sessions } = fixture();
  const { cookie } = sessions.create(ADMIN, "old");
  assert.equal(await sessions.use(cookie, by("new")), undefined);
  assert.equal(await sessions.use(cookie, by(undefined)), undefined);
});

Deno.test("Sessions, one that was ended is over after a restart, too", async () => {
  const dir = await Deno.makeTempDir();
  const open = async () => {
    const { key, ...kept } = await openSessionFile(dir);
    return fixture({ keys: [key], ...kept }).sessions;
  };
  const first = await open();
  const [left, kept] = [first.create(ADMIN, "hash").cookie, first.create(ADMIN, "hash").cookie];
  await Promise.all([first.remove(left, by("hash")), first.remove("made-up", by("hash"))]);
  const again = await open();
  for (const sessions of [first, again]) {
    assert.equal(await sessions.use(left, by("hash")), undefined);
    assert.ok(await sessions.use(kept, by("hash")));
  }
  const file = join(dir, "sessions.json");
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  await Deno.writeTextFile(file, "{");
  assert.equal(await (await open()).use(kept, by("hash")), undefined);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("Sessions, one that was ended elsewhere is over here, also when it can only be told later", async () => {
  const shared = fakeMemory();
  const [one, two] = [fixture({ shared }), fixture({ shared })];
  const { cookie, session } = one.sessions.create(ADMIN, "hash");
  const other = one.sessions.create(ADMIN, "hash").cookie;
  shared.away = true;
  await one.sessions.remove(cookie, by("hash"));
  assert.equal(await one.sessions.use(cookie, by("hash")), undefined);
  assert.ok(await two.sessions.use(cookie, by("hash")), "nobody could tell");
  shared.away = false;
  assert.ok(await one.sessions.use(other, by("hash")));
  assert.equal(await two.sessions.use(cookie, by("hash")), undefined);
  assert.deepEqual([...shared.kept.values()], [{
    value: "1",
    life: session.expires - session.issued,
  }]);
  shared.kept.clear();
  assert.equal(await two.sessions.use(cookie, by("hash")), undefined, "once known, it stays so");
});

Deno.test("EndedSessions, bounded: what is over anyway goes first, then the oldest", async () => {
  const clock = { now: 0 };
  let saved = {};
  const save = (known: Record<string, number>) => {
    saved = known;
    return Promise.resolve();
  };
  const ended = new EndedSessions({ now: () => clock.now, save });
  await ended.add("short", 5);
  clock.now = 10;
  await ended.add("oldest", 1e6);
  assert.deepEqual(saved, { oldest: 1e6 });
  await Promise.all(Array.from({ length: 1000 }, (_, i) => ended.add(`${i}`, 1e6)));
  assert.equal(ended.has("oldest"), false);
  assert.equal(ended.has("0") && ended.has("999"), true);
  assert.equal(Object.keys(saved).length, 1000);
});
