/** API tokens that are made while Berth runs: kept as hashes, with scopes, until they expire. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { type KeptFile, keptFile } from "../../base/kept_file.ts";

/** What a token may be for; `pull` is signing in at the registry, the rest is the dashboard's. */
export const SCOPES = ["metrics", "read", "cache", "registries", "admin", "pull"] as const;
export type Scope = (typeof SCOPES)[number];

/** The user whose password at the registry is a token. */
export const TOKEN_USER = "token";

/** So that a leaked token is known for what it is. */
const PREFIX = "berth_";
/** How often the last use is written down, in milliseconds. */
const USE_EVERY = 60_000;
export const MAX_TOKENS = 1000;
/** Milliseconds after which nobody can still have a token that was revoked. */
const REMEMBERED = 400 * 24 * 3600e3;

const record = z.object({
  id: z.string(),
  name: z.string(),
  /** SHA-256 in hex: of 256 random bits, which need no salt and no slow hash. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(SCOPES)),
  /** Times are Unix milliseconds. */
  created: z.number(),
  createdBy: z.string(),
  /** Null: never. */
  expires: z.number().nullable(),
  lastUsed: z.number().nullable(),
  /** The address that used it last. */
  lastFrom: z.string(),
});
const state = z.object({
  tokens: z.array(record),
  /** Those that were revoked, and when: another Berth may still have them. */
  revoked: z.array(z.object({ id: z.string(), at: z.number() })).default([]),
});

/** A token as it is kept; the token itself is nowhere. */
export type TokenRecord = Readonly<z.infer<typeof record>>;

/** Tokens as they are kept, and as Berths of a cluster tell each other of them. */
type TokenState = z.infer<typeof state>;

/** Where tokens are kept. */
export type TokenStore = KeptFile<TokenState>;

/** A file that only its owner may read. */
export function tokenFile(path: string): TokenStore {
  return keptFile(path, state, {
    empty: { tokens: [], revoked: [] },
    remedy: "remove it, start again and make new tokens",
  });
}

/** Tokens that end with the process. */
export const NO_STORE: TokenStore = {
  read: () => Promise.resolve({ tokens: [], revoked: [] }),
  write: () => Promise.resolve(),
};

interface NewToken {
  name: string;
  scopes: readonly Scope[];
  expires: number | null;
  /** Who makes it. */
  by: string;
}

/** The tokens of one Berth. */
export class Tokens {
  readonly #byHash: Map<string, TokenRecord>;
  readonly #store: TokenStore;
  readonly #now: () => number;
  #queue: Promise<unknown> = Promise.resolve();
  /** Over here, while the store may still have them. */
  readonly #revoked = new Map<string, TokenRecord>();
  /** When each that was revoked was. */
  readonly #ended: Map<string, number>;
  /** Hashes of those that were used since others were told. */
  readonly #used = new Set<string>();
  #tell: (change: TokenState) => void = () => {};
  #written: number;
  #dirty = false;

  private constructor(
    { tokens, revoked }: TokenState,
    store: TokenStore,
    now: () => number,
  ) {
    this.#ended = new Map(revoked.map(({ id, at }) => [id, at]));
    this.#byHash = new Map(tokens.map((token) => [token.hash, token]));
    this.#store = store;
    this.#now = now;
    this.#written = now();
  }

  /** Reads the tokens of `store`; `now` in Unix milliseconds. Throws where they cannot be read. */
  static async open(store: TokenStore, now: () => number): Promise<Tokens> {
    return new Tokens(await store.read(), store, now);
  }

  /** Calls `tell` with what is to be known at other Berths, too. */
  tellBy(tell: (about: string, change: TokenState) => void): void {
    this.#tell = (change) => tell((change.tokens[0] ?? change.revoked[0])!.id, change);
  }

  /** Tells of those that were used since this was called last. */
  tellRest(): void {
    for (const hash of this.#used) {
      const token = this.#byHash.get(hash);
      if (token) this.#tell({ tokens: [token], revoked: [] });
    }
    this.#used.clear();
  }

  /** All that is known. */
  get state(): TokenState {
    const since = this.#now() - REMEMBERED;
    const revoked = [...this.#ended].map(([id, at]) => ({ id, at }))
      .filter(({ at }) => at > since);
    return { tokens: [...this.#byHash.values()], revoked };
  }

  /** Stands for which tokens there are, and not for when they were used. */
  get mark(): string {
    const ids = [...this.#byHash.values()].map(({ id }) => id).sort();
    return sha256(JSON.stringify([ids, this.state.revoked.map(({ id }) => id).sort()]));
  }

  /** What to tell somebody who knows of those whose mark is `known`. */
  toldTo(known: string | null): TokenState | { same: true } {
    return known === this.mark ? { same: true } : this.state;
  }

  /** Takes over what another Berth knows, if it is that: what was revoked anywhere is over. */
  learn(told: unknown): void {
    const { tokens = [], revoked = [] } = state.safeParse(told).data ?? {};
    const before = this.mark;
    for (const { id, at } of revoked) {
      if (this.#ended.has(id)) continue;
      this.#ended.set(id, at);
      const token = this.list().find((one) => one.id === id);
      if (token) this.#byHash.delete(token.hash);
    }
    for (const token of tokens) {
      if (this.#ended.has(token.id)) continue;
      const known = this.#byHash.get(token.hash);
      if (known && (known.lastUsed ?? 0) >= (token.lastUsed ?? 0)) continue;
      this.#byHash.set(token.hash, token);
      this.#dirty = true;
    }
    if (this.mark !== before) this.#write().catch(() => {});
  }

  /** All of them, newest first, expired ones too. */
  list(): TokenRecord[] {
    return [...this.#byHash.values()].sort((a, b) => b.created - a.created);
  }

  /** Makes a token; it is told this once. Throws where it cannot be kept, and is none then. */
  async make({ name, scopes, expires, by }: NewToken): Promise<{ token: string; id: string }> {
    const token = PREFIX + randomBytes(32).toString("base64url");
    const made: TokenRecord = {
      id: randomUUID(),
      name,
      hash: sha256(token),
      scopes: [...scopes],
      created: this.#now(),
      createdBy: by,
      expires,
      lastUsed: null,
      lastFrom: "",
    };
    this.#byHash.set(made.hash, made);
    await this.#write().catch((error) => {
      this.#byHash.delete(made.hash);
      throw error;
    });
    this.#tell({ tokens: [made], revoked: [] });
    return { token, id: made.id };
  }

  /**
   * Ends a token at once, and says which it was. Throws where that cannot be written down: it would
   * be back after a restart, unless this is called again or another write goes well.
   */
  async revoke(id: string): Promise<TokenRecord | undefined> {
    const token = this.list().find((one) => one.id === id) ?? this.#revoked.get(id);
    if (!token) return undefined;
    this.#byHash.delete(token.hash);
    this.#revoked.set(id, token);
    const at = this.#now();
    this.#ended.set(id, at);
    this.#tell({ tokens: [], revoked: [{ id, at }] });
    await this.#write();
    this.#revoked.delete(id);
    return token;
  }

  /** The token `text`, also where it has expired; `from` is the address that it is used from. */
  find(text: string, from: string): TokenRecord | undefined {
    if (!text.startsWith(PREFIX)) return undefined;
    const found = this.#byHash.get(sha256(text));
    if (!found || !this.#fresh(found)) return found;
    const used = { ...found, lastUsed: this.#now(), lastFrom: from };
    this.#byHash.set(used.hash, used);
    this.#dirty = true;
    // What is lost with a disk that refuses is when a token was last used.
    if (this.#now() - this.#written >= USE_EVERY) this.#write().catch(() => {});
    this.#used.add(used.hash);
    return used;
  }

  /** Whether the token `id` is there and has not expired. */
  valid(id: string): boolean {
    return this.list().some((one) => one.id === id && this.#fresh(one));
  }

  #fresh({ expires }: TokenRecord): boolean {
    return expires === null || expires > this.#now();
  }

  /** The name of the token that `password` is, where it may pull. */
  puller(password: string, from: string): string | undefined {
    const token = this.find(password, from);
    return token && token.scopes.includes("pull") && this.#fresh(token) ? token.name : undefined;
  }

  /** Writes down when each was last used. */
  async close(): Promise<void> {
    if (this.#dirty) await this.#write().catch(() => {});
    await this.#queue;
  }

  /** One after the other, each all that is known when it begins. */
  #write(): Promise<void> {
    this.#written = this.#now();
    const run = this.#queue.then(() => {
      this.#dirty = false;
      return this.#store.write(this.state);
    });
    this.#queue = run.catch(() => this.#dirty = true);
    return run;
  }
}

/** Comparing digests of secrets tells an observer nothing of use about the secrets. */
function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
