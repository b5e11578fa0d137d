import assert from "node:assert/strict";
import type { RequestRecord } from "../../../../proxy/observe/record.ts";
import { PullBook } from "../../../../proxy/observe/stats/pulls.ts";
import { record } from "../../../fake/records.ts";

const T = 1_700_000_000_000;

type Fields = Partial<RequestRecord>;

const manifest = (fields: Fields = {}) =>
  record({ kind: "manifest", reference: "latest", time: T, bytes: 500, ...fields });
const blob = (name: string, fields: Fields = {}) =>
  record({ reference: `sha256:${name}`, time: T + 1000, ...fields });

function pulls(...requests: Fields[]): number {
  const book = new PullBook(0);
  return requests.filter((fields) => book.add(manifest(fields))).length;
}

function taken(...records: RequestRecord[]) {
  const book = new PullBook(0);
  for (const record of records) book.add(record);
  return book.take(T);
}

Deno.test("PullBook, one pull however many manifests a client asks for", () => {
  const digest = { reference: "sha256:abc" };
  assert.equal(pulls({ method: "HEAD" }, { ...digest }, { ...digest, time: T + 1000 }), 1);
  assert.equal(pulls({ method: "HEAD" }, { method: "GET" }), 1);
  assert.equal(pulls(digest, { reference: "sha256:def" }), 1, "pinned: index, then manifest");
  assert.equal(pulls({ method: "HEAD" }, { method: "HEAD" }), 1, "asked twice");
  assert.equal(pulls({ method: "HEAD" }, {}, {}), 2, "HEAD and GET, then GET");
  assert.equal(pulls({}, {}), 2, "again");
  assert.equal(pulls({}, { method: "HEAD" }, {}), 2, "GET, then HEAD and GET");
  assert.equal(pulls({ method: "HEAD" }, {}, { method: "HEAD" }, {}), 2, "HEAD and GET, twice");
  assert.equal(pulls({}, { method: "HEAD" }), 1, "asked whether it is still the same");
  assert.equal(pulls({ method: "HEAD" }, { method: "HEAD", time: T + 31e3 }), 2, "later");
  assert.equal(pulls({}, { client: "10.0.0.2" }), 2, "another client");
  assert.equal(pulls({}, { user: "ci" }), 2, "another user");
  assert.equal(pulls({}, { reference: "3.20" }), 2, "another tag");
  assert.equal(pulls({ repository: "library/alpine" }, { repository: "library/busybox" }), 2);
});

Deno.test("PullBook, a tag got in a loop is told once a second, and each time counts", () => {
  const loop = Array.from({ length: 2500 }, (_, i) => manifest({ time: T + i, cache: "hit" }));
  const book = new PullBook(0);
  assert.equal(loop.filter((one) => book.add(one)).length, 2500);
  assert.deepEqual(book.take(T).map(({ requests }) => requests), [1000, 1000, 500]);
  const [first, second] = taken(
    manifest(),
    blob("a", { time: T + 10 }),
    manifest({ time: T + 20 }),
  );
  assert.deepEqual(
    [first!.blobs, second!.blobs],
    [1, 0],
    "the next begins once something is fetched",
  );
});

Deno.test("PullBook, only manifests that were given begin one", () => {
  assert.equal(pulls({ status: 404 }, { kind: "blob" }, { method: "PUT", status: 201 }), 0);
  assert.equal(pulls({ status: 304 }), 1);
});

Deno.test("PullBook, tells how many blobs the cache had, and what the client got", () => {
  const [pull, ...others] = taken(
    manifest({ method: "HEAD", bytes: 0, cache: "revalidated" }),
    manifest({ reference: "sha256:m", cache: "hit", time: T + 10 }),
    blob("config", { bytes: 100 }),
    blob("one", { bytes: 1000, cache: "miss", durationMs: 11_000 }),
    blob("two", { bytes: 1000, cache: "joined" }),
    blob("two", { bytes: 10, method: "HEAD" }),
  );
  assert.equal(others.length, 0);
  assert.deepEqual(
    [pull!.blobs, pull!.cachedBlobs, pull!.bytes, pull!.cachedBytes, pull!.requests],
    [3, 2, 2600, 1600, 5],
  );
  assert.deepEqual([pull!.end - pull!.time, pull!.result, pull!.reference], [
    12_000,
    "complete",
    "latest",
  ]);
});

Deno.test("PullBook, what broke off and what was not given, unless it was made up for", () => {
  const results = (...records: RequestRecord[]) =>
    taken(...records).map(({ result, message }) => [result, message]);
  const closed = { ended: "client closed", bytes: 7 } as const;
  assert.deepEqual(results(manifest(), blob("a", closed)), [["broken", "client closed"]]);
  assert.deepEqual(results(manifest(), blob("a", closed), blob("b")), [[
    "broken",
    "client closed",
  ]]);
  assert.deepEqual(results(manifest(), blob("a", closed), blob("a")), [["complete", ""]]);
  assert.deepEqual(results(manifest(), blob("a", { ended: "handed over" })), [["complete", ""]]);
  const away = { status: 502, message: "docker is away", bytes: 0 };
  assert.deepEqual(results(manifest(), blob("a", closed), blob("b", away)), [[
    "failed",
    "docker is away",
  ]]);
  assert.deepEqual(results(manifest(away)), [["failed", "docker is away"]]);
  assert.deepEqual(results(manifest({ ...away, method: "HEAD" }), manifest()), [["complete", ""]]);
  assert.deepEqual(results(manifest({ status: 401 }), manifest({ time: T + 50 })), [[
    "complete",
    "",
  ]]);
});

Deno.test("PullBook, a tag that is refused is no part of another tag's pull", () => {
  const pulls = taken(
    manifest(),
    blob("a"),
    manifest({ reference: "next", status: 404, time: T + 2000 }),
    manifest({ reference: "next", status: 404, time: T + 3000 }),
    blob("b", { time: T + 4000 }),
  );
  assert.deepEqual(
    pulls.map(({ reference, result, requests }) => [reference, result, requests]),
    [["latest", "complete", 3], ["next", "failed", 2]],
  );
});

Deno.test("PullBook, a long download belongs to the pull in which it began", () => {
  const book = new PullBook(0);
  book.add(manifest());
  book.add(blob("quick"));
  book.add(manifest({ time: T + 300e3 }));
  book.add(blob("slow", { time: T + 2000, durationMs: 600e3, bytes: 5, cache: "miss" }));
  const [first, second] = book.take(T + 700e3);
  assert.deepEqual([first!.blobs, first!.end - first!.time], [2, 602e3]);
  assert.equal(second!.blobs, 0);
});

Deno.test("PullBook, a blob that nobody asked a manifest for is no pull's", () => {
  assert.deepEqual(taken(blob("a")), []);
});

Deno.test("PullBook, hands on what changed, once, with ids that keep growing", () => {
  const book = new PullBook(41);
  book.add(manifest());
  const [pull] = book.take(T);
  assert.equal(pull!.id, 42);
  assert.deepEqual(book.take(T), []);
  book.add(blob("a"));
  assert.deepEqual(book.take(T).map(({ id, blobs }) => [id, blobs]), [[42, 1]]);
  book.putBack([pull!]);
  book.add(manifest({ client: "10.0.0.2" }));
  assert.deepEqual(book.take(T).map(({ id }) => id), [42, 43], "what could not be written");
});

Deno.test("PullBook, made-up names and addresses neither fill the memory nor the history", () => {
  const book = new PullBook(0);
  for (let i = 0; i < 25_000; i++) {
    book.add(manifest({ client: `2001:db8::${i.toString(16)}`, status: 404 }));
    book.add(manifest({ client: `2001:db8:1::${i.toString(16)}`, status: 200 }));
  }
  const told = book.take(T);
  assert.equal(told.filter(({ result }) => result === "failed").length, 1000);
  assert.equal(told.length, 26_000);
  assert.equal(book.add(blob("a", { client: "2001:db8:1::0" })), false);
  assert.deepEqual(book.take(T), [], "the oldest have been let go");
  for (let i = 0; i < 2000; i++) book.add(blob(`${i}`, { client: "2001:db8:1::61a7" }));
  assert.equal(book.take(T)[0]!.blobs, 2000);
});
