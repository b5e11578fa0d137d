/** Who may do what: the challenges of the fake registry and the token server behind them. */
import type { Answer, Seen } from "./wire.ts";

export interface BasicAuth {
  scheme: "basic";
  users: Record<string, string>;
}

export interface BearerAuth {
  scheme: "bearer";
  /** Users and their passwords. */
  users?: Record<string, string>;
  /** Refresh (identity) tokens and the user each stands for. */
  identityTokens?: Record<string, string>;
  /** Users may pull and push everything; anonymous clients may pull what is not listed here. */
  private?: string[];
  /** Whether a token is given without credentials. Default true. */
  anonymous?: boolean;
  /** Which field the token comes in. Default `token`. */
  field?: "token" | "access_token" | "both";
  /** Seconds a token lives. Default 300. `null`: 60, and the answer does not say so. */
  expiresIn?: number | null;
  /** Default `registry.test`; empty leaves it out. */
  service?: string;
  /** Replaces the realm, for hostile ones. */
  realm?: string;
  /** The whole WWW-Authenticate value; default `Bearer realm=…,service=…,scope=…`. */
  challenge?: (realm: string, service: string, scope: string) => string;
  /**
   * Which 401s carry a challenge: `ping`: only that of `/v2/` (GCR); `bare`: only those to requests
   * without a token (nvcr.io). Default `all`.
   */
  challengeOn?: "all" | "ping" | "bare";
  /** Status for a token that has expired. Default 401; 400 as ECR public, without challenge. */
  expiredStatus?: number;
  now?: () => number;
}

export type FakeAuth = BasicAuth | BearerAuth;

interface Issued {
  user: string;
  scopes: string[];
  expires: number;
}

/** Checks requests of the registry and answers those of the token server. */
export class Gate {
  readonly #auth: FakeAuth | undefined;
  readonly #issued = new Map<string, Issued>();
  #count = 0;
  /** Where the token server listens; set once it does. */
  tokenUrl = "";

  constructor(auth: FakeAuth | undefined) {
    this.#auth = auth;
  }

  get needsTokenServer(): boolean {
    return this.#auth?.scheme === "bearer";
  }

  /** Makes every token that was given out void, as a restart of the registry would. */
  revokeAll(): void {
    this.#issued.clear();
  }

  /** The refusal for `seen`, or undefined where it may go on. `scope` is empty for the ping. */
  refuse(seen: Seen, scope: string): Answer | undefined {
    const auth = this.#auth;
    if (!auth) return undefined;
    const sent = seen.headers.get("authorization") ?? "";
    if (auth.scheme === "basic") {
      return basicUser(sent, auth.users) !== undefined
        ? undefined
        : unauthorized('Basic realm="test"');
    }
    const token = /^Bearer (.+)$/i.exec(sent)?.[1];
    const issued = token === undefined ? undefined : this.#issued.get(token);
    if (issued && issued.expires <= this.#now()) {
      const status = auth.expiredStatus ?? 401;
      return status === 401 ? unauthorized(this.#challenge(auth, scope)) : denied(status, "DENIED");
    }
    if (issued && (scope === "" || covers(issued.scopes, scope))) return undefined;
    const silent = auth.challengeOn === "ping"
      ? seen.path !== "/v2/"
      : auth.challengeOn === "bare" && sent !== "";
    return silent ? denied(401, "UNAUTHORIZED") : unauthorized(this.#challenge(auth, scope));
  }

  /** One request at the token server: GET with a query, or POST with a form. */
  readonly answer = (seen: Seen): Answer => {
    const auth = this.#auth;
    if (auth?.scheme !== "bearer") return { status: 404 };
    const form = seen.method === "POST"
      ? new URLSearchParams(new TextDecoder().decode(seen.body))
      : seen.query;
    const user = this.#user(auth, seen, form);
    if (user === undefined) return denied(401, "UNAUTHORIZED");
    const asked = form.getAll("scope").flatMap((scope) => scope.split(" ")).filter(Boolean);
    const scopes = asked.map((scope) => granted(scope, user, auth.private ?? []));
    const token = `token-${++this.#count}-${user || "anonymous"}`;
    this.#issued.set(token, {
      user,
      scopes: scopes.filter((scope) => scope !== ""),
      expires: this.#now() + (auth.expiresIn ?? 60) * 1000,
    });
    const field = auth.field ?? "token";
    return json(200, {
      ...(field !== "access_token" && { token }),
      ...(field !== "token" && { access_token: token }),
      ...(auth.expiresIn !== null && { expires_in: auth.expiresIn ?? 300 }),
      ...(form.get("offline_token") === "true" && user && { refresh_token: `refresh-${user}` }),
    });
  };

  #now(): number {
    const auth = this.#auth;
    return auth?.scheme === "bearer" && auth.now ? auth.now() : Date.now();
  }

  #user(auth: BearerAuth, seen: Seen, form: URLSearchParams): string | undefined {
    const refresh = form.get("refresh_token");
    if (refresh !== null) return auth.identityTokens?.[refresh];
    if (form.get("grant_type") === "password") {
      const name = form.get("username") ?? "";
      return auth.users?.[name] === form.get("password") ? name : undefined;
    }
    const header = seen.headers.get("authorization");
    if (header !== null) return basicUser(header, auth.users ?? {});
    return auth.anonymous === false ? undefined : "";
  }

  #challenge(auth: BearerAuth, scope: string): string {
    const realm = auth.realm ?? `${this.tokenUrl}/token`;
    const service = auth.service ?? "registry.test";
    if (auth.challenge) return auth.challenge(realm, service, scope);
    const parts = [`realm="${realm}"`];
    if (service) parts.push(`service="${service}"`);
    if (scope) parts.push(`scope="${scope}"`);
    return `Bearer ${parts.join(",")}`;
  }
}

function basicUser(header: string, users: Record<string, string>): string | undefined {
  const encoded = /^Basic (.+)$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const [name = "", password] = Buffer.from(encoded, "base64").toString().split(/:(.*)/s);
  return Object.hasOwn(users, name) && users[name] === password ? name : undefined;
}

/** The part of `scope` that `user` gets: anonymous ones pull, and nothing of a private repository. */
function granted(scope: string, user: string, closed: string[]): string {
  const [type = "", name = "", actions = ""] = scope.split(":");
  if (user) return scope;
  if (closed.includes(name)) return "";
  return actions.split(",").includes("pull") ? `${type}:${name}:pull` : "";
}

function covers(scopes: string[], wanted: string): boolean {
  const [type, name, actions = ""] = wanted.split(":");
  return scopes.some((scope) => {
    const [t, n, a = ""] = scope.split(":");
    return t === type && n === name && actions.split(",").every((x) => a.split(",").includes(x));
  });
}

function unauthorized(challenge: string): Answer {
  const answer = denied(401, "UNAUTHORIZED");
  return { ...answer, headers: { ...answer.headers, "www-authenticate": challenge } };
}

export function denied(status: number, code: string): Answer {
  return json(status, { errors: [{ code, message: code.toLowerCase() }] });
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(value),
  };
}
