/**
 * Dashboard sessions: who is signed in, until when. A session is its cookie, signed with a key that
 * every Berth of a cluster has, so that it is good at each of them, and after a restart.
 */
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Role } from "../proxy/config/schema.ts";
import { EndedSessions } from "./ended_sessions.ts";

/** Unused for this long, a session ends. An open dashboard counts as use. */
const IDLE_MS = 12 * 3600e3;
/** However busy, a session ends after this long. */
const ABSOLUTE_MS = 7 * 24 * 3600e3;
/** The same where a provider was asked, which alone knows who has left a group. */
const PROVIDER_MS = 24 * 3600e3;
const LONGEST = 2048;
const ROLES: readonly Role[] = ["viewer", "operator", "admin"];

interface SessionsOptions {
  /** Unix milliseconds. */
  now: () => number;
  /** 32 bytes each: the first signs, all are believed. One that dies with the process where absent. */
  keys?: readonly Uint8Array[];
  ended?: EndedSessions;
  idleMs?: number;
  absoluteMs?: number;
}

export interface Session {
  /** Stands for it in lists, and opens nothing. */
  readonly id: string;
  readonly user: string;
  readonly role: Role;
  /** The provider's group that gives the role; undefined for whoever has a password here. */
  readonly group?: string;
  /** Unix milliseconds of the sign-in. */
  readonly issued: number;
  /** Unix milliseconds of the last use that the cookie tells of. */
  readonly used: number;
  /** Unix milliseconds at which it ends at the latest. */
  readonly expires: number;
}

/** What a session stands on, such as role and password's hash; `undefined`: on nothing any more. */
export type CredentialOf = (
  session: Pick<Session, "user" | "role" | "group">,
) => string | undefined;

export class Sessions {
  readonly #now: () => number;
  readonly #keys: readonly Uint8Array[];
  readonly #ended: EndedSessions;
  readonly #idleMs: number;
  readonly #absoluteMs: number;

  constructor({ now, keys, ended, idleMs, absoluteMs }: SessionsOptions) {
    this.#now = now;
    this.#keys = keys ?? [randomBytes(32)];
    this.#ended = ended ?? new EndedSessions({ now });
    this.#idleMs = idleMs ?? IDLE_MS;
    this.#absoluteMs = absoluteMs ?? ABSOLUTE_MS;
  }

  /**
   * Signs somebody in under a fresh id, never under one that the client brought (session fixation).
   * `credential` is what was proven, the password's hash: once that changes, the session is over.
   */
  create(
    who: Pick<Session, "user" | "role" | "group">,
    credential: string,
  ): { cookie: string; session: Session } {
    const now = this.#now();
    const id = randomBytes(16).toString("base64url");
    const expires = now + this.#longest(who.group);
    const session = { ...who, id, issued: now, used: now, expires };
    return { cookie: this.#write(session, credential), session };
  }

  /** The session of `cookie`, unless it is over; then also by what others of the cluster know. */
  async use(cookie: string, credentialOf: CredentialOf): Promise<Session | undefined> {
    const session = this.#read(cookie, credentialOf);
    if (!session || await this.#ended.ask(session.id, session.expires)) return undefined;
    return session;
  }

  /**
   * Whether the session of `cookie` holds without another request, as far as is known here by now.
   * Only an answer can renew a cookie, so this is good for half of the time.
   */
  holds(cookie: string, credentialOf: CredentialOf): boolean {
    const session = this.#read(cookie, credentialOf);
    if (!session) return false;
    void this.#ended.ask(session.id, session.expires);
    return !this.#ended.has(session.id) && this.#now() - session.used < this.#idleMs / 2;
  }

  /** The cookie that tells of this use; `undefined` while the one that there is tells enough. */
  renew(session: Session, credential: string): string | undefined {
    const used = this.#now();
    if (used - session.used < this.#idleMs / 12) return undefined;
    return this.#write({ ...session, used }, credential);
  }

  /** Ends the session of `cookie`, and says which; none is fine. Throws where that cannot be kept. */
  async remove(cookie: string, credentialOf: CredentialOf): Promise<Session | undefined> {
    const session = this.#read(cookie, credentialOf);
    if (!session) return undefined;
    const over = this.#ended.has(session.id);
    await this.#ended.add(session.id, session.expires);
    return over ? undefined : session;
  }

  /** `text` as only this cluster can write it, for `purpose`; not encrypted. */
  seal(text: string, purpose: string): string {
    return this.#signed(text, `seal ${purpose}`);
  }

  /** The text of {@linkcode seal}; undefined where it is none. */
  unseal(sealed: string, purpose: string): string | undefined {
    const [payload = "", signature = ""] = sealed.slice(0, LONGEST).split(".");
    if (!this.#isSigned(payload, signature, `seal ${purpose}`)) return undefined;
    return Buffer.from(payload, "base64url").toString();
  }

  /** True the first time for `id`, here and at the others; remembered until then, Unix milliseconds. */
  async spend(id: string, until: number): Promise<boolean> {
    if (await this.#ended.ask(id, until)) return false;
    await this.#ended.add(id, until);
    return true;
  }

  #longest(group: string | undefined): number {
    return group === undefined ? this.#absoluteMs : Math.min(this.#absoluteMs, PROVIDER_MS);
  }

  #write({ id, user, role, issued, used, group }: Session, credential: string): string {
    const parts = [1, id, user, role, issued, used, ...group === undefined ? [] : [group]];
    return this.#signed(JSON.stringify(parts), credential);
  }

  #signed(text: string, credential: string): string {
    const payload = Buffer.from(text).toString("base64url");
    return `${payload}.${sign(payload, credential, this.#keys[0]!).toString("base64url")}`;
  }

  #isSigned(payload: string, signature: string, credential: string): boolean {
    const given = Buffer.from(signature, "base64url");
    const right = this.#keys.map((key) => sign(payload, credential, key))
      .filter((expected) => expected.length === given.length && timingSafeEqual(expected, given));
    return right.length > 0;
  }

  /** What `cookie` says, where it was signed here, for what its session stands on, and is not too old. */
  #read(cookie: string, credentialOf: CredentialOf): Session | undefined {
    const [payload = "", signature = ""] = cookie.slice(0, LONGEST).split(".");
    const session = parse(payload, (group) => this.#longest(group));
    const credential = session && credentialOf(session);
    if (!session || credential === undefined) return undefined;
    const now = this.#now();
    const alive = now < session.expires && now - session.used < this.#idleMs;
    return alive && this.#isSigned(payload, signature, credential) ? session : undefined;
  }
}

/** Parts are told from each other by a byte that neither of them has. */
function sign(payload: string, credential: string, key: Uint8Array): Buffer {
  return createHmac("sha256", key).update(`${payload}\0${credential}`).digest();
}

function parse(
  payload: string,
  longest: (group: string | undefined) => number,
): Session | undefined {
  try {
    const [version, id, user, role, issued, used, group] = JSON.parse(
      Buffer.from(payload, "base64url").toString(),
    );
    const words = [id, user, group ?? ""].every((word) => typeof word === "string");
    const times = [issued, used].every((time) => Number.isSafeInteger(time));
    if (version !== 1 || !words || !times || !ROLES.includes(role)) return undefined;
    const expires = issued + longest(group);
    return { id, user, role, issued, used, expires, ...group === undefined ? {} : { group } };
  } catch {
    return undefined;
  }
}
