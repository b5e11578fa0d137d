/**
 * What clients that sign in at a registry themselves (`auth.mode: client`) have shown to be theirs
 * to read. Upstream's answer to one request with a client's credentials stands for a short while for
 * the whole repository, as the scope of its token does; without one nothing is served.
 */
import { LRUCache } from "lru-cache";
import { Buffer } from "node:buffer";
import { createHmac, randomBytes } from "node:crypto";
import { Once } from "../../base/once.ts";
import { type IssuedToken, NOTHING_TO_PROVE, type Proof, type ProofBook } from "./proof.ts";
import type { Target } from "../names/target.ts";

const MAX_MS = 5 * 60_000;
/** For credentials that do not say how long they last. */
const UNTOLD_MS = 60_000;
const OFFLINE_MS = 7 * 24 * 60 * 60_000;
const MAX_ENTRIES = 50_000;

/** The proofs of a process, in memory only; credentials are known by a keyed hash. */
export class MemoryProofBook implements ProofBook {
  readonly #now: () => number;
  readonly #key = randomBytes(32);
  /** Until when each holds, by credentials and repository; those of nobody are under `public`. */
  readonly #until: LRUCache<string, number>;
  readonly #tokens: LRUCache<string, IssuedToken>;
  readonly #proving = new Once<unknown>();

  constructor({ now }: { now(): number }) {
    this.#now = now;
    this.#until = new LRUCache({ max: MAX_ENTRIES, ttl: OFFLINE_MS, perf: { now } });
    this.#tokens = new LRUCache({ max: MAX_ENTRIES, ttl: OFFLINE_MS, perf: { now } });
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
    return {
      id,
      holds: () => [own, everybody].some((key) => now() < (this.#until.get(key) ?? 0)),
      holdsOffline: () =>
        [own, everybody].some((key) =>
          registry.auth.offline === "known"
            ? this.#until.has(key)
            : now() < (this.#until.get(key) ?? 0)
        ),
      confirm: () => {
        this.#until.set(own, Math.min(now() + MAX_MS, this.#expiry(id, authorization)));
      },
      forget: () => void this.#until.delete(own),
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

  #expiry(id: string, authorization: string | undefined): number {
    if (id === "") return Infinity;
    const told = [this.#tokens.peek(id)?.expires, jwtExpiry(authorization ?? "")]
      .filter((time) => time !== undefined);
    return told.length > 0 ? Math.min(...told) : this.#now() + UNTOLD_MS;
  }

  #idOf(authorization: string | undefined): string {
    const [, scheme, credentials] = /^(\S+)\s+(\S.*)$/.exec(authorization?.trim() ?? "") ?? [];
    if (!scheme || !credentials) return authorization ? this.#hash(authorization) : "";
    return this.#hash(`${scheme.toLowerCase()} ${credentials}`);
  }

  #hash(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64");
  }
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
