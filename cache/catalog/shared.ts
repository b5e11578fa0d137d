/** The catalog's rows as others have them, too: changes to and fro, and all of them at once. */
import { DatabaseSync } from "node:sqlite";
import type { Change, ImageUse, RowSnapshot, SharedRows, Sighting } from "../change.ts";
import type { SeenBy, TagKey } from "../types.ts";
import type { Catalog } from "./catalog.ts";
import { depotRowOf, referenceOf, tagNameOf, tagOf } from "./rows.ts";

/** The state's key for until when everything has been told. */
const TOLD = "told_until";
/** Changes that are made of rows at a time. */
const BATCH = 500;

/** `catalog` as {@linkcode SharedRows}. */
export function sharedRows(catalog: Catalog): Omit<SharedRows, "apply"> {
  return {
    get shared() {
      return catalog.shared;
    },
    onChange: (listener) => catalog.onChange(listener),
    get lastApplied() {
      const { ms, seq } = catalog.lastApplied ?? {};
      return ms === undefined ? undefined : `${ms}-${seq}`;
    },
    snapshot: () => snapshotOf(catalog),
    replace: (changes, id) => catalog.replace(changes, id),
    changedSince: (since) => [...rowsSince(catalog.db, since)],
    get toldUntil() {
      return catalog.noted(TOLD) ?? 0;
    },
    set toldUntil(time) {
      catalog.note(TOLD, time);
    },
  };
}

/** Of a connection of its own: what is written meanwhile is not seen, and waits for nothing. */
function snapshotOf(catalog: Catalog): RowSnapshot {
  const db = new DatabaseSync(catalog.path, { readOnly: true });
  db.exec("BEGIN");
  const state = db.prepare("SELECT value FROM state WHERE key = ?");
  const [ms, seq] = ["applied_ms", "applied_seq"].map((key) => state.get(key)?.value);
  return {
    id: ms === undefined ? undefined : `${ms}-${seq}`,
    changes: batches(allRows(db)),
    [Symbol.dispose]: () => db.isOpen && db.close(),
  };
}

function* batches(changes: Iterable<Change>): Generator<Change[]> {
  let batch: Change[] = [];
  for (const change of changes) {
    if (batch.push(change) < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function* allRows(db: DatabaseSync): Generator<Change> {
  for (const row of db.prepare("SELECT * FROM tags").iterate()) yield tagChange(row);
  for (const row of db.prepare("SELECT * FROM members").iterate()) yield linkChange(row);
  for (const row of db.prepare("SELECT * FROM pins").iterate()) yield pinChange(row);
  yield* usesOf(db);
  yield* sightings(db.prepare("SELECT * FROM tag_history").iterate());
  const references = db.prepare("SELECT * FROM refs WHERE parent = ? ORDER BY position");
  for (const row of db.prepare("SELECT * FROM depot").iterate()) {
    const object = depotRowOf(row);
    yield { kind: "stored", object, references: references.all(object.digest).map(referenceOf) };
  }
}

/** How often each image was asked for, some at a time. */
function* usesOf(db: DatabaseSync): Generator<Change> {
  let uses: ImageUse[] = [];
  for (const row of db.prepare("SELECT * FROM image_uses").iterate()) {
    const { repository, reference, hits, last_used: at } = row;
    uses.push([String(repository), String(reference), Number(at), Number(hits)]);
    if (uses.length < BATCH) continue;
    yield { kind: "asked", uses, all: true };
    uses = [];
  }
  if (uses.length > 0) yield { kind: "asked", uses, all: true };
}

/** What tags have stood for, some at a time. */
function* sightings(rows: Iterable<Row>): Generator<Change> {
  let seen: Sighting[] = [];
  for (const row of rows) {
    const by = row.seen_by ? { by: row.seen_by as SeenBy } : {};
    const stood = { ...tagOf({ ...row, checked_at: row.last_seen }), ...by };
    seen.push([tagKeyOf(row), stood, Number(row.first_seen)]);
    if (seen.length < BATCH) continue;
    yield { kind: "seen", rows: seen };
    seen = [];
  }
  if (seen.length > 0) yield { kind: "seen", rows: seen };
}

/** Those that are of each one's own learning: what the depot has, others find there. */
function* rowsSince(db: DatabaseSync, since: number): Generator<Change> {
  const all = (sql: string) => db.prepare(sql).all(since);
  for (const row of all("SELECT * FROM members WHERE seen >= ?")) yield linkChange(row);
  for (const row of all("SELECT * FROM tags WHERE checked_at >= ?")) {
    yield { ...tagChange(row), again: true };
  }
  for (const row of all("SELECT * FROM pins WHERE created >= ?")) yield pinChange(row);
  yield* sightings(all("SELECT * FROM tag_history WHERE first_seen >= ? AND tag = ''"));
}

type Row = Record<string, unknown>;

function tagChange(row: Row): Change & { kind: "tag" } {
  return { kind: "tag", key: tagKeyOf(row), row: tagOf(row) };
}

function tagKeyOf(row: Row): TagKey {
  return { ...tagNameOf(row), accept: String(row.accept) };
}

function linkChange({ repository, digest }: Row): Change {
  return { kind: "link", repository: String(repository), digest: String(digest) };
}

function pinChange({ pattern }: Row): Change {
  return { kind: "pin", pattern: String(pattern), on: true };
}
