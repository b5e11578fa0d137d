import assert from "node:assert/strict";
import { DepotRows } from "../../../cache/catalog/depot_rows.ts";
import { keepRows } from "../../../cache/feed/keep.ts";
import { Packed, packed } from "../../../cache/feed/snapshot.ts";
import type { Turn } from "../../../cache/peers/duty.ts";
import { settle } from "../../fake/clock.ts";
import { blob, until, withDir } from "../support.ts";
import { FakeServer, heard, seal, startFake } from "./support.ts";

const [A, B] = [1, 2].map((seed) => blob(10, seed).digest) as [string, string];
const object = { digest: A, size: 10, mediaType: "a/b", created: 1, lastUsed: 1 };

Deno.test("Feed, what the depot has is known to all, with what it names, until it is gone", () =>
  withDir(async (dir) => {
    const server = new FakeServer();
    await using one = await startFake(server, dir, "one");
    await using two = await startFake(server, dir, "two", () => [one]);
    const [here, there] = [one, two].map(({ catalog }) => new DepotRows(catalog));
    const reference = {
      digest: B,
      kind: "layer",
      mediaType: "c/d",
      size: 5,
      platform: "",
    } as const;
    one.catalog.noteReferences(A, [reference]);
    here!.add(object);
    await heard(server, one, two);
    assert.deepEqual(there!.get(A), object);
    assert.deepEqual(two.catalog.references(A), [reference]);
    assert.deepEqual(there!.totals, { objects: 1, bytes: 10 });
    await using three = await startFake(server, dir, "three", () => [two], (catalog) => {
      new DepotRows(catalog);
    });
    server.entries = server.entries.slice(-1);
    await heard(server, three);
    assert.deepEqual((three.catalog.depot as DepotRows).get(A), object);
    there!.remove([A]);
    await heard(server, one, two, three);
    assert.equal(here!.get(A), undefined);
    assert.deepEqual(here!.totals, { objects: 0, bytes: 0 });
  }));

Deno.test("Feed, one that begins while the rows kept for it are away has them later, and what it learnt", () =>
  withDir(async (dir) => {
    const server = new FakeServer();
    await using one = await startFake(server, dir, "one");
    one.catalog.names.link("hub/old", A, 1);
    await heard(server, one);
    one.catalog.names.link("hub/new", A, 1);
    await heard(server, one);
    server.entries = server.entries.slice(-1);
    const kept = await new Response(packed(one.rows.snapshot(), seal)).bytes();
    let away = true;
    await using two = await startFake(server, dir, "two", () => [away ? "away" : kept]);
    two.catalog.names.link("hub/own", A, 1);
    await heard(server, one, two);
    const here = () =>
      ["hub/old", "hub/new", "hub/own"].filter((name) => two.catalog.names.linked(name, A));
    const look = async () => {
      await two.clock.advance(10_000);
      server.wake();
    };
    await look();
    await settle();
    assert.deepEqual(here(), ["hub/new", "hub/own"]);
    server.empty(2000);
    await until(() => server.entries.length > 0, "both say that they are here");
    away = false;
    await look();
    await until(() => here().length === 3, "it has everything");
    await heard(server, one, two);
    assert.deepEqual(two.lines.length, 1, two.lines.join());
  }));

Deno.test("keepRows, one keeps them every quarter of an hour, for a cluster that begins anew", () =>
  withDir(async (dir) => {
    const server = new FakeServer();
    await using one = await startFake(server, dir, "one");
    one.catalog.names.link("hub/x", A, 1);
    await heard(server, one);
    const writes: Uint8Array<ArrayBuffer>[] = [];
    let works = false;
    let tries = 0;
    const kept = {
      read: () => Promise.resolve(undefined),
      write(rows: Uint8Array<ArrayBuffer>) {
        tries++;
        if (works) writes.push(rows);
        return Promise.resolve(works);
      },
    };
    let turn: Turn = "another's";
    const duty = { turn: () => Promise.resolve(turn) };
    const over = new AbortController();
    const { clock } = one;
    const done = keepRows(
      { kept, snapshot: () => one.rows.snapshot(), seal, duty, clock },
      over.signal,
    );
    await clock.advance(120_000);
    assert.equal(writes.length, 0);
    turn = "mine";
    await clock.advance(60_000);
    await until(() => tries === 1);
    works = true;
    await clock.advance(60_000);
    await until(() => writes.length === 1, "a failure is made good with the next look");
    await clock.advance(14 * 60_000);
    assert.equal(writes.length, 1);
    await clock.advance(2 * 60_000);
    await until(() => writes.length === 2);
    one.catalog.names.link("hub/y", A, 1);
    await heard(server, one);
    over.abort();
    await clock.advance(1);
    await done;
    assert.equal(writes.length, 3, "whoever stops may be the last");
    const rows = await Packed.open(new Response(writes[2]!).body!, seal);
    assert.equal(rows!.id, one.rows.lastApplied);
    const links = ["hub/x", "hub/y"].map((repository) => ({ kind: "link", repository, digest: A }));
    assert.deepEqual(await rows!.changes(), links);
  }));
