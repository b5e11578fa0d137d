/** Who may use the dashboard: password, session cookie, API token, or loopback alone. */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { SharedMemory } from "../../base/shared_memory.ts";
import { parseListen } from "../../proxy/config/schema.ts";
import type { Config } from "../../proxy/config/schema.ts";
import { type Origin, originOf, parseNetworks } from "../../proxy/http/origin.ts";
import type { TokenRecord, Tokens } from "../../proxy/access/tokens.ts";
import { LoginLimiter } from "../../proxy/access/limiter.ts";
import type { CredentialOf, Session, Sessions } from "../session.ts";
import { COOKIE_NAMES, cookieName, cookieOptions } from "./cookies.ts";
import { Passwords } from "./credentials.ts";
import { type AdminEnv, type Identity, note } from "./identity.ts";
import { groupCredential } from "./oidc/roles.ts";
import { type Account, accountOf, decoyOf } from "./people.ts";
import { ApiProblem } from "./problem.ts";
import { neededFor, RIGHTS, ROLE_RIGHTS, SCOPE_RIGHTS } from "./rights.ts";

const OPEN: Identity = { kind: "open", rights: RIGHTS };

interface AccessOptions {
  /** The configuration in force at the moment. */
  config: () => Config;
  /** Hash of the password made at the first start; used while `admin.password_hash` is empty. */
  madePasswordHash: string;
  /** The tokens that were made here. */
  tokens: Tokens;
  /** Unix milliseconds. */
  now: () => number;
  sessions: Sessions;
  /** What the Berths of a cluster know together. */
  memory?: SharedMemory | undefined;
}

/** Sessions, tokens and the brake on guessing, for one dashboard. */
export class Access {
  readonly #options: AccessOptions;
  readonly #sessions: Sessions;
  readonly #limiter: LoginLimiter;
  readonly #passwords = new Passwords();

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#sessions = options.sessions;
    this.#limiter = new LoginLimiter({
      now: options.now,
      shared: options.memory && { memory: options.memory, name: "dashboard" },
    });
  }

  /** Whether no sign-in is asked for. Refuses to be so anywhere but on loopback. */
  get open(): boolean {
    const { auth, listen } = this.#options.config().admin;
    return auth === "none" && isLoopbackHost(parseListen(listen)?.hostname ?? "");
  }

  /** Client, scheme and host of the request, through trusted proxies. */
  origin(c: Context<AdminEnv>): Origin {
    const trusted = parseNetworks(this.#options.config().trusted_proxies);
    return originOf(c.req.raw, new URL(c.req.url), c.env.peer, trusted);
  }

  /** What the browser calls this machine, without the port; brackets around IPv6 stay. */
  hostname(c: Context<AdminEnv>): string {
    return URL.parse(`http://${this.origin(c).host}`)?.hostname ?? "";
  }

  /**
   * Who asks, `undefined` where nobody is signed in. Throws a 403 where no sign-in is asked for but
   * the request does not name this machine (a page that rebinds its DNS name to 127.0.0.1), and a
   * 429 after too many wrong tokens.
   */
  async identify(c: Context<AdminEnv>): Promise<Identity | undefined> {
    if (this.open) {
      if (isLoopbackHost(this.hostname(c).replace(/^\[|\]$/g, ""))) return OPEN;
      throw new ApiProblem(403, "This address needs no sign-in and answers to localhost only", {
        type: "not-localhost",
        detail: "Open it as http://localhost, or set admin.auth to required.",
      });
    }
    const bearer = /^bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    return bearer ? await this.#byToken(c, bearer) : await this.#bySession(c);
  }

  /** Whether `identity` may still look: for what outlives a request. */
  holds(identity: Identity): boolean {
    if (identity.kind === "session") {
      return this.#sessions.holds(identity.cookie, this.#credentialOf);
    }
    if (identity.kind === "token") {
      if (identity.id !== undefined) return this.#options.tokens.valid(identity.id);
      return Object.hasOwn(this.#options.config().admin.tokens, identity.name);
    }
    return this.open;
  }

  /**
   * Signs in under a fresh session. Throws a 401 for a wrong name or password, which take as long
   * as right ones, and a 429 with the time to wait after too many.
   */
  async login(
    c: Context<AdminEnv>,
    { username, password }: { username: string; password: string },
  ): Promise<{ cookie: string; session: Session }> {
    const { config, madePasswordHash } = this.#options;
    const account = accountOf(config(), madePasswordHash, username);
    // An unknown name may be a password in the wrong field.
    note(c, { user: account?.name ?? "" });
    const giveBack = await this.brake(c);
    const hash = account?.hash ?? decoyOf(config(), madePasswordHash);
    const matches = await this.#passwords.verify(password, hash);
    if (!matches || !account) {
      throw new ApiProblem(401, "Wrong user name or password", { type: "wrong-password" });
    }
    giveBack();
    return await this.admit(c, { user: account.name, role: account.role });
  }

  /** A fresh session for somebody who has proven who it is; the request's own ends. */
  async admit(
    c: Context<AdminEnv>,
    who: Pick<Session, "user" | "role" | "group">,
  ): Promise<{ cookie: string; session: Session }> {
    await this.logout(c);
    return this.#sessions.create(who, this.#credentialOf(who) ?? "");
  }

  /** Counts an attempt to sign in until the result is called: it was right. Throws a 429. */
  async brake(c: Context<AdminEnv>): Promise<() => void> {
    const { client } = this.origin(c);
    const wait = await this.#limiter.take(client);
    if (wait === 0) return () => this.#limiter.giveBack(client);
    throw new ApiProblem(429, "Too many failed sign-ins", {
      type: "too-many-attempts",
      detail: `Try again in ${Math.ceil(wait / 1000)} seconds.`,
      retryAfterMs: wait,
    });
  }

  /** Ends the session that the request's cookie names, and says which it was. */
  async logout(c: Context<AdminEnv>): Promise<Session | undefined> {
    let ended: Session | undefined;
    for (const name of COOKIE_NAMES) {
      const cookie = getCookie(c, name);
      if (cookie === undefined) continue;
      ended = await this.#sessions.remove(cookie, this.#credentialOf) ?? ended;
    }
    return ended;
  }

  /** Has the answer tell the browser that the session was used, where its cookie is getting old. */
  renew(c: Context<AdminEnv>, identity: Identity): void {
    if (identity.kind !== "session") return;
    const { session } = identity;
    const cookie = this.#sessions.renew(session, this.#credentialOf(session) ?? "");
    if (cookie) this.giveCookie(c, cookie, session);
  }

  /** Has the answer give the browser the cookie of its session. */
  giveCookie(c: Context<AdminEnv>, cookie: string, { expires }: Session): void {
    const { scheme } = this.origin(c);
    const maxAge = Math.floor((expires - this.#options.now()) / 1000);
    setCookie(c, cookieName(scheme), cookie, { ...cookieOptions(scheme), maxAge });
  }

  readonly #credentialOf: CredentialOf = ({ user, role, group }) => {
    if (group !== undefined) {
      return groupCredential(this.#options.config().admin.oidc, { role, group });
    }
    const account = accountOf(this.#options.config(), this.#options.madePasswordHash, user);
    return account && credential(account);
  };

  async #bySession(c: Context<AdminEnv>): Promise<Identity | undefined> {
    const cookie = getCookie(c, cookieName(this.origin(c).scheme));
    if (cookie === undefined) return undefined;
    const session = await this.#sessions.use(cookie, this.#credentialOf);
    return session && { kind: "session", cookie, session, rights: ROLE_RIGHTS[session.role] };
  }

  async #byToken(c: Context<AdminEnv>, token: string): Promise<Identity | undefined> {
    const { tokens } = this.#options.config().admin;
    const known = this.#passwords.knownToken(token, tokens);
    if (known !== undefined) return { kind: "token", name: known, rights: RIGHTS };
    const { client } = this.origin(c);
    const made = this.#options.tokens.find(token, client);
    if (made) return this.#made(c, made);
    note(c, { refusedToken: "Too many failed sign-ins" });
    const giveBack = await this.brake(c);
    const name = await this.#passwords.findToken(token, tokens);
    note(c, { refusedToken: name === undefined ? "unknown or revoked" : undefined });
    if (name === undefined) return undefined;
    giveBack();
    return { kind: "token", name, rights: RIGHTS };
  }

  /** A token that was made here; whoever has it may be told that it has expired. */
  #made(c: Context<AdminEnv>, { id, name, scopes, expires }: TokenRecord): Identity {
    if (!this.#options.tokens.valid(id)) {
      note(c, { user: `token ${name}`, refusedToken: "it has expired" });
      throw new ApiProblem(401, `The token "${name}" has expired`, {
        type: "token-expired",
        detail: `It was valid until ${new Date(expires ?? 0).toISOString()}. Make another one.`,
      });
    }
    const rights = RIGHTS.filter((right) =>
      scopes.some((scope) => SCOPE_RIGHTS[scope].includes(right))
    );
    return { kind: "token", id, name, rights };
  }
}

/** Admits who is signed in and may use the route (`rights.ts`); others get a 401 or a 403. */
export function requireRight(access: Access): MiddlewareHandler<AdminEnv> {
  return async (c, next) => {
    const identity = await access.identify(c);
    if (!identity) {
      c.header("WWW-Authenticate", 'Bearer realm="Berth dashboard"');
      throw new ApiProblem(401, "Not signed in", { type: "not-signed-in" });
    }
    c.set("identity", identity);
    const right = neededFor(c);
    if (!identity.rights.includes(right)) {
      throw new ApiProblem(403, `Requires the right "${right}"`, {
        type: "not-allowed",
        detail: identity.kind === "session"
          ? `Your role is ${identity.session.role}. Ask an admin.`
          : "The token's scopes do not have it.",
      });
    }
    await next();
    access.renew(c, identity);
  };
}

function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|::1)$/i.test(hostname);
}

/** What a session stands on: another password or role ends it. */
function credential({ role, hash }: Account): string {
  return `${role} ${hash}`;
}
