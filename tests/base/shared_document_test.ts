import assert from "node:assert/strict";
import { type Document, SharedDocument } from "../../base/shared_document.ts";
import { FakeClock } from "../fake/clock.ts";
import { fakeDocuments } from "../fake/documents.ts";

/** Berths that share one document; what each has is in `has`. */
function cluster() {
  const clock = new FakeClock();
  const documents = fakeDocuments();
  const all: Member[] = [];
  const state = { lossy: false };
  const add = (has?: Document): Member => {
    const member: Member = {
      has,
      changed: 0,
      full: false,
      document: new SharedDocument({
        name: "thing",
        documents,
        clock,
        mine: () => Promise.resolve(member.has),
        keep(next) {
          if (member.full) return Promise.reject(new Error("the disk is full"));
          member.has = next;
          return Promise.resolve();
        },
        changed: () => Promise.resolve(member.changed++),
        tell() {
          if (state.lossy) return;
          for (const other of all) if (other !== member) void other.document.look();
        },
      }),
    };
    all.push(member);
    member.document.follow();
    return member;
  };
  const close = () => Promise.all(all.map(({ document }) => document[Symbol.asyncDispose]()));
  return { clock, documents, state, add, close };
}

interface Member {
  has: Document | undefined;
  changed: number;
  full: boolean;
  document: SharedDocument;
}

const first = { version: 1, text: "one" };
const second = { version: 2, text: "two" };

Deno.test("SharedDocument, what is written at one is at all, at once, and at a newcomer", async () => {
  const { add, clock, close } = cluster();
  const [one, two] = [add(), add()];
  assert.equal(await one.document.write(first), "kept");
  await clock.advance(0);
  assert.deepEqual([one.has, two.has], [first, first]);
  assert.deepEqual([one.changed, two.changed], [0, 1], "the writer need not be told");
  const three = add();
  await three.document.look();
  assert.deepEqual(three.has, first);
  await close();
});

Deno.test("SharedDocument, what was not told is found, and of two at one moment one is too late", async () => {
  const { add, clock, state, close } = cluster();
  const [one, two] = [add(), add()];
  state.lossy = true;
  const written = await Promise.all([
    one.document.write(first),
    two.document.write({ version: 1, text: "other" }),
  ]);
  assert.deepEqual(written.sort(), ["kept", "older"]);
  await clock.advance(10_000);
  assert.deepEqual(one.has, two.has);
  await close();
});

Deno.test("SharedDocument, where nobody answers it says so, and what is here stays", async () => {
  const { add, documents, clock, close } = cluster();
  const one = add(first);
  documents.state = "away";
  assert.equal(await one.document.write(second), "away");
  await one.document.look();
  assert.match(one.document.problem, /coordinator \(cluster\.url\) does not answer/);
  assert.deepEqual(one.has, first);
  documents.state = "foreign";
  assert.equal(await one.document.write(second), "foreign");
  await one.document.look();
  assert.match(one.document.problem, /another cluster\.secret/);
  documents.state = "well";
  await clock.advance(10_000);
  assert.equal(one.document.problem, "");
  assert.deepEqual(documents.kept.get("thing"), first);
  await close();
});

Deno.test("SharedDocument, an emptied server is given the newest that anybody has", async () => {
  const { add, documents, clock, close } = cluster();
  const [one, two, newcomer] = [add(second), add(first), add()];
  await newcomer.document.look();
  await clock.advance(10_000);
  assert.deepEqual(documents.kept.get("thing"), second);
  for (const { has } of [one, two, newcomer]) assert.deepEqual(has, second);
  // One that took over from another may lack the last write, and have been given another since.
  documents.kept.set("thing", { version: 2, text: "another two" });
  await clock.advance(10_000);
  for (const { has } of [one, two]) assert.equal(has?.text, "another two");
  await close();
});

Deno.test("SharedDocument, a disk that refuses is told, and tried again", async () => {
  const { add, clock, close } = cluster();
  const [one, two] = [add(), add()];
  two.full = true;
  await one.document.write(first);
  await clock.advance(0);
  assert.equal(two.document.problem, "the disk is full");
  assert.equal(two.changed, 0);
  two.full = false;
  await clock.advance(10_000);
  assert.deepEqual([two.has, two.document.problem, two.changed], [first, "", 1]);
  await close();
});
