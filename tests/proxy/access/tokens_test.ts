import assert from "node:assert/strict";
import { join } from "node:path";
import {
  tokenFile,
  type TokenRecord,
  Tokens,
  type TokenStore,
} from "../../../proxy/access/tokens.ts";

const CI = { name: "ci", scopes: ["pull"], expires: null, by: "ann" } as const;

/** Tokens in memory, with what was written. */
async function fixture() {
  const clock = { now: 1_700_000_000_000 };
  const written: (readonly TokenRecord[])[] = [];
  const store: TokenStore & { broken: boolean } = {
    broken: false,
    read: () => Promise.resolve({ tokens: [], revoked: [] }),
    write({ tokens }) {
      if (store.broken) return Promise.reject(new Error("no room"));
      written.push(tokens);
      return Promise.resolve();
    },
  };
  return { clock, written, store, tokens: await Tokens.open(store, () => clock.now) };
}

Deno.test("Tokens, told once and kept as a hash, in a file of the owner's alone", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "tokens.json");
    const tokens = await Tokens.open(tokenFile(path), () => 5000);
    const { token, id } = await tokens.make(CI);
    assert.match(token, /^berth_[\w-]{43}$/);
    const text = await Deno.readTextFile(path);
    assert.ok(!text.includes(token.slice(6)));
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const again = await Tokens.open(tokenFile(path), () => 6000);
    assert.equal(again.find(token, "192.0.2.1")?.id, id);
    await again.close();
    const third = await Tokens.open(tokenFile(path), () => 7000);
    assert.deepEqual(
      third.list().map(({ name, lastUsed, lastFrom }) => [name, lastUsed, lastFrom]),
      [
        ["ci", 6000, "192.0.2.1"],
      ],
    );
    await Deno.writeTextFile(path, "{");
    await assert.rejects(
      Tokens.open(tokenFile(path), () => 0),
      /tokens\.json is damaged: remove it/,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("Tokens, over once revoked or expired; a wrong one is nobody's", async () => {
  const { clock, tokens } = await fixture();
  const a = await tokens.make({ ...CI, expires: clock.now + 1000 });
  const b = await tokens.make({ ...CI, name: "b", scopes: ["read"] });
  assert.equal(tokens.puller(a.token, "x"), "ci");
  assert.equal(tokens.puller(b.token, "x"), undefined, "not without the scope");
  assert.equal(tokens.find(`${a.token}x`, "x"), undefined);
  assert.equal(tokens.find(tokens.list()[0]!.hash, "x"), undefined, "a hash is no token");
  clock.now += 1000;
  assert.deepEqual([tokens.valid(a.id), tokens.valid(b.id)], [false, true]);
  assert.equal(tokens.puller(a.token, "x"), undefined);
  assert.equal((await tokens.revoke(b.id))?.name, "b");
  assert.equal(tokens.find(b.token, "x"), undefined);
  assert.equal(await tokens.revoke(b.id), undefined);
});

Deno.test("Tokens, one that could not be revoked for good is over, and may be revoked again", async () => {
  const { tokens, store, written } = await fixture();
  const { token, id } = await tokens.make(CI);
  store.broken = true;
  await assert.rejects(tokens.revoke(id), /no room/);
  assert.equal(tokens.find(token, "x"), undefined);
  await assert.rejects(tokens.revoke(id), /no room/, "it is not written down yet");
  store.broken = false;
  assert.equal((await tokens.revoke(id))?.name, "ci");
  assert.deepEqual(written.at(-1), []);
  assert.equal(await tokens.revoke(id), undefined);
});

Deno.test("Tokens, what a disk refused is written at the stop", async () => {
  const { tokens, store, written } = await fixture();
  const { id } = await tokens.make(CI);
  store.broken = true;
  await assert.rejects(tokens.revoke(id), /no room/);
  store.broken = false;
  await tokens.close();
  assert.deepEqual(written.at(-1), []);
});

Deno.test("Tokens, a disk that refuses makes none, and uses are written once a minute", async () => {
  const { clock, tokens, store, written } = await fixture();
  const { token } = await tokens.make(CI);
  store.broken = true;
  await assert.rejects(tokens.make({ ...CI, name: "b" }), /no room/);
  assert.deepEqual(tokens.list().map(({ name }) => name), ["ci"]);
  store.broken = false;
  const before = written.length;
  for (let use = 0; use < 100; use++) tokens.find(token, "192.0.2.1");
  clock.now += 60_000;
  tokens.find(token, "192.0.2.2");
  for (let use = 0; use < 100; use++) tokens.find(token, "192.0.2.3");
  await tokens.close();
  assert.equal(written.length, before + 2, "one in time, one at the end");
  assert.equal(written.at(-1)![0]!.lastFrom, "192.0.2.3");
});

/** Two Berths that tell each other at once. */
async function pairOf() {
  const [one, two] = [await fixture(), await fixture()];
  one.tokens.tellBy((_, change) => two.tokens.learn(change));
  two.tokens.tellBy((_, change) => one.tokens.learn(change));
  return { one, two };
}

Deno.test("Tokens, made at one Berth it is good at another, and revoked there it is over at both", async () => {
  const { one, two } = await pairOf();
  const { token, id } = await one.tokens.make(CI);
  assert.equal(two.tokens.puller(token, "192.0.2.1"), "ci");
  assert.equal(one.tokens.mark, two.tokens.mark);
  assert.equal(one.tokens.list()[0]!.lastUsed, null, "uses are told when it is time");
  two.tokens.tellRest();
  assert.deepEqual(
    one.tokens.list().map(({ lastUsed, lastFrom }) => [lastUsed, lastFrom]),
    [[two.clock.now, "192.0.2.1"]],
  );
  await two.tokens.revoke(id);
  assert.equal(one.tokens.find(token, "x"), undefined);
  assert.equal(one.tokens.mark, two.tokens.mark);
  await one.tokens.close();
  assert.deepEqual(one.written.at(-1), []);
});

Deno.test("Tokens, who was away learns what was revoked, and brings nothing back", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "tokens.json");
    const open = () => Tokens.open(tokenFile(path), () => 5000);
    const { tokens: other } = await fixture();
    const away = await open();
    const { token, id } = await away.make(CI);
    await away.close();
    other.learn(away.state);
    await other.revoke(id);
    const back = await open();
    assert.equal(back.puller(token, "x"), "ci");
    const before = back.state;
    back.learn(other.state);
    assert.equal(back.puller(token, "x"), undefined);
    other.learn(before);
    assert.deepEqual(other.list(), []);
    await back.close();
    const again = await open();
    again.learn(before);
    assert.deepEqual(again.list(), [], "it is remembered beyond the start");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("Tokens, what was revoked is forgotten when nobody can have it any more", async () => {
  const { clock, tokens } = await fixture();
  const { id } = await tokens.make(CI);
  await tokens.revoke(id);
  assert.equal(tokens.state.revoked.length, 1);
  clock.now += 401 * 24 * 3600e3;
  assert.deepEqual(tokens.state.revoked, []);
});
