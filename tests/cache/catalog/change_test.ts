import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { Catalog } from "../../../cache/catalog/catalog.ts";
import { sharedRows } from "../../../cache/catalog/shared.ts";
import type { Change } from "../../../cache/change.ts";
import { InvalidChangeId, StorageError } from "../../../cache/errors.ts";
import { blob, withCache, withDir } from "../support.ts";

const DIGESTS = [1, 2, 3].map((seed) => blob(10, seed).digest);
const [A, B] = DIGESTS as [string, string];
const NAME = { registry: "docker", repository: "library/x", tag: "latest" };
const KEY = { ...NAME, accept: "" };
const row = (digest: string, checkedAt = 7) => ({ digest, mediaType: "a/b", size: 10, checkedAt });

function add(catalog: Catalog, digest: string, repositories: string[] = []): void {
  const times = { created: 1, lastUsed: 1, verified: 1 };
  catalog.addBlob({ digest, size: 10, mediaType: "a/b", ...times }, { repositories });
}

/** Runs `test` with an empty catalog, and with what it tells of. */
async function withCatalog(test: (catalog: Catalog, told: Change[], path: string) => void) {
  await withDir((dir) => {
    const path = join(dir, "index.db");
    const catalog = Catalog.open(path);
    const told: Change[] = [];
    catalog.onChange((change) => told.push(change));
    try {
      test(catalog, told, path);
    } finally {
      catalog.close(1);
    }
    return Promise.resolve();
  });
}

Deno.test("onChange, is told of everything that others may have to know, in order", () =>
  withCatalog((catalog, told) => {
    add(catalog, A, ["r/x"]);
    catalog.names.setTag(KEY, row(A));
    catalog.names.link("r/y", A, 2);
    catalog.names.link("r/y", A, 3);
    catalog.names.unlink("r/y", A);
    catalog.names.unlinkRepository("r/x", () => false);
    catalog.names.deleteTag("docker", "library/x", "latest");
    catalog.names.pin("docker/**", 4);
    catalog.names.unpin("docker/**");
    catalog.removeBlob(A);
    assert.deepEqual(told, [
      { kind: "link", repository: "r/x", digest: A },
      { kind: "tag", key: KEY, row: row(A) },
      { kind: "link", repository: "r/y", digest: A },
      { kind: "unlink", repository: "r/y", digest: A },
      { kind: "unlink", repository: "r/x", digest: A },
      { kind: "untag", name: NAME },
      { kind: "pin", pattern: "docker/**", on: true },
      { kind: "pin", pattern: "docker/**", on: false },
      { kind: "gone", digests: [A] },
    ]);
  }));

Deno.test("history, what saw a digest first stays so, and is known to others", () =>
  withCatalog((catalog, told, path) => {
    const other = Catalog.open(`${path}.other`);
    catalog.names.setTag(KEY, { ...row(A), by: "prefetch" });
    catalog.names.setTag(KEY, { ...row(A, 9), by: "pull" });
    const of = { mediaType: "a/b", size: 10, firstSeen: 7, lastSeen: 9, seenBy: "prefetch" };
    assert.deepEqual(catalog.history.of(NAME), [{ digest: A, ...of }]);
    other.apply(told, "1-1");
    assert.deepEqual(other.history.of(NAME), [{ digest: A, ...of }]);
    using snapshot = sharedRows(catalog).snapshot();
    sharedRows(other).replace([...snapshot.changes].flat(), "1-2");
    assert.deepEqual(other.history.of(NAME), [{ digest: A, ...of }]);
    other.close(1);
  }));

Deno.test("onChange, is told of uses when they are written, each counted once", () =>
  withCatalog((catalog, told) => {
    add(catalog, A);
    add(catalog, B);
    catalog.touch(catalog.blob(A)!, 10);
    catalog.touch(catalog.blob(A)!, 20);
    catalog.verified(catalog.blob(B)!, 20);
    assert.deepEqual(told, []);
    catalog.flush(30);
    catalog.touch(catalog.blob(A)!, 40);
    catalog.apply([{ kind: "used", uses: [[A, 35, 5]] }], "1-0");
    assert.equal(catalog.blob(A)!.hits, 8);
    catalog.flush(50);
    assert.deepEqual(told, [
      { kind: "used", uses: [[A, 20, 2]] },
      { kind: "used", uses: [[A, 40, 1]] },
    ]);
    assert.equal(catalog.blob(A)!.lastUsed, 40);
  }));

Deno.test("onChange, is told after the commit, and never of what was rolled back", () =>
  withCatalog((catalog, told) => {
    const within: number[] = [];
    catalog.transaction(() => {
      catalog.names.pin("a", 1);
      catalog.names.link("r/x", A, 1);
      within.push(told.length);
    });
    assert.deepEqual(within, [0]);
    assert.equal(told.length, 2);
    const failing = () =>
      catalog.transaction(() => {
        catalog.names.pin("b", 1);
        throw new Error("no");
      });
    assert.throws(failing, /no/);
    catalog.names.pin("c", 1);
    assert.deepEqual(told.slice(2), [{ kind: "pin", pattern: "c", on: true }]);
  }));

Deno.test("onChange, is not told of what was applied, nor after it has been ended", () =>
  withCatalog((catalog, told) => {
    catalog.apply([{ kind: "pin", pattern: "a", on: true }], "1-0");
    assert.deepEqual(told, []);
    const more: Change[] = [];
    const end = catalog.onChange((change) => more.push(change));
    end();
    catalog.names.pin("b", 1);
    assert.deepEqual([told.length, more.length], [1, 0]);
  }));

Deno.test("apply, makes each kind of change, in order", () =>
  withCatalog((catalog) => {
    const other = { ...KEY, accept: "docker" };
    catalog.apply([
      { kind: "tag", key: KEY, row: row(A) },
      { kind: "tag", key: KEY, row: row(B) },
      { kind: "link", repository: "r/x", digest: A },
      { kind: "link", repository: "r/y", digest: A },
      { kind: "unlink", repository: "r/x", digest: A },
      { kind: "pin", pattern: "a", on: true },
      { kind: "pin", pattern: "b", on: true },
      { kind: "pin", pattern: "a", on: false },
    ], "5-0");
    assert.deepEqual(catalog.names.tag(KEY), row(B));
    assert.deepEqual([catalog.names.linked("r/x", A), catalog.names.linked("r/y", A)], [
      false,
      true,
    ]);
    assert.deepEqual(catalog.names.pins(), ["b"]);
    const { revision } = catalog.names;
    catalog.apply([
      { kind: "tag", key: other, row: row(A) },
      { kind: "untag", name: NAME },
    ], "5-1");
    assert.deepEqual([catalog.names.tag(KEY), catalog.names.tag(other)], [undefined, undefined]);
    assert.ok(catalog.names.revision > revision, "what was said before does not hold");
  }));

Deno.test("apply, of content gone elsewhere, takes its holders and tags and leaves what is here", () =>
  withCatalog((catalog) => {
    add(catalog, A, ["r/x"]);
    catalog.names.setTag(KEY, row(A));
    catalog.apply([{ kind: "gone", digests: [A, B] }], "1-0");
    assert.equal(catalog.blob(A)?.size, 10);
    assert.ok(!catalog.names.linked("r/x", A));
    assert.equal(catalog.names.tag(KEY), undefined);
    assert.deepEqual(catalog.totals, { blobs: 1, bytes: 10 });
  }));

Deno.test("apply, twice is once, also over a restart, and earlier ids are left out", () =>
  withDir((dir) => {
    const path = join(dir, "index.db");
    let catalog = Catalog.open(path);
    add(catalog, A);
    const used: Change = { kind: "used", uses: [[A, 9, 3]] };
    for (const id of ["1732600000000-2", "1732600000000-2", "1732600000000-1", "1732599999999-7"]) {
      catalog.apply([used], id);
    }
    assert.equal(catalog.blob(A)!.hits, 3);
    catalog.close(1);
    catalog = Catalog.open(path);
    assert.deepEqual(catalog.lastApplied, { ms: 1732600000000, seq: 2 });
    catalog.apply([used], "1732600000000-2");
    assert.equal(catalog.blob(A)!.hits, 3);
    catalog.apply([used], "1732600000000-10");
    assert.equal(catalog.blob(A)!.hits, 6);
    catalog.close(1);
    return Promise.resolve();
  }));

Deno.test("apply, skips a kind that only a newer version knows", () =>
  withCatalog((catalog) => {
    const unknown = { kind: "later", digest: A } as unknown as Change;
    catalog.apply([unknown, { kind: "pin", pattern: "a", on: true }], "1-0");
    assert.deepEqual(catalog.names.pins(), ["a"]);
    assert.deepEqual(catalog.lastApplied, { ms: 1, seq: 0 });
  }));

Deno.test("apply, refuses what is no id of a change, and names it", () =>
  withCatalog((catalog) => {
    for (const id of ["", "1", "1-", "-1", "1-0-0", "a-0", "9999999999999999-0"]) {
      const refused = (error: unknown) => error instanceof InvalidChangeId && error.id === id;
      assert.throws(() => catalog.apply([], id), refused, id);
    }
  }));

Deno.test("apply, that cannot be written changes nothing and may be tried again", () =>
  withCatalog((catalog, told, path) => {
    add(catalog, A);
    catalog.touch(catalog.blob(A)!, 10);
    const changes: Change[] = [
      { kind: "tag", key: KEY, row: row(A) },
      { kind: "used", uses: [[A, 9, 3]] },
    ];
    using other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    assert.throws(() => catalog.apply(changes, "1-0"), StorageError);
    assert.equal(catalog.names.tag(KEY), undefined);
    assert.equal(catalog.lastApplied, undefined);
    other.exec("ROLLBACK");
    catalog.apply(changes, "1-0");
    assert.deepEqual(catalog.names.tag(KEY), row(A));
    catalog.flush(20);
    assert.equal(catalog.blob(A)!.hits, 4);
    assert.deepEqual(told.at(-1), { kind: "used", uses: [[A, 10, 1]] });
  }));

Deno.test("Cache, hands on changes and takes those of others", () =>
  withCache({}, ({ cache }) => {
    const told: Change[] = [];
    const end = cache.rows.onChange((change) => told.push(change));
    cache.link("r/x", A);
    end();
    cache.link("r/x", B);
    assert.deepEqual(told, [{ kind: "link", repository: "r/x", digest: A }]);
    cache.rows.apply([{ kind: "link", repository: "r/y", digest: A }], "1-0");
    assert.ok(cache.linked("r/y", A));
    return Promise.resolve();
  }));

/**
 * What somebody does at one of two catalogs, or a catalog learning of the next few changes, or
 * missing them and having the other's rows instead.
 */
type Step =
  & { at: 0 | 1 }
  & (
    | { do: "tag"; accept: string; tag: string; digest: string }
    | { do: "untag"; tag: string }
    | { do: "link" | "unlink"; repository: string; digest: string }
    | { do: "gone" | "evict" | "use"; digest: string }
    | { do: "pin" | "unpin"; pattern: string }
    | { do: "flush" }
    | { do: "learn"; count: number }
    | { do: "miss" }
  );

const at = fc.constantFrom(0 as const, 1 as const);
const digest = fc.constantFrom(...DIGESTS);
const tag = fc.constantFrom("1", "2");
const repository = fc.constantFrom("r/x", "r/y");
const pattern = fc.constantFrom("a", "b");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    at,
    do: fc.constant("tag" as const),
    accept: fc.constantFrom("", "oci"),
    tag,
    digest,
  }),
  fc.record({ at, do: fc.constant("untag" as const), tag }),
  fc.record({ at, do: fc.constantFrom("link" as const, "unlink" as const), repository, digest }),
  fc.record({ at, do: fc.constantFrom("gone" as const, "evict" as const, "use" as const), digest }),
  fc.record({ at, do: fc.constantFrom("pin" as const, "unpin" as const), pattern }),
  fc.record({ at, do: fc.constantFrom("flush" as const, "miss" as const) }),
  fc.record({ at, do: fc.constant("learn" as const), count: fc.nat(4) }),
);

/** Two catalogs and the one order of their changes, which both are told, their own included. */
class Pair {
  readonly #catalogs: [Catalog, Catalog];
  readonly #feed: { by: number; change: Change }[] = [];
  readonly #learnt = [0, 0];
  #missed = false;
  #time = 100;

  constructor(dir: string) {
    const open = (by: number) => {
      const catalog = Catalog.open(join(dir, `${by}.db`));
      catalog.share();
      for (const known of DIGESTS) add(catalog, known);
      catalog.onChange((change) => this.#feed.push({ by, change }));
      return catalog;
    };
    this.#catalogs = [open(0), open(1)];
  }

  take(step: Step): void {
    const catalog = this.#catalogs[step.at];
    const now = this.#time++;
    switch (step.do) {
      case "tag": {
        const { accept, tag, digest } = step;
        return catalog.names.setTag({ ...NAME, tag, accept }, row(digest, now));
      }
      case "untag":
        return catalog.names.deleteTag(NAME.registry, NAME.repository, step.tag);
      case "link":
        return catalog.names.link(step.repository, step.digest, now);
      case "unlink":
        return catalog.names.unlink(step.repository, step.digest);
      case "gone":
        return catalog.removeBlob(step.digest);
      case "evict":
        return catalog.removeBlob(step.digest, true);
      case "use": {
        const known = catalog.blob(step.digest);
        return known && catalog.touch(known, now);
      }
      case "pin":
        return catalog.names.pin(step.pattern, now);
      case "unpin":
        return void catalog.names.unpin(step.pattern);
      case "flush":
        return catalog.flush(now);
      case "learn":
        return this.learn(step.at, step.count);
      case "miss":
        return this.miss(step.at);
    }
  }

  /** What it has not learnt yet is lost to it: it has the rows of the other, if that is ahead. */
  miss(at: 0 | 1): void {
    const ahead = this.#learnt[1 - at]!;
    if (ahead <= this.#learnt[at]!) return;
    using snapshot = sharedRows(this.#catalogs[1 - at as 0 | 1]).snapshot();
    assert.equal(snapshot.id, `1-${ahead}`);
    this.#catalogs[at].replace([...snapshot.changes].flat(), snapshot.id);
    this.#learnt[at] = ahead;
    this.#missed = true;
  }

  /** The next `count` changes, all at once, and once more, as after a broken connection. */
  learn(at: 0 | 1, count = Infinity): void {
    const from = this.#learnt[at]!;
    const next = this.#feed.slice(from, from + count);
    if (next.length === 0) return;
    this.#learnt[at] = from + next.length;
    const changes = next.filter(({ by, change }) => by !== at || change.kind !== "used")
      .map(({ change }) => change);
    for (let time = 0; time < 2; time++) this.#catalogs[at].apply(changes, `1-${this.#learnt[at]}`);
  }

  /** Everything that both should agree on, once both have been told everything. */
  end() {
    for (const catalog of this.#catalogs) catalog.flush(this.#time);
    this.learn(0);
    this.learn(1);
    const both = DIGESTS.filter((digest) => this.#catalogs.every((one) => one.blob(digest)));
    const seen = this.#catalogs.map((catalog) => ({
      tags: catalog.db.prepare("SELECT * FROM tags ORDER BY tag, accept").all(),
      members: catalog.db.prepare("SELECT repository, digest FROM members ORDER BY 1, 2").all(),
      pins: catalog.names.pins(),
      // How often it was used meanwhile, nobody tells again.
      uses: this.#missed ? [] : both.map((digest) => {
        const { hits, lastUsed } = catalog.blob(digest)!;
        return { digest, hits, lastUsed };
      }),
      remembered: ["r/x", "r/y"].map((name) =>
        DIGESTS.map((one) => catalog.names.linked(name, one))
      ),
    }));
    for (const catalog of this.#catalogs) catalog.close(this.#time);
    return seen;
  }
}

Deno.test("apply, two catalogs that tell one another everything are equal at the end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) =>
      withDir((dir) => {
        const pair = new Pair(dir);
        for (const one of steps) pair.take(one);
        const [first, second] = pair.end();
        assert.deepEqual(second, first);
        return Promise.resolve();
      })),
    { numRuns: 60 },
  );
});
