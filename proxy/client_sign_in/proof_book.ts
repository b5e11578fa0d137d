/**
 * What clients that sign in at a registry themselves (`auth.mode: client`) have shown to be theirs
 * to read. Upstream's answer to one request with a client's credentials stands for a short while for
 * the whole repository, as the scope of its token does; without one nothing is served.
 */
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import { Buffer } from "node:buffer";
import { createHmac, randomBytes } from "node:crypto";
import type { SharedMemory } from "../../base/shared_memory.ts";
import { Once } from "../../base/once.ts";
import { type IssuedToken, NOTHING_TO_PROVE, type Proof, type ProofBook } from "./proof.ts";
import type { Target } from "../names/target.ts";

const MAX_MS = 5 * 60_000;
/** For credentials that do not say how long they last. */
const UNTOLD_MS = 60_000;
const OFFLINE_MS = 7 * 24 * 60 * 60_000;
const MAX_ENTRIES = 50_000;

interface ProofBookOptions {
  /** Unix milliseconds. */
  now(): number;
  /** What the Berths of a cluster know together: a proof that one has is good at the others. */
  memory?: SharedMemory | undefined;
}

/** Until when a proof holds, and when it was shown, in Unix milliseconds. */
interface Shown {
  until: number;
  at: number;
}

/** The proofs of a process, in memory only; credentials are known by a keyed hash. */
export class MemoryProofBook implements ProofBook {
  readonly #now: () => number;
  readonly #key = randomBytes(32);
  /** Until when each holds, by credentials and repository; those of nobody are under `public`. */
  readonly #until: LRUCache<string, number>;
  readonly #memory: SharedMemory | undefined;
  /** When upstream has refused what others may still believe. */
  readonly #refused: LRUCache<string, number>;
  readonly #tokens: LRUCache<string, IssuedToken>;
  readonly #proving = new Once<unknown>();

  constructor({ now, memory }: ProofBookOptions) {
    this.#now = now;
    this.#memory = memory;
    const limits = { ...atMost(MAX_ENTRIES), ttl: OFFLINE_MS, ttlResolution: 0, perf: { now } };
    this.#until = new LRUCache(limits);
    this.#refused = new LRUCache(limits);
    this.#tokens = new LRUCache(limits);
  }

  /** The proof for a request with `authorization` that is about `target`. */
  of({ registry, repository }: Target, authorization: string | undefined): Proof {
    if (registry.auth.mode !== "client") return NOTHING_TO_PROVE;
    const id = this.#idOf(authorization);
    const place = JSON.stringify([registry.name, registry.url, repository]);
    const everybody = `public ${place}`;
    const anonymous = id === "" || this.#tokens.peek(id)?.anonymous === true;
    const own = anonymous ? everybody : `${id} ${place}`;
    const now = this.#now;
    // Others hash credentials with keys of their own.
    const shared = (key: string) =>
      `proof:${key === everybody ? key : `${textOf(authorization)} ${place}`}`;
    return {
      id,
      holds: () => [own, everybody].some((key) => now() < (this.#until.get(key) ?? 0)),
      holdsOffline: () =>
        [own, everybody].some((key) =>
          registry.auth.offline === "known"
            ? this.#until.has(key)
            : now() < (this.#until.get(key) ?? 0)
        ),
      recall: async () => {
        for (const key of new Set([own, everybody])) await this.#recall(key, shared(key));
      },
      confirm: () => {
        const shown = {
          until: Math.min(now() + MAX_MS, this.#expiry(id, authorization)),
          at: now(),
        };
        this.#until.set(own, shown.until);
        const life = registry.auth.offline === "known" ? OFFLINE_MS : shown.until - now();
        if (life > 0) void this.#memory?.put(shared(own), JSON.stringify(shown), life);
      },
      forget: () => {
        this.#until.delete(own);
        if (!this.#memory) return;
        this.#refused.set(own, now());
        void this.#memory.forget(shared(own));
      },
    };
  }

  /** Remembers how long `token` lasts, and whether it is anybody's. */
  remember(token: IssuedToken): void {
    this.#tokens.set(this.#idOf(`Bearer ${token.token}`), { ...token, token: "" });
  }

  /** Runs `prove` once for all who want to know the same with the same credentials. */
  async once(key: string, prove: () => Promise<unknown>): Promise<void> {
    await this.#proving.run(key, prove);
  }

  /** Takes over what another one was shown, unless it was refused here since. */
  async #recall(key: string, shared: string): Promise<void> {
    const kept = await this.#memory?.get(shared);
    if (kept === undefined) return;
    const { until, at }: Shown = JSON.parse(kept);
    if (at <= (this.#refused.get(key) ?? 0) || until <= (this.#until.get(key) ?? 0)) return;
    const ttl = at + OFFLINE_MS - this.#now();
    if (ttl > 0) this.#until.set(key, until, { ttl });
  }

  #expiry(id: string, authorization: string | undefined): number {
    if (id === "") return Infinity;
    const told = [this.#tokens.peek(id)?.expires, jwtExpiry(authorization ?? "")]
      .filter((time) => time !== undefined);
    return told.length > 0 ? Math.min(...told) : this.#now() + UNTOLD_MS;
  }

  #idOf(authorization: string | undefined): string {
    const text = textOf(authorization);
    return text && createHmac("sha256", this.#key).update(text).digest("base64");
  }
}

/** Credentials in one spelling; empty where there are none. */
function textOf(authorization = ""): string {
  const [, scheme, credentials] = /^(\S+)\s+(\S.*)$/.exec(authorization.trim()) ?? [];
  return scheme && credentials ? `${scheme.toLowerCase()} ${credentials}` : authorization;
}

/**
 * `exp` (RFC 7519, 4.1.4) of a bearer token that is a JWT, in Unix milliseconds. Not verified:
 * upstream has taken the token, and all that a wrong one does is to make a proof shorter.
 */
export function jwtExpiry(authorization: string): number | undefined {
  const payload = /^bearer\s+[\w-]+\.([\w-]+)\.[\w-]*$/i.exec(authorization)?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    const exp = (claims as { exp?: unknown } | null)?.exp;
    return typeof exp === "number" && Number.isFinite(exp) ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
