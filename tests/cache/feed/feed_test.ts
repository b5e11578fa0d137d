import assert from "node:assert/strict";
import type { Catalog } from "../../../cache/catalog/catalog.ts";
import type { Change } from "../../../cache/change.ts";
import { Seal } from "../../../cache/feed/message.ts";
import { Packed, packed } from "../../../cache/feed/snapshot.ts";
import { settle } from "../../fake/clock.ts";
import { blob, until, withDir } from "../support.ts";
import { type FakeBerth, FakeServer, heard, seal, startFake } from "./support.ts";

const [A, B] = [1, 2].map((seed) => blob(10, seed).digest) as [string, string];
const NAME = { registry: "hub", repository: "library/x", tag: "1" };
const KEY = { ...NAME, accept: "" };
const row = (digest: string, checkedAt = 7) => ({ digest, mediaType: "a/b", size: 10, checkedAt });

/** Everything that two have in common. */
function view({ db }: Catalog) {
  return {
    tags: db.prepare("SELECT * FROM tags ORDER BY tag, accept").all(),
    members: db.prepare("SELECT repository, digest FROM members ORDER BY 1, 2").all(),
    pins: db.prepare("SELECT pattern FROM pins ORDER BY 1").all(),
  };
}

async function withTwo(
  test: (server: FakeServer, one: FakeBerth, two: FakeBerth, dir: string) => Promise<void>,
): Promise<void> {
  await withDir(async (dir) => {
    const server = new FakeServer();
    let two: FakeBerth | undefined;
    await using one: FakeBerth = await startFake(server, dir, "one", () => two ? [two] : []);
    await using second = two = await startFake(server, dir, "two", () => [one]);
    await test(server, one, second, dir);
  });
}

Deno.test("Feed, what one learns the other knows, and the order of the stream decides", () =>
  withTwo(async (server, one, two) => {
    one.catalog.names.link("hub/library/x", A, 1);
    one.catalog.names.setTag(KEY, row(A));
    one.catalog.names.pin("hub/**", 1);
    await heard(server, one, two);
    assert.deepEqual(two.catalog.names.tag(KEY), row(A));
    assert.ok(two.catalog.names.linked("hub/library/x", A));
    assert.deepEqual(two.catalog.names.pins(), ["hub/**"]);
    // Both at once: whoever comes first in the stream loses, at both.
    one.catalog.names.setTag(KEY, row(A, 9));
    two.catalog.names.setTag(KEY, row(B, 8));
    await heard(server, one, two);
    assert.deepEqual(one.catalog.names.tag(KEY), two.catalog.names.tag(KEY));
    two.catalog.names.deleteTag(NAME.registry, NAME.repository, NAME.tag);
    two.catalog.names.unpin("hub/**");
    await heard(server, one, two);
    assert.deepEqual(view(one.catalog), view(two.catalog));
    assert.equal(one.catalog.names.tag(KEY), undefined);
    assert.deepEqual([one.feed.figures().lag, one.feed.figures().problem], [0, ""]);
    assert.ok(two.feed.figures().applied >= 4 && one.feed.figures().published >= 4);
  }));

Deno.test("Feed, uses are told once a minute, all at once, and counted once by each", () =>
  withTwo(async (server, one, two) => {
    for (const { catalog } of [one, two]) {
      const times = { created: 1, lastUsed: 1, verified: 1 };
      catalog.addBlob({ digest: A, size: 10, mediaType: "a/b", ...times }, {});
    }
    for (let at = 10; at < 15; at++) {
      one.catalog.touch(one.catalog.blob(A)!, at);
      one.catalog.flush(at);
    }
    const before = server.entries.length;
    await one.clock.advance(50_000);
    assert.equal(server.entries.length, before);
    await one.clock.advance(20_000);
    await heard(server, one, two);
    assert.equal(server.entries.length, before + 1);
    for (const { catalog } of [one, two]) {
      const { hits, lastUsed } = catalog.blob(A)!;
      assert.deepEqual([hits, lastUsed], [5, 14]);
    }
  }));

Deno.test("Feed, how often images were asked for is told once a minute, and a newcomer knows it", () =>
  withDir(async (dir) => {
    const server = new FakeServer();
    await using one = await startFake(server, dir, "one");
    await using two = await startFake(server, dir, "two", () => [one]);
    const askedAt = ({ catalog }: FakeBerth) =>
      catalog.db.prepare("SELECT * FROM image_uses").all().map((row) => Object.values(row));
    one.catalog.images.add("hub/x", "1", 10, true);
    one.catalog.flush(11);
    one.catalog.images.add("hub/x", "1", 20, true);
    one.catalog.images.add("hub/x", "1", 30, false);
    one.catalog.flush(31);
    two.catalog.images.add("hub/x", "1", 25, true);
    two.catalog.flush(26);
    assert.deepEqual(askedAt(two), [["hub/x", "1", 1, 25]]);
    for (const { clock } of [one, two]) await clock.advance(70_000);
    await heard(server, one, two);
    for (const each of [one, two]) assert.deepEqual(askedAt(each), [["hub/x", "1", 3, 30]]);
    await using three = await startFake(server, dir, "three", () => [two]);
    server.entries = server.entries.slice(-1);
    await heard(server, three);
    assert.deepEqual(askedAt(three), [["hub/x", "1", 3, 30]]);
    two.catalog.images.learn(["hub/x", "1", 20, 2], true);
    assert.deepEqual(askedAt(two), [["hub/x", "1", 3, 30]], "these are among those known here");
  }));

Deno.test("Feed, what is learnt while the server is away is told when it is back, in order", () =>
  withTwo(async (server, one, two) => {
    server.away = true;
    server.wake();
    one.catalog.names.link("hub/library/x", A, 1);
    one.catalog.names.link("hub/library/y", A, 1);
    one.catalog.names.unlink("hub/library/x", A);
    await settle();
    await one.clock.advance(31_000);
    assert.match(one.feed.figures().problem, /^what other Berths learn has not arrived for 3\d s$/);
    server.away = false;
    for (const { clock } of [one, two]) await clock.advance(2000);
    await heard(server, one, two);
    assert.ok(two.catalog.names.linked("hub/library/y", A));
    assert.ok(!two.catalog.names.linked("hub/library/x", A));
    assert.deepEqual([one.feed.figures().lag, one.feed.figures().problem], [0, ""]);
  }));

Deno.test("Feed, where the network is split both sides go on alone, and have all of it once it is one again", () =>
  withDir(async (dir) => {
    const server = new FakeServer();
    const link = server.link();
    await using one = await startFake(server, dir, "one");
    await using two = await startFake(link, dir, "two", () => link.cut ? [] : [one]);
    one.catalog.names.setTag(KEY, row(A, 10));
    await heard(server, one, two);
    link.cut = true;
    server.wake();
    const late = { ...KEY, tag: "2" };
    one.catalog.names.setTag(KEY, row(B, 30));
    one.catalog.names.link("hub/library/x", B, 30);
    two.catalog.names.setTag(KEY, row(A, 20));
    two.catalog.names.setTag(late, row(A, 25));
    two.catalog.names.link("hub/library/y", A, 25);
    two.catalog.names.pin("hub/library/y:*", 25);
    await heard(server, one);
    for (const { clock } of [one, two]) await clock.advance(60_000);
    assert.deepEqual(one.catalog.names.tag(KEY), row(B, 30));
    assert.deepEqual(two.catalog.names.tag(KEY), row(A, 20));
    assert.deepEqual(one.feed.figures().problem, "");
    assert.match(two.feed.figures().problem, /has not arrived for 60 s/);

    link.cut = false;
    for (const { clock } of [one, two]) await clock.advance(2000);
    await heard(server, one, two);
    await until(() => one.catalog.names.tag(late) !== undefined, "what the other side learnt");
    assert.deepEqual(view(one.catalog), view(two.catalog));
    assert.deepEqual(one.catalog.names.pins(), ["hub/library/y:*"]);
    assert.ok(two.catalog.names.linked("hub/library/x", B));
    assert.ok(one.catalog.names.linked("hub/library/y", A));
    assert.equal(two.feed.figures().problem, "");
  }));

Deno.test("Feed, a message that is sent twice is heard once", () =>
  withTwo(async (server, one, two) => {
    one.catalog.names.link("hub/library/x", A, 1);
    await heard(server, one, two);
    two.catalog.names.unlink("hub/library/x", A);
    await heard(server, one, two);
    const told = server.entries.find(({ text }) => text.includes('"link"'))!;
    server.add(told.text);
    await heard(server, one, two);
    assert.ok(!two.catalog.names.linked("hub/library/x", A));
  }));

Deno.test("Feed, of what only a newer version knows the rest is heard; of strangers nothing", () =>
  withTwo(async (server, one, two) => {
    const link = (repository: string): Change => ({ kind: "link", repository, digest: A });
    const later = { kind: "later" } as unknown as Change;
    server.add(seal.write({ by: "x", n: 1, changes: [later, link("hub/a")] }));
    server.add(seal.write({ by: "x", n: 2, changes: [{ kind: "tag" } as Change] }));
    const stranger = new Seal([new Uint8Array(32)]);
    server.add(stranger.write({ by: "y", n: 1, changes: [link("hub/b")] }));
    const signed = seal.write({ by: "z", n: 1, changes: [link("hub/c")] });
    server.add(signed.replace("hub/c", "hub/d"));
    server.add("nothing");
    await heard(server, one, two);
    const known = ["a", "b", "c", "d"].filter((name) => one.catalog.names.linked(`hub/${name}`, A));
    assert.deepEqual(known, ["a"]);
    assert.match(one.lines.join(), /left out changes/);
  }));

Deno.test("Feed, whoever has missed messages has the rows of the other", () =>
  withTwo(async (server, one, two, dir) => {
    one.catalog.names.link("hub/gone", A, 1);
    one.catalog.names.link("hub/stays", A, 1);
    await heard(server, one, two);
    await two[Symbol.asyncDispose]();
    one.catalog.names.unlink("hub/gone", A);
    one.catalog.names.setTag(KEY, row(B));
    await heard(server, one);
    server.entries = [];
    one.catalog.names.pin("hub/**", 1);
    await heard(server, one);
    await using again = await startFake(server, dir, "two", () => [one]);
    await heard(server, one, again);
    assert.deepEqual(view(again.catalog), view(one.catalog));
    assert.match(again.lines.join(), /info: has the rows of another Berth/);
  }));

Deno.test("Feed, a newcomer has the rows of others, and tells what it brings", () =>
  withTwo(async (server, one, two, dir) => {
    one.catalog.names.link("hub/theirs", A, 1);
    one.catalog.names.setTag(KEY, row(B, 9));
    await heard(server, one, two);
    server.entries = server.entries.slice(-1);
    const before = (catalog: Catalog) => {
      catalog.names.link("hub/mine", A, 1);
      catalog.names.setTag(KEY, row(A, 8));
      catalog.names.setTag({ ...KEY, tag: "2" }, row(A, 8));
    };
    await using three = await startFake(server, dir, "three", () => [one, two], before);
    await heard(server, one, two, three);
    for (const { catalog: { names } } of [one, three]) {
      assert.ok(names.linked("hub/mine", A) && names.linked("hub/theirs", A));
      assert.deepEqual(names.tag(KEY), row(B, 9), "what is older decides nothing");
      assert.deepEqual(names.tag({ ...KEY, tag: "2" }), row(A, 8));
    }
    assert.deepEqual(view(three.catalog), view(one.catalog));
  }));

Deno.test("Feed, a newcomer knows what tags have stood for, and since when digests are known", () =>
  withTwo(async (server, one, two, dir) => {
    one.catalog.names.setTag(KEY, row(A, 5));
    one.catalog.names.setTag(KEY, row(A, 7));
    one.catalog.names.setTag(KEY, row(B, 9));
    const { digest } = blob(10, 3);
    const key = { ...KEY, tag: "" };
    one.catalog.history.saw(key, row(digest, 3));
    one.catalog.tell({ kind: "seen", rows: [[key, row(digest, 3), 3]] });
    await heard(server, one, two);
    const { registry, repository } = KEY;
    assert.equal(two.catalog.history.firstSeen(registry, repository, digest), 3, "told at once");
    server.entries = server.entries.slice(-1);
    await using three = await startFake(server, dir, "three", () => [one, two]);
    await heard(server, one, two, three);
    const { history } = three.catalog;
    assert.deepEqual(history.of(KEY), one.catalog.history.of(KEY));
    assert.deepEqual(
      history.of(KEY).map(({ digest, firstSeen, lastSeen }) => [digest, firstSeen, lastSeen]),
      [
        [B, 9, 9],
        [A, 5, 7],
      ],
    );
    assert.equal(history.firstSeen(registry, repository, digest), 3);
  }));

Deno.test("Feed, a server that was emptied loses nothing, also with a clock that is behind", async () => {
  for (const ms of [500, 1_000_000]) {
    await withTwo(async (server, one, two) => {
      one.catalog.names.link("hub/a", A, 1);
      await heard(server, one, two);
      server.empty(ms);
      await until(() => server.entries.length >= 2, "both say that they are here");
      one.catalog.names.link("hub/b", A, 1);
      two.catalog.names.unlink("hub/a", A);
      await heard(server, one, two);
      for (const { catalog: { names } } of [one, two]) {
        assert.deepEqual([names.linked("hub/a", A), names.linked("hub/b", A)], [false, true]);
      }
    });
  }
});

Deno.test("Feed, messages that went with the server are noticed by their numbers, and told again", () =>
  withTwo(async (server, one, two) => {
    await heard(server, one, two);
    server.losing = true;
    one.catalog.names.link("hub/lost", A, 1);
    await until(() => one.feed.figures().published === 1, "it is told of");
    server.losing = false;
    one.catalog.names.link("hub/next", A, 1);
    await until(() => two.catalog.names.linked("hub/lost", A), "it is told again");
    await heard(server, one, two);
    assert.deepEqual(view(one.catalog), view(two.catalog));
    assert.ok(two.catalog.names.linked("hub/next", A));
  }));

Deno.test("Feed, news of others come to whoever wants to know, and not to who told them", () =>
  withTwo(async (server, one, two) => {
    const told: unknown[] = [];
    for (const [at, { news }] of [one, two].entries()) {
      news.set("quota", (about, value) => told.push([at, about, value]));
    }
    one.feed.tell("quota", "hub", { remaining: 7 });
    one.feed.tell("other", "hub", {});
    await heard(server, one, two);
    assert.deepEqual(told, [[1, "hub", { remaining: 7 }]]);
  }));

Deno.test("Packed, is taken whole and from who has the secret, or not at all", () =>
  withTwo(async (server, one) => {
    for (let at = 0; at < 1200; at++) one.catalog.names.link(`hub/${at}`, A, 1);
    await heard(server, one);
    const bytes = await new Response(packed(one.rows.snapshot(), seal)).bytes();
    const open = (bytes: Uint8Array<ArrayBuffer>, by = seal) =>
      Packed.open(new Response(bytes).body!, by);
    const right = await open(bytes);
    assert.equal(right!.id, one.rows.lastApplied);
    assert.equal((await right!.changes()).length, 1200);
    const foreign = await open(bytes, new Seal([new Uint8Array(32)]));
    await assert.rejects(foreign!.changes(), /not of this cluster/);
    await assert.rejects(async () => await (await open(bytes.slice(0, -40)))!.changes());
  }));
