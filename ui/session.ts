/** Dashboard sessions: who is signed in, until when. They live in memory; a restart ends them. */
import { createHash, randomBytes } from "node:crypto";
import type { Role } from "../proxy/config/schema.ts";

/** Unused for this long, a session ends. An open dashboard counts as use. */
const IDLE_MS = 12 * 3600e3;
/** However busy, a session ends after this long. */
const ABSOLUTE_MS = 7 * 24 * 3600e3;
const MAX_SESSIONS = 1000;

interface SessionsOptions {
  /** Unix milliseconds. */
  now: () => number;
  idleMs?: number;
  absoluteMs?: number;
}

export interface Session {
  readonly user: string;
  readonly role: Role;
  /** Unix milliseconds at which it ends at the latest. */
  readonly expires: number;
}

interface Entry extends Session {
  readonly credential: string;
  lastUsed: number;
}

/**
 * Sessions by the SHA-256 of their id, so that a dump of memory signs nobody in. Ids are 256 random
 * bits: guessing one is not a matter of timing, and a map keyed by the hash leaks nothing of use.
 */
export class Sessions {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  readonly #idleMs: number;
  readonly #absoluteMs: number;

  constructor(options: SessionsOptions) {
    this.#now = options.now;
    this.#idleMs = options.idleMs ?? IDLE_MS;
    this.#absoluteMs = options.absoluteMs ?? ABSOLUTE_MS;
  }

  /**
   * Signs somebody in under a fresh id, never under one that the client brought (session fixation).
   * `credential` is what was proven, the password's hash: once that changes, the session is over.
   */
  create(
    { user, role }: Pick<Session, "user" | "role">,
    credential: string,
  ): { id: string; session: Session } {
    this.#sweep();
    const id = randomBytes(32).toString("base64url");
    const now = this.#now();
    const entry = { user, role, credential, expires: now + this.#absoluteMs, lastUsed: now };
    this.#entries.set(key(id), entry);
    return { id, session: entry };
  }

  /**
   * The session of `id` if it is alive and was opened with what `credentialOf` says of it now; counts
   * as use.
   */
  use(
    id: string,
    credentialOf: (session: Session) => string | undefined,
  ): Session | undefined {
    const entry = this.#entries.get(key(id));
    if (!entry) return undefined;
    if (!this.#alive(entry) || entry.credential !== credentialOf(entry)) {
      this.remove(id);
      return undefined;
    }
    entry.lastUsed = this.#now();
    return entry;
  }

  /** Ends the session of `id`; unknown ids are fine. */
  remove(id: string): void {
    this.#entries.delete(key(id));
  }

  #alive(entry: Entry): boolean {
    const now = this.#now();
    return now < entry.expires && now - entry.lastUsed < this.#idleMs;
  }

  /** Drops the dead, then the oldest, so that sign-ins cannot fill the memory. */
  #sweep(): void {
    for (const [hash, entry] of this.#entries) {
      if (!this.#alive(entry)) this.#entries.delete(hash);
    }
    for (const hash of this.#entries.keys()) {
      if (this.#entries.size < MAX_SESSIONS) break;
      this.#entries.delete(hash);
    }
  }
}

function key(id: string): string {
  return createHash("sha256").update(id).digest("base64url");
}
