/** Names and passwords of the people who may use the proxy. */
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import { createHmac, randomBytes } from "node:crypto";
import type { SharedMemory } from "../../base/shared_memory.ts";
import { Once } from "../../base/once.ts";
import { verifyPassword } from "../../base/passwords.ts";
import type { Config } from "../config/schema.ts";
import { TOKEN_USER, type Tokens } from "./tokens.ts";
import { LoginLimiter, type Rate, TooManyAttempts } from "./limiter.ts";

/**
 * The user whose name and password these are, if they belong together; none where the proxy has no
 * users and everybody may pull. `client` is the address that failures count against. Throws
 * `TooManyAttempts`.
 */
export type Authenticate =
  | ((name: string, password: string, client: string) => Promise<string | undefined>)
  | undefined;

/** A sign-in that did not come off. */
export interface Failure {
  /** Empty where there is no such user: an unknown name may be a password in the wrong field. */
  user: string;
  via: "password" | "token";
  address: string;
  /** Empty for a wrong password. */
  why: string;
}

interface SignInsOptions {
  /** Unix milliseconds. */
  now(): number;
  /** Told of every failure. */
  failed(failure: Failure): void;
  /** Tokens, which sign in as {@linkcode TOKEN_USER}; none where absent. */
  tokens?: Pick<Tokens, "puller">;
  /** What the Berths of a cluster know together. */
  memory?: SharedMemory | undefined;
}

/** A registry's clients are many behind one address, and each failed pull is several attempts. */
const PER_ADDRESS: Rate = { burst: 20, everyMs: 5e3 };
const TOTAL: Rate = { burst: 200, everyMs: 500 };

/** Why an attempt was not looked at. */
const HELD_OFF = "Too many failed sign-ins";

/** One pull is dozens of requests, each with the password: it is hashed for the first only. */
const REMEMBERED_MS = 5 * 60_000;
const MAX_REMEMBERED = 10_000;

/** The sign-ins of a process; what is known of failures survives a reload of the configuration. */
export class Authenticators {
  readonly #options: SignInsOptions;
  readonly #limiter: LoginLimiter;

  constructor(options: SignInsOptions) {
    this.#options = options;
    this.#limiter = new LoginLimiter({
      now: options.now,
      perAddress: PER_ADDRESS,
      total: TOTAL,
      shared: options.memory && { memory: options.memory, name: "registry" },
    });
  }

  /**
   * Checks names and passwords of `users`; unknown names take as long as wrong passwords. What was
   * right is remembered by a keyed hash for as long as it is used, until the next configuration.
   * Tokens are looked up each time, so that one which was revoked is over.
   */
  readonly authenticator = (users: Config["users"]): Authenticate => {
    if (Object.keys(users).length === 0) return undefined;
    const right = new LRUCache<string, true>({
      ...atMost(MAX_REMEMBERED),
      ttl: REMEMBERED_MS,
      updateAgeOnGet: true,
      perf: { now: this.#options.now },
    });
    const checking = new Once<boolean>();
    const key = randomBytes(32);
    return async (name, password, client) => {
      if (name === TOKEN_USER && !Object.hasOwn(users, name)) {
        return await this.#byToken(password, client);
      }
      const id = createHmac("sha256", key).update(JSON.stringify([name, password])).digest(
        "base64",
      );
      if (right.get(id)) return name;
      const valid = await checking.run(id, async () => {
        const valid = await this.#check(users, name, password, client);
        if (valid) right.set(id, true);
        return valid;
      });
      return valid ? name : undefined;
    };
  };

  /** The user that a token is to rules: `token:` and its name, which no other user can have. */
  async #byToken(token: string, client: string): Promise<string | undefined> {
    const found = this.#options.tokens?.puller(token, client);
    if (found !== undefined) return `${TOKEN_USER}:${found}`;
    await this.#brake({ user: "", via: "token", address: client });
    this.#options.failed({ user: "", via: "token", address: client, why: "" });
    return undefined;
  }

  async #check(
    users: Config["users"],
    name: string,
    password: string,
    client: string,
  ): Promise<boolean> {
    const known = Object.hasOwn(users, name);
    const attempt = { user: known ? name : "", via: "password", address: client } as const;
    await this.#brake(attempt);
    const [decoy = ""] = Object.values(users);
    const valid = await verifyPassword(password, known ? users[name]! : decoy) && known;
    if (valid) this.#limiter.giveBack(client);
    else this.#options.failed({ ...attempt, why: "" });
    return valid;
  }

  async #brake(attempt: Omit<Failure, "why">): Promise<void> {
    const waitMs = await this.#limiter.take(attempt.address);
    if (waitMs === 0) return;
    this.#options.failed({ ...attempt, why: HELD_OFF });
    throw new TooManyAttempts(waitMs);
  }
}
