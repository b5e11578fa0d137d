/** What people decided, and what becomes of it where several Berths decide. */
import assert from "node:assert/strict";
import {
  bookFile,
  type BookStore,
  type Decisions,
  NO_BOOK,
  TrustBook,
} from "../../../proxy/trust/book.ts";

const APP = "hub/org/app:v1";
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const frozen = (letter: string, at: number, image = APP) => ({
  ...{ image, digest: digest(letter), by: "anna", at },
});

/** Two that tell each other everything at once, as through the wire. */
async function two() {
  const [one, other] = [await TrustBook.open(NO_BOOK), await TrustBook.open(NO_BOOK)];
  one.tellBy((_, change) => void other.learn(JSON.parse(JSON.stringify(change))));
  other.tellBy((_, change) => void one.learn(JSON.parse(JSON.stringify(change))));
  return [one, other] as const;
}

/** Has `to` know all that `from` does; the queue has been worked off then. */
const learnAll = (to: TrustBook, from: TrustBook) =>
  to.learn(JSON.parse(JSON.stringify(from.toldTo(null))));

Deno.test("TrustBook, what is decided at one Berth holds at the other, and is taken back at both", async () => {
  const [one, other] = await two();
  await one.freeze(frozen("a", 5));
  await learnAll(other, one);
  assert.equal(other.frozenTo(APP)?.digest, digest("a"));
  await other.freeze(frozen("b", 6));
  await learnAll(one, other);
  assert.equal(one.frozenTo(APP)?.digest, digest("b"));
  await one.release({ image: "hub/org/*:*", by: "anna", at: 7 });
  await learnAll(other, one);
  assert.ok(other.isReleased(digest("c"), 7, ["hub/org/x:1"]));
  await other.unfreeze(APP);
  await learnAll(one, other);
  assert.equal(one.frozenTo(APP), undefined);
  assert.equal(one.mark, other.mark);
  assert.deepEqual(one.toldTo(other.mark), { same: true });
});

Deno.test("TrustBook, a newcomer learns everything; who was away brings nothing back", async () => {
  const [one] = await two();
  await one.freeze(frozen("a", 5));
  const away = await TrustBook.open(NO_BOOK);
  await learnAll(away, one);
  await one.unfreeze(APP, 9);
  await one.freeze(frozen("b", 9, "hub/org/app:v2"));
  // It froze something itself meanwhile.
  await away.freeze(frozen("c", 8, "hub/org/app:v3"));
  await learnAll(one, away);
  assert.equal(one.frozenTo(APP), undefined, "thawed since");
  await learnAll(away, one);
  for (const book of [one, away]) {
    assert.equal(book.frozenTo(APP), undefined);
    assert.equal(book.frozenTo("hub/org/app:v2")?.digest, digest("b"));
    assert.equal(book.frozenTo("hub/org/app:v3")?.digest, digest("c"));
  }
  assert.equal(one.mark, away.mark);
});

Deno.test("TrustBook, what is decided last counts, although by a clock that is behind", async () => {
  const [one] = await two();
  await one.freeze(frozen("a", 1000));
  const behind = await TrustBook.open(NO_BOOK);
  await learnAll(behind, one);
  await behind.freeze(frozen("b", 10));
  await learnAll(one, behind);
  assert.equal(one.frozenTo(APP)?.digest, digest("b"));
  await behind.unfreeze(APP, 11);
  await learnAll(one, behind);
  assert.equal(one.frozenTo(APP), undefined);
  await behind.freeze(frozen("c", 12));
  await learnAll(one, behind);
  assert.equal(one.frozenTo(APP)?.digest, digest("c"));
});

Deno.test("TrustBook, what the disk refuses does not hold, and what is no decision is not learnt", async () => {
  let full = false;
  const kept: Decisions[] = [];
  const store: BookStore = {
    ...NO_BOOK,
    write: (state) =>
      full ? Promise.reject(new Error("disk full")) : Promise.resolve(void kept.push(state)),
  };
  const book = await TrustBook.open(store);
  await book.freeze(frozen("a", 1));
  full = true;
  await assert.rejects(book.freeze(frozen("b", 2)), /disk full/);
  await assert.rejects(book.unfreeze(APP), /disk full/);
  assert.equal(book.frozenTo(APP)?.digest, digest("a"));
  full = false;
  const before = book.revision;
  for (const told of [undefined, null, { same: true }, { frozen: "all" }, [1]]) {
    await book.learn(told);
  }
  await book.learn(book.state);
  assert.equal(book.revision, before);
  assert.equal(kept.length, 1);
});

Deno.test("TrustBook, is read again as it was, and from a file of an older version", async () => {
  const dir = await Deno.makeTempDir();
  const store = bookFile(`${dir}/trust.json`);
  const book = await TrustBook.open(store);
  await book.freeze(frozen("a", 1));
  await book.freeze(frozen("b", 1, "hub/org/app:v2"));
  await book.unfreeze(APP, 5);
  assert.deepEqual((await TrustBook.open(store)).state, book.state);
  await Deno.writeTextFile(
    `${dir}/trust.json`,
    JSON.stringify({ frozen: [frozen("a", 1)], released: [] }),
  );
  assert.equal((await TrustBook.open(store)).frozenTo(APP)?.digest, digest("a"));
  await Deno.writeTextFile(`${dir}/trust.json`, "{");
  await assert.rejects(TrustBook.open(store), /trust\.json is damaged: put it back from a backup/);
  await Deno.remove(dir, { recursive: true });
});
