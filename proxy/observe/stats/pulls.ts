/** Tells pulls from the several requests that one pull makes, and what became of each. */
import type { RequestRecord } from "../record.ts";
import { isHit } from "./counts.ts";

/** Requests of one client for one repository within this time of each other belong together. */
const WINDOW_MS = 30e3;
/**
 * A tag that a client gets again within this time of a pull's beginning, with nothing fetched in
 * between, is told with that pull, though each counts: whoever asks in a loop pushes nobody out.
 */
const AGAIN_MS = 1000;
/** A lot is full after this time, too. A long download is told at its end, and then finds its pull. */
const LOT_MS = 3600e3;
/** Pulls of one client from one repository that are open at once, such as of several tags. */
const OPEN_EACH = 4;
/** Tags of one repository that a client is known to have asked for. */
const TAGS_EACH = 50;
/**
 * Of clients with their repositories, and of the digests that they asked for, there are two lots: the
 * full one before, and the one that fills up. What is used moves to the latter.
 */
const GROUPS = 5_000;
const PARTS = 50_000;
/** Digests and tags of one pull that are told apart. */
const PARTS_EACH = 1000;
const MESSAGE_LENGTH = 300;
/** Pulls that wait to be written; while the disk refuses, the oldest are forgotten. */
const UNWRITTEN = 20_000;
/** Between two writes so many that failed at their beginning are told: names can be made up. */
const FAILURES = 1000;

/** `broken`: a transfer broke off and was not made up for; `failed`: something was not given at all. */
export type PullResult = "complete" | "broken" | "failed";

/** One pull of one client. Sizes in bytes, times in Unix milliseconds. */
export interface Pull {
  /** Grows from pull to pull, also across restarts. */
  readonly id: number;
  /** When its first request came in. */
  readonly time: number;
  /** When its last one ended. */
  end: number;
  readonly client: string;
  /** Name of the client that a trusted proxy gave; empty where none did. */
  clientName: string;
  readonly user: string;
  userAgent: string;
  readonly registry: string;
  readonly repository: string;
  /** Tag or digest that it began with. */
  readonly reference: string;
  requests: number;
  /** Layers and configurations that were asked for, each once. */
  blobs: number;
  /** Those of them that did not have to be fetched for this client. */
  cachedBlobs: number;
  /** What the client got, and what of it came from the cache. */
  bytes: number;
  cachedBytes: number;
  result: PullResult;
  /** What went wrong; empty where nothing did. */
  message: string;
}

/** Something with a digest or tag that a pull asked for. */
interface Part {
  cached: boolean;
  state: PullResult;
}

interface Open {
  readonly pull: Pull;
  readonly parts: Map<string, Part>;
  /** A manifest was given: before that it is an attempt. */
  begun: boolean;
  /** How the worst of what is not in `parts` for want of room ended. */
  rest: PullResult;
}

/** What a client asks for of one repository. */
interface Group {
  open: Open[];
  /** When a manifest was given last. */
  given: number;
  tags: Map<string, { time: number; method: string }>;
}

/**
 * A pull is a manifest that a client asks for and gets. By tag: each GET, and a HEAD that no GET of
 * that tag follows, since clients ask by HEAD first and continue by tag or by digest. By digest: only
 * where nothing else was asked of that repository just before, since clients follow a tag and an
 * index by digest. What the client asks for of that repository next belongs to it.
 */
export class PullBook {
  #groups = new Map<string, Group>();
  #before = new Map<string, Group>();
  #parts = 0;
  #since = 0;
  #unwritten = new Set<Pull>();
  #failures = 0;
  #id: number;

  /** `last`: the largest id that was given before. */
  constructor(last: number) {
    this.#id = last;
  }

  /** Takes note of `record`; true where it begins a pull. */
  add(record: RequestRecord): boolean {
    const { kind, method, registry, repository, status, client, user } = record;
    const manifest = kind === "manifest" && (method === "GET" || method === "HEAD");
    if (repository === "" || !(manifest || (kind === "blob" && method === "GET"))) return false;
    const key = `${client} ${user} ${registry} ${repository}`;
    let group = this.#groups.get(key);
    if (!group) {
      group = this.#before.get(key);
      if (!group && kind === "blob") return false; // Nobody knows what it belongs to.
      this.#keep(key, group ??= newGroup());
    }
    const given = manifest && (status === 200 || status === 304);
    const begins = given && beginsPull(record, group);
    const open = this.#openFor(record, group, begins);
    if (open) this.#note(record, open);
    if (given) remember(record, group);
    return begins;
  }

  /** Pulls that changed since they were last taken, oldest first. They may change again. */
  take(now: number): Pull[] {
    if (now - this.#since >= LOT_MS) {
      this.#turnOver();
      this.#since = now;
    }
    const taken = [...this.#unwritten];
    this.#unwritten = new Set();
    this.#failures = 0;
    return taken.sort((a, b) => a.id - b.id);
  }

  /** Takes back what could not be written. */
  putBack(pulls: readonly Pull[]): void {
    this.#unwritten = new Set([...pulls, ...this.#unwritten]);
    for (const pull of this.#unwritten) {
      if (this.#unwritten.size <= UNWRITTEN) break;
      this.#unwritten.delete(pull);
    }
  }

  /** The pull that `record` is part of, which may be a new one. */
  #openFor(record: RequestRecord, group: Group, begins: boolean): Open | undefined {
    const { kind, reference, status, time } = record;
    // A tag that was not given is an attempt of its own, and no part of another tag's pull.
    const alone = kind === "manifest" && status >= 400 && !reference.includes(":");
    const last = group.open.findLast(({ pull, begun }) =>
      pull.time <= time && time - pull.end < WINDOW_MS &&
      (alone ? pull.reference === reference : begun || kind === "manifest")
    );
    if (begins && !(last && last.pull.reference === reference && isSame(last, time))) {
      return this.#begin(record, group);
    }
    if (last || kind === "blob") return last;
    // A manifest that was not given: an attempt, unless clients invent more than can be told.
    if (status < 400 || this.#failures >= FAILURES) return undefined;
    this.#failures++;
    return this.#begin(record, group);
  }

  #begin(record: RequestRecord, group: Group): Open {
    const { time, client, clientName, user, userAgent, registry, repository, reference } = record;
    const pull: Pull = {
      ...{ id: ++this.#id, time, end: time, client, clientName, user, userAgent },
      ...{ registry, repository, reference, requests: 0, blobs: 0, cachedBlobs: 0 },
      ...{ bytes: 0, cachedBytes: 0, result: "complete", message: "" },
    };
    const open: Open = { pull, parts: new Map(), begun: false, rest: "complete" };
    group.open.push(open);
    if (group.open.length > OPEN_EACH) group.open.shift();
    return open;
  }

  #note(record: RequestRecord, open: Open): void {
    const { kind, reference, status, bytes, time, durationMs } = record;
    const { pull, parts } = open;
    const cached = isHit(record.cache) || record.cache === "stale";
    const blob = kind === "blob";
    pull.requests++;
    pull.bytes += bytes;
    if (cached) pull.cachedBytes += bytes;
    pull.end = Math.max(pull.end, time + durationMs);
    if (record.clientName) pull.clientName = record.clientName;
    if (!blob && status < 400) open.begun = true;
    const state = stateOf(record);
    const given = cached && state !== "failed";
    const part = parts.get(reference);
    if (blob && !part) pull.blobs++;
    if (blob && given && !part?.cached) pull.cachedBlobs++;
    if (part) Object.assign(part, { state, cached: part.cached || given });
    else if (parts.size < PARTS_EACH) {
      parts.set(reference, { cached: given, state });
      this.#parts++;
    } else if (state !== "complete") open.rest = state;
    // What is whole and gets more that is whole is so still, however many parts it has.
    if (state !== "complete" || pull.result !== "complete") pull.result = resultOf(open);
    if (pull.result === "complete") pull.message = "";
    else if (state !== "complete") {
      pull.message = (record.message || record.ended).slice(0, MESSAGE_LENGTH);
    }
    this.#unwritten.add(pull);
  }

  #keep(key: string, group: Group): void {
    if (this.#groups.size >= GROUPS || this.#parts >= PARTS) this.#turnOver();
    this.#groups.set(key, group);
    for (const { parts } of group.open) this.#parts += parts.size;
  }

  #turnOver(): void {
    this.#before = this.#groups;
    this.#groups = new Map();
    this.#parts = 0;
  }
}

/** Whether a pull of the same tag that begins at `time` is told with `open`. */
function isSame({ begun, pull }: Open, time: number): boolean {
  return !begun || (pull.blobs === 0 && time - pull.time < AGAIN_MS);
}

function newGroup(): Group {
  return { open: [], given: -Infinity, tags: new Map() };
}

function beginsPull({ reference, method, time }: RequestRecord, group: Group): boolean {
  if (reference.includes(":")) return time - group.given >= WINDOW_MS;
  const before = group.tags.get(reference);
  if (!before || time - before.time >= WINDOW_MS) return true;
  return method === "GET" && before.method === "GET";
}

function remember({ reference, method, time }: RequestRecord, group: Group): void {
  group.given = time;
  if (reference.includes(":")) return;
  const known = group.tags.get(reference);
  // A HEAD behind a GET is no pull, so that the GET that may follow it is one.
  if (known?.method === "GET" && time - known.time < WINDOW_MS) method = "GET";
  // Which one was asked for least lately only matters once one has to go.
  if (known && group.tags.size < TAGS_EACH) return void Object.assign(known, { time, method });
  group.tags.delete(reference);
  group.tags.set(reference, { time, method });
  if (group.tags.size > TAGS_EACH) group.tags.delete(group.tags.keys().next().value!);
}

function stateOf({ status, ended }: RequestRecord): PullResult {
  if (status >= 400) return "failed";
  return ended === "complete" || ended === "handed over" ? "complete" : "broken";
}

/** By how each thing that it asked for ended at the last attempt. */
function resultOf({ begun, parts, rest }: Open): PullResult {
  let result: PullResult = begun ? rest : "failed";
  for (const { state } of parts.values()) {
    if (state === "failed") return "failed";
    if (state === "broken") result = "broken";
  }
  return result;
}
