/** Signing in to a registry: a decorator of the transport. */
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import { discard } from "../http/body.ts";
import type { Challenge } from "./challenge.ts";
import { basicHeader, type Credential, credentialAt, type Credentials } from "./credentials.ts";
import { UpstreamError } from "./errors.ts";
import { challengeOf } from "./ping.ts";
import { realmAllowed } from "./realm.ts";
import { type TokenRequest, tokenRequestFor, type TokenSource } from "./token.ts";
import type { Outgoing, Transport } from "./transport.ts";

interface SignInOptions {
  /** Name of the registry, for errors. */
  registry: string;
  /** The registry's URL as the operator wrote it: the only origin that is shown the credential. */
  own: URL;
  transport: Transport;
  tokens: TokenSource;
  /** The challenge of the registry's `/v2/`. */
  ping: () => Promise<Challenge | undefined>;
  credentials: Credentials;
}

/** An Authorization header, and the token in it where it was one. */
interface Authorization {
  header: [name: string, value: string];
  token?: { request: TokenRequest; value: string };
}

export class SignIn {
  readonly #options: SignInOptions;
  /** The last challenge of the registry, which spares the round trip that would ask for one. */
  #challenge: Challenge | undefined;
  /** Scopes that a challenge asked for beyond the caller's, by the caller's. */
  readonly #wider = new LRUCache<string, readonly string[]>(atMost(1000));

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /**
   * Sends a request to the registry, signed in:
   *
   * 1. With what is known from before: a fixed header, Basic, or a token for these scopes. Nothing is
   *    known at first; with a credential the ping is asked for its challenge, without one the request
   *    itself goes out bare, since much is public.
   * 2. 401 (or 400, ECR public's word for an expired token): the token is dropped. A refusal without
   *    a challenge is repeated bare, since a bad token hides the challenge at nvcr.io and ECR.
   * 3. Still no challenge (GCR): the ping's is taken.
   * 4. The challenge is answered, for our scopes and its own together, and the request sent once
   *    more. What comes then is the answer, whatever it is.
   *
   * A body that is a stream cannot be sent twice, so such a request ends with step 1.
   */
  async send(request: Outgoing, scopes: readonly string[]): Promise<Response> {
    const { transport, credentials } = this.#options;
    const credential = await credentials();
    const used = await this.#known(credential, scopes);
    let response = await transport.send(authorized(request, used));
    if (!refused(response, used) || request.body instanceof ReadableStream) return response;

    if (used?.token) await this.#options.tokens.drop(used.token.request, used.token.value);
    let challenge = challengeOf(response);
    if (!challenge && used) {
      await discard(response);
      response = await transport.send(request);
      if (response.status !== 401) return response;
      challenge = challengeOf(response);
    }
    challenge ??= await this.#options.ping();
    if (!challenge) return response;
    this.#challenge = challenge;

    const answer = await this.#answer(challenge, credential, this.#widen(scopes, challenge));
    if (!answer || answer.header[1] === used?.header[1]) return response;
    await discard(response);
    return await transport.send(authorized(request, answer));
  }

  /**
   * Sends a request to a host that the registry redirected to: bare, and where that host challenges
   * on its own (registry.k8s.io's mirrors), with an anonymous token of its own realm.
   */
  async sendForeign(request: Outgoing): Promise<Response> {
    const response = await this.#options.transport.send(request);
    if (response.status !== 401) return response;
    const challenge = challengeOf(response);
    if (challenge?.scheme !== "bearer") return response;
    const anonymous: Credential = { kind: "anonymous" };
    const scopes = scopesOf(challenge);
    const answer = await this.#answer(challenge, anonymous, scopes, request.url);
    if (!answer) return response;
    await discard(response);
    return await this.#options.transport.send(authorized(request, answer));
  }

  async #known(
    credential: Credential,
    scopes: readonly string[],
  ): Promise<Authorization | undefined> {
    if (credential.kind === "header") return { header: [credential.name, credential.value] };
    if (credential.kind !== "anonymous") this.#challenge ??= await this.#options.ping();
    if (this.#challenge) {
      return await this.#answer(
        this.#challenge,
        credential,
        this.#wider.get(key(scopes)) ?? scopes,
      );
    }
    return this.#basic(credential);
  }

  /** What answers `challenge`; undefined where we have nothing that does, or are refused. */
  async #answer(
    challenge: Challenge,
    credential: Credential,
    scopes: readonly string[],
    host: URL = this.#options.own,
  ): Promise<Authorization | undefined> {
    if (challenge.scheme === "basic") return this.#basic(credential);
    const realm = URL.parse(challenge.params.realm ?? "");
    const { sent, server } = realm ? credentialAt(credential, realm) : {};
    const request = sent && tokenRequestFor(challenge, sent, scopes);
    if (!request || !realmAllowed(request.realm, host, server)) {
      const reason = "its challenge names a token server that is not its own";
      throw new UpstreamError("forbidden-target", this.#options.registry, { reason });
    }
    const value = await this.#options.tokens.get(request);
    if (value === undefined) return undefined;
    return { header: ["authorization", `Bearer ${value}`], token: { request, value } };
  }

  /** What the registry itself is shown; nothing where the credential is another host's. */
  #basic(credential: Credential): Authorization | undefined {
    const { sent } = credentialAt(credential, this.#options.own);
    if (sent.kind !== "basic") return undefined;
    return { header: ["authorization", basicHeader(sent.username, sent.password)] };
  }

  #widen(scopes: readonly string[], challenge: Challenge): readonly string[] {
    const wider = [...new Set([...scopes, ...scopesOf(challenge)])];
    if (wider.length > scopes.length) this.#wider.set(key(scopes), wider);
    return wider;
  }
}

function authorized(request: Outgoing, authorization: Authorization | undefined): Outgoing {
  if (!authorization) return request;
  const headers = new Headers(request.headers);
  headers.set(...authorization.header);
  return { ...request, headers };
}

function refused(response: Response, used: Authorization | undefined): boolean {
  return response.status === 401 || (response.status === 400 && used?.token !== undefined);
}

function scopesOf(challenge: Challenge): string[] {
  return (challenge.params.scope ?? "").split(" ").filter(Boolean);
}

function key(scopes: readonly string[]): string {
  return [...scopes].sort().join("\n");
}
