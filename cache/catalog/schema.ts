/** The index's tables. A migration is never edited once released: the next one is appended. */
import type { DatabaseSync } from "node:sqlite";
import { CacheTooNew } from "../errors.ts";

const MIGRATIONS = [
  `
  CREATE TABLE blobs (
    digest TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    created INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    hits INTEGER NOT NULL DEFAULT 0,
    verified INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX blobs_last_used ON blobs (last_used);
  CREATE INDEX blobs_verified ON blobs (verified);
  CREATE INDEX blobs_size ON blobs (size);
  CREATE INDEX blobs_hits ON blobs (hits);
  CREATE INDEX blobs_created ON blobs (created);

  -- Which repository ("registry/name") holds which digest, whether or not its bytes are here.
  CREATE TABLE members (
    repository TEXT NOT NULL,
    digest TEXT NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (repository, digest)
  ) WITHOUT ROWID;
  CREATE INDEX members_digest ON members (digest);

  CREATE TABLE tags (
    registry TEXT NOT NULL,
    repository TEXT NOT NULL,
    tag TEXT NOT NULL,
    accept TEXT NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (registry, repository, tag, accept)
  ) WITHOUT ROWID;
  CREATE INDEX tags_digest ON tags (digest);

  -- What a stored manifest or index names, in its own order.
  CREATE TABLE refs (
    parent TEXT NOT NULL,
    position INTEGER NOT NULL,
    child TEXT NOT NULL,
    kind TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    platform TEXT NOT NULL,
    PRIMARY KEY (parent, position)
  ) WITHOUT ROWID;
  CREATE INDEX refs_child ON refs (child);

  CREATE TABLE pins (
    pattern TEXT PRIMARY KEY,
    created INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE state (
    key TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- What the depot is known to hold, and which blobs are to be put there.
  CREATE TABLE depot (
    digest TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    created INTEGER NOT NULL,
    last_used INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX depot_last_used ON depot (last_used);
  CREATE TABLE depot_queue (
    digest TEXT PRIMARY KEY,
    queued INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX depot_queue_queued ON depot_queue (queued);
  `,
  `
  -- How often a repository's images were asked for, by tag or digest, and answered from the cache.
  CREATE TABLE image_uses (
    repository TEXT NOT NULL,
    reference TEXT NOT NULL,
    hits INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    PRIMARY KEY (repository, reference)
  ) WITHOUT ROWID;
  `,
  `
  -- What tags have stood for; an empty tag stands for what was asked for by its digest.
  CREATE TABLE tag_history (
    registry TEXT NOT NULL,
    repository TEXT NOT NULL,
    tag TEXT NOT NULL,
    accept TEXT NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (registry, repository, tag, accept, digest)
  ) WITHOUT ROWID;
  CREATE INDEX tag_history_digest ON tag_history (digest, registry, repository);
  CREATE INDEX tag_history_last_seen ON tag_history (last_seen);
  INSERT INTO tag_history
    SELECT registry, repository, tag, accept, tags.digest, tags.media_type, tags.size,
      coalesce(min(blobs.created, checked_at), checked_at), checked_at
    FROM tags LEFT JOIN blobs ON blobs.digest = tags.digest;
  `,
  `
  -- What saw it first: pull, prefetch, bundle; empty where that is not known.
  ALTER TABLE tag_history ADD COLUMN seen_by TEXT NOT NULL DEFAULT '';
  `,
];

/** The version that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the database up to {@linkcode SCHEMA_VERSION}, each step in a transaction of its own.
 * Throws {@linkcode CacheTooNew} where a newer program has been here.
 */
export function migrate(db: DatabaseSync, path: string): void {
  db.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
  const row = db.prepare("SELECT max(version) AS version FROM schema_version").get();
  const found = Number(row?.version ?? 0);
  if (found > SCHEMA_VERSION) throw new CacheTooNew(path, found, SCHEMA_VERSION);
  MIGRATIONS.slice(found).forEach((sql, step) => {
    db.exec("BEGIN IMMEDIATE");
    db.exec(sql);
    db.prepare("INSERT INTO schema_version VALUES (?)").run(found + step + 1);
    db.exec("COMMIT");
  });
}
