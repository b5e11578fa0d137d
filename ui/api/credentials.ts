/** Checks of passwords and tokens that cannot be used to wear the server out. */
import { createHash } from "node:crypto";
import { verifyPassword } from "../../base/passwords.ts";

const MAX_KNOWN = 100;

/**
 * Verifies one password at a time, since each takes 32 MiB and a tenth of a second, and remembers
 * which tokens were right, so that scripts pay for that once.
 */
export class Passwords {
  #last: Promise<unknown> = Promise.resolve();
  /** SHA-256 of a token → the hash that it was found to match. */
  readonly #known = new Map<string, string>();

  /** Whether `password` belongs to `hash`, a scrypt or bcrypt hash. */
  verify(password: string, hash: string): Promise<boolean> {
    const result = this.#last.then(() => verifyPassword(password, hash));
    this.#last = result.catch(() => false);
    return result;
  }

  /**
   * Name of `token` in `tokens` (name → hash) where that costs next to nothing: the hash is
   * `sha256:<hex>`, or the token was found before.
   */
  knownToken(token: string, tokens: Readonly<Record<string, string>>): string | undefined {
    const digest = sha256(token);
    const found = this.#known.get(digest);
    return Object.entries(tokens).find(([, hash]) =>
      hash === found || hash.toLowerCase() === `sha256:${digest}`
    )?.[0];
  }

  /** Name of `token` in `tokens`, whatever the hashes cost. */
  async findToken(
    token: string,
    tokens: Readonly<Record<string, string>>,
  ): Promise<string | undefined> {
    for (const [name, hash] of Object.entries(tokens)) {
      if (hash.startsWith("sha256:") || !await this.verify(token, hash)) continue;
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(sha256(token), hash);
      return name;
    }
    return undefined;
  }
}

/** Comparing digests of secrets tells an observer nothing of use about the secrets. */
function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
