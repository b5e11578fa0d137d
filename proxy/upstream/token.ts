/** Asking a token server, and remembering what it gave. */
import { LRUCache } from "lru-cache";
import { discard, readLimited } from "../http/body.ts";
import type { Challenge } from "./challenge.ts";
import { atMost } from "../../base/at_most.ts";
import type { Clock } from "../../base/clock.ts";
import { objectIn, parseJson } from "../../base/json.ts";
import { Once } from "../../base/once.ts";
import { basicHeader, credentialId, type Sent } from "./credentials.ts";
import { UpstreamError } from "./errors.ts";
import { parseRetryAfter } from "./retry.ts";
import type { TargetCheck } from "./target.ts";
import type { Transport } from "./transport.ts";

/** What the distribution's token specification assumes and allows as the least. */
const SHORTEST_LIFE = 60_000;
/** A token is renewed this long before it ends, so that it does not end under way. */
const MARGIN = 10_000;
const LARGEST_ANSWER = 1 << 20;

/** What a token is for: one sign-in of one credential. */
export interface TokenRequest {
  realm: URL;
  service: string | undefined;
  scopes: readonly string[];
  credential: Sent;
}

interface Token {
  value: string;
  /** Unix milliseconds. */
  expires: number;
}

/** A token, or undefined where the server refuses this credential these scopes. */
type Outcome = Token | undefined;

interface TokenSourceOptions {
  /** Name of the registry, for errors. */
  registry: string;
  transport: Transport;
  checkTarget: TargetCheck;
  clock: Clock;
}

/** Tokens by (realm, service, credential, scopes): one request at a time for each, then kept. */
export class TokenSource {
  readonly #options: TokenSourceOptions;
  readonly #kept = new LRUCache<string, Token>(atMost(2000));
  readonly #asking = new Once<Outcome>();

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /**
   * A token that lives for at least some seconds, or undefined where the server refuses. When the
   * server cannot be asked, or asks for fewer requests, one that is about to end or just has is
   * used all the same: the registry may still take it. Throws {@linkcode UpstreamError}.
   */
  async get(request: TokenRequest): Promise<string | undefined> {
    const key = await keyOf(request);
    const kept = this.#kept.get(key);
    if (kept && kept.expires - MARGIN > this.#options.clock.now()) return kept.value;
    try {
      // Not tied to any one caller's signal: others wait for the same token.
      return (await this.#asking.run(key, () => this.#renew(key, request)))?.value;
    } catch (error) {
      if (kept && this.#kept.get(key) === kept) return kept.value;
      throw error;
    }
  }

  /** Forgets `token`, which the registry refused. */
  async drop(request: TokenRequest, token: string): Promise<void> {
    const key = await keyOf(request);
    if (this.#kept.get(key)?.value === token) this.#kept.delete(key);
  }

  async #renew(key: string, request: TokenRequest): Promise<Outcome> {
    const token = await fetchToken(request, this.#options);
    if (token) this.#kept.set(key, token);
    else this.#kept.delete(key);
    return token;
  }
}

async function keyOf({ realm, service, scopes, credential }: TokenRequest): Promise<string> {
  const id = await credentialId(credential);
  return [realm.href, service, id, ...[...scopes].sort()].join("\n");
}

async function fetchToken(request: TokenRequest, options: TokenSourceOptions): Promise<Outcome> {
  const { registry, transport, checkTarget, clock } = options;
  const asked = clock.now();
  const { url, init } = tokenCall(request);
  const response = await askTokenServer(
    url,
    async () => await transport.send({ ...init, url, addresses: await checkTarget(url) }),
  );
  const { status } = response;
  if (status === 200) return await readToken(response, asked, registry);
  await discard(response);
  const retryAfter = parseRetryAfter(response.headers.get("retry-after"), clock.now());
  if (status === 429) throw new UpstreamError("rate-limited", registry, waiting(retryAfter));
  if (status >= 500) throw new UpstreamError("unavailable", registry, waiting(retryAfter));
  if (status === 401 && request.credential.kind !== "anonymous") {
    throw new UpstreamError("auth", registry);
  }
  if (status >= 400) return undefined;
  throw new UpstreamError("token-server", registry);
}

/** What `ask` gives. Its failures name the token server, which is often another host than the registry. */
export async function askTokenServer(
  { host }: URL,
  ask: () => Promise<Response>,
): Promise<Response> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof UpstreamError) || error.kind === "forbidden-target") throw error;
    const { kind, registry, retryAfter, cause } = error;
    const reason = `its token server at ${host}: ${error.reason}`;
    throw new UpstreamError(kind, registry, { reason, retryAfter, cause });
  }
}

function waiting(retryAfter: number | undefined): { retryAfter?: number } {
  return retryAfter === undefined ? {} : { retryAfter: Math.ceil(retryAfter / 1000) };
}

/** GET with a query and, at most, Basic; for a refresh token the OAuth 2 form. */
function tokenCall({ realm, service, scopes, credential }: TokenRequest) {
  const headers = new Headers({ accept: "application/json", "accept-encoding": "identity" });
  if (credential.kind === "identity") {
    const form = new URLSearchParams({ grant_type: "refresh_token", client_id: "berth" });
    if (service !== undefined) form.set("service", service);
    if (scopes.length > 0) form.set("scope", scopes.join(" "));
    form.set("refresh_token", credential.token);
    headers.set("content-type", "application/x-www-form-urlencoded");
    const body = new TextEncoder().encode(form.toString());
    return { url: realm, init: { method: "POST", headers, body } };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credential.kind === "basic") {
    url.searchParams.set("account", credential.username);
    headers.set("authorization", basicHeader(credential.username, credential.password));
  }
  return { url, init: { method: "GET", headers } };
}

/** `token` and `access_token` are the same thing; `expires_in` is at least, and by default, 60. */
async function readToken(response: Response, asked: number, registry: string): Promise<Token> {
  const bytes = await readLimited(response, LARGEST_ANSWER);
  const { token, access_token, expires_in } = objectIn(parseJson(bytes));
  const value = [token, access_token].find((text) => typeof text === "string" && text !== "");
  if (typeof value !== "string" || /[^\x21-\x7e]/.test(value)) {
    throw new UpstreamError("token-server", registry);
  }
  const life = typeof expires_in === "number" ? expires_in * 1000 : SHORTEST_LIFE;
  return { value, expires: asked + Math.max(life, SHORTEST_LIFE) };
}

/** The token request that answers `challenge`; undefined where its realm is no URL. */
export function tokenRequestFor(
  challenge: Challenge,
  credential: Sent,
  scopes: readonly string[],
): TokenRequest | undefined {
  const realm = URL.parse(challenge.params.realm ?? "");
  if (!realm) return undefined;
  return { realm, service: challenge.params.service || undefined, scopes, credential };
}
