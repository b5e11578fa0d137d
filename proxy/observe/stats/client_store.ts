/** Clients and their pulls on disk, for a month and within a bound. */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import {
  type Between,
  clientConditions,
  type ClientQuery,
  pullConditions,
  type PullFilter,
} from "./client_filters.ts";
import { CLIENT_COUNTERS, type ClientCounts, type ClientTally } from "./clients.ts";
import type { Pull } from "./pulls.ts";

const HOUR_MS = 3600e3;
const DAY_MS = 24 * HOUR_MS;
/** Figures by the hour are kept this long, and those by the day: for the last day, and a month. */
const HOURS_KEPT_MS = 25 * HOUR_MS;
const KEPT_MS = 31 * DAY_MS;
/** So many pulls at most are kept. */
const MOST_PULLS = 200_000;
/** Pulls that are read at once. */
const AT_ONCE = 1000;

/** The tables, made by a step of the migration. */
export const CLIENT_TABLES = `CREATE TABLE pulls (id INTEGER PRIMARY KEY, time INTEGER NOT NULL,
     end INTEGER NOT NULL, client TEXT NOT NULL, clientName TEXT NOT NULL, user TEXT NOT NULL,
     userAgent TEXT NOT NULL, registry TEXT NOT NULL, repository TEXT NOT NULL,
     reference TEXT NOT NULL, requests INTEGER NOT NULL, blobs INTEGER NOT NULL,
     cachedBlobs INTEGER NOT NULL, bytes INTEGER NOT NULL, cachedBytes INTEGER NOT NULL,
     result TEXT NOT NULL, message TEXT NOT NULL) STRICT;
   CREATE INDEX pulls_of_client ON pulls (client, user, id);
   CREATE TABLE clients (step INTEGER, start INTEGER, client TEXT, user TEXT,
     clientName TEXT NOT NULL, userAgent TEXT NOT NULL, first INTEGER NOT NULL,
     last INTEGER NOT NULL, ${
  CLIENT_COUNTERS.map((name) => `${name} INTEGER NOT NULL`).join(", ")
}, PRIMARY KEY (step, client, user, start)) STRICT, WITHOUT ROWID;`;

/** What was counted and told of clients since the last write. */
export interface Who {
  /** Unix milliseconds. */
  now: number;
  clients: readonly ClientTally[];
  pulls: readonly Pull[];
}

/** A client over a span, with the images that it pulled. */
export interface ClientRow extends ClientTally {
  images: number;
}

/** An image over a span. */
export interface ImageRow {
  registry: string;
  repository: string;
  pulls: number;
  clients: number;
  bytes: number;
}

/** How often a tag was pulled. */
export interface TagPulls {
  registry: string;
  repository: string;
  tag: string;
  pulls: number;
}

/** A client's habits over all that is kept. */
export interface Habits {
  client: string;
  user: string;
  userAgent: string;
  /** Days on which it asked for something. */
  days: number;
  /** Unix milliseconds. */
  first: number;
  last: number;
  pulls: number;
  manifests: number;
  blobs: number;
}

export class ClientStore {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** The largest id that a pull has; 0 where there is none. */
  lastPull(): number {
    return Number(this.#db.prepare("SELECT max(id) AS id FROM pulls").get()?.id ?? 0);
  }

  /** Adds to what is there; to be called within a transaction. */
  write({ now, clients, pulls }: Who): void {
    const upsert = this.#db.prepare(UPSERT);
    for (const tally of clients) {
      const { client, user, clientName, userAgent, first, last } = tally;
      const counts = CLIENT_COUNTERS.map((name) => tally[name]);
      for (const step of [HOUR_MS, DAY_MS]) {
        const start = now - now % step;
        upsert.run(step, start, client, user, clientName, userAgent, first, last, ...counts);
      }
    }
    const replace = this.#db.prepare(
      `INSERT OR REPLACE INTO pulls (${PULL_FIELDS.join(", ")})
       VALUES (${PULL_FIELDS.map(() => "?").join(", ")})`,
    );
    for (const pull of pulls) {
      replace.run(...PULL_FIELDS.map((field) => {
        const value = pull[field];
        return typeof value === "number" ? Math.round(value) : value;
      }));
    }
  }

  /** Drops what is too old, and the oldest of too many pulls. */
  prune(now: number): void {
    const old = this.#db.prepare("DELETE FROM clients WHERE step = ? AND start < ?");
    old.run(HOUR_MS, now - HOURS_KEPT_MS);
    old.run(DAY_MS, now - KEPT_MS);
    // Ids grow with time: so the first that is young enough is soon found.
    this.#db.prepare(
      `DELETE FROM pulls WHERE id < coalesce(
         (SELECT id FROM pulls WHERE time >= ? ORDER BY id LIMIT 1),
         (SELECT max(id) + 1 FROM pulls))`,
    ).run(now - KEPT_MS);
    this.#db.prepare(
      "DELETE FROM pulls WHERE id <= (SELECT id FROM pulls ORDER BY id DESC LIMIT 1 OFFSET ?)",
    ).run(MOST_PULLS);
  }

  /** Up to `limit` matching pulls, newest first, with ids below `before` where given. */
  pulls(filter: PullFilter, limit: number, before = Number.MAX_SAFE_INTEGER): Pull[] {
    const { where, values } = pullConditions(filter);
    return this.#db.prepare(
      `SELECT * FROM pulls WHERE id < ? AND time >= ? AND time < ?${where}
       ORDER BY id DESC LIMIT ?`,
    ).all(before, filter.from, filter.to, ...values, limit).map(pullFrom);
  }

  /** Every pull that began in the span, newest first. */
  *all({ from, to }: Between): Generator<Pull> {
    let page: Pull[] = [];
    do {
      page = this.pulls({ from, to }, AT_ONCE, page.at(-1)?.id);
      yield* page;
    } while (page.length === AT_ONCE);
  }

  /** Clients over a span, whose first step counts whole; `total` is how many there are in all. */
  clients(query: ClientQuery): { items: ClientRow[]; total: number } {
    const { step, start } = stepFor(query);
    const { where, values } = clientConditions(query);
    const rows = this.#db.prepare(
      `SELECT client, user, min(first) AS first, max(last) AS last,
         count(*) OVER () AS total, ${SUMS}
       FROM clients WHERE step = ? AND start >= ? AND start < ?${where} GROUP BY client, user
       ORDER BY ${query.sort} ${query.desc ? "DESC" : "ASC"}, client, user LIMIT ? OFFSET ?`,
    ).all(step, start, query.to, ...values, query.limit, query.offset);
    const latest = this.#db.prepare(
      `SELECT clientName, userAgent FROM clients WHERE step = ? AND client = ? AND user = ?
         AND start >= ? AND start < ? ORDER BY start DESC LIMIT 1`,
    );
    const items = rows.map((row) => {
      const [client, user] = [String(row.client), String(row.user)];
      const called = latest.get(step, client, user, start, query.to);
      const images = this.imagesOf(client, user, query);
      return { ...tallyFrom({ ...row, ...called }), images };
    });
    return { items, total: Number(rows[0]?.total ?? 0) };
  }

  /** The images that were pulled most over a span. */
  topImages({ from, to }: Between, limit: number): ImageRow[] {
    return this.#db.prepare(
      `SELECT registry, repository, count(*) AS pulls, count(DISTINCT client) AS clients,
         sum(bytes) AS bytes FROM pulls WHERE time >= ? AND time < ? AND requests > 0
         AND result <> 'failed'
       GROUP BY registry, repository ORDER BY pulls DESC, bytes DESC, repository LIMIT ?`,
    ).all(from, to, limit).map((row) => ({
      registry: String(row.registry),
      repository: String(row.repository),
      pulls: Number(row.pulls),
      clients: Number(row.clients),
      bytes: Number(row.bytes),
    }));
  }

  /** The tags that were pulled most since `from` (Unix ms), those of signatures left out. */
  topTags(from: number, limit: number): TagPulls[] {
    return this.#db.prepare(
      `SELECT registry, repository, reference AS tag, count(*) AS pulls FROM pulls
       WHERE time >= ? AND requests > 0 AND result <> 'failed'
         AND instr(reference, ':') = 0 AND reference NOT GLOB 'sha256-*'
       GROUP BY registry, repository, reference
       ORDER BY pulls DESC, max(time) DESC, repository, reference LIMIT ?`,
    ).all(from, limit).map((row) => ({
      registry: String(row.registry),
      repository: String(row.repository),
      tag: String(row.tag),
      pulls: Number(row.pulls),
    }));
  }

  /** How many repositories a client pulled from. */
  imagesOf(client: string, user: string, { from, to }: Between): number {
    const found = this.#db.prepare(
      `SELECT count(DISTINCT registry || '/' || repository) AS images FROM pulls
       WHERE client = ? AND user = ? AND time >= ? AND time < ?`,
    ).get(client, user, from, to);
    return Number(found?.images);
  }

  /** Every client's habits. */
  habits(): Habits[] {
    return this.#db.prepare(
      `SELECT client, user, max(userAgent) AS userAgent, count(*) AS days, min(first) AS first, max(last) AS last,
         sum(pulls) AS pulls, sum(manifests) AS manifests, sum(blobs) AS blobs
       FROM clients WHERE step = ? AND client <> '' GROUP BY client, user`,
    ).all(DAY_MS).map((row) => ({
      client: String(row.client),
      user: String(row.user),
      userAgent: String(row.userAgent),
      days: Number(row.days),
      first: Number(row.first),
      last: Number(row.last),
      pulls: Number(row.pulls),
      manifests: Number(row.manifests),
      blobs: Number(row.blobs),
    }));
  }
}

/** By the hour where the hours are kept, else by the day. */
function stepFor({ from, now }: ClientQuery): { step: number; start: number } {
  const step = now - from <= HOURS_KEPT_MS - HOUR_MS ? HOUR_MS : DAY_MS;
  return { step, start: from - from % step };
}

const PULL_FIELDS = [
  ...["id", "time", "end", "client", "clientName", "user", "userAgent", "registry", "repository"],
  ...["reference", "requests", "blobs", "cachedBlobs", "bytes", "cachedBytes", "result", "message"],
] as (keyof Pull)[];

const SUMS = CLIENT_COUNTERS.map((name) => `sum(${name}) AS ${name}`).join(", ");

const UPSERT = `INSERT INTO clients (step, start, client, user, clientName, userAgent, first, last,
    ${CLIENT_COUNTERS.join(", ")}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ${
  CLIENT_COUNTERS.map(() => "?").join(", ")
})
  ON CONFLICT DO UPDATE SET last = max(last, excluded.last), userAgent = excluded.userAgent,
    clientName = CASE excluded.clientName WHEN '' THEN clientName ELSE excluded.clientName END,
    ${CLIENT_COUNTERS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`;

type Row = Record<string, SQLOutputValue>;

function pullFrom(row: Row): Pull {
  return { ...row } as unknown as Pull;
}

function tallyFrom(row: Row): ClientTally {
  const { client, user, clientName, userAgent, first, last } = row as unknown as ClientTally;
  const counts = Object.fromEntries(CLIENT_COUNTERS.map((name) => [name, Number(row[name])]));
  return { client, user, clientName, userAgent, first, last, ...counts as ClientCounts };
}
