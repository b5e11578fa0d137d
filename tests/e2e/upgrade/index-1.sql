-- The index of 0.1.0, schema version 1. It stands for data directories that exist: never edit it.
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (1);
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
