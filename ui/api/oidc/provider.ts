/**
 * Sign-in by OpenID Connect: authorization code with PKCE, state and nonce
 * (OpenID Connect Core 1.0, RFC 9700). The library is loaded when somebody first signs in.
 */
import { readFileSync } from "node:fs";
import type { Configuration } from "openid-client";
import { isLoopback } from "../../../proxy/config/loopback.ts";
import type { Config } from "../../../proxy/config/schema.ts";
import { OidcError } from "./error.ts";

export type OidcConfig = Config["admin"]["oidc"];

/** What one sign-in began with, and its end must fit. */
export interface Attempt {
  readonly issuer: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Where the provider sends the browser. */
  readonly redirect: string;
  /** Unix milliseconds. */
  readonly began: number;
}

/** What the provider says of somebody, once that was verified. */
export type Claims = Readonly<Record<string, unknown>>;

/** Seconds that the provider may take for one answer. */
const TIMEOUT_S = 10;
/**
 * Milliseconds for which what the provider says of itself is believed: not long where a browser is
 * about to be sent there, which should hear from Berth when nobody answers.
 */
const BELIEVED_MS = { begin: 60e3, finish: 3600e3 } as const;
/** Seconds by which its clock may differ. */
const TOLERANCE_S = 30;

interface Known {
  /** The settings that it was learnt with; others come with each reload. */
  readonly settings: OidcConfig;
  readonly at: number;
  readonly configuration: Configuration;
}

/** The provider of the configuration in force. */
export class OidcProvider {
  readonly #settings: () => OidcConfig;
  readonly #now: () => number;
  #known: Known | undefined;
  /** What its CA is believed with, by every sign-in under these settings. */
  #trust: { settings: OidcConfig; client: Deno.HttpClient | undefined } | undefined;
  #asking: { settings: OidcConfig; answer: Promise<Configuration> } | undefined;

  /** `now` in Unix milliseconds. */
  constructor(settings: () => OidcConfig, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  /** Where the browser goes to sign in, and what its return must fit. Throws `OidcError`. */
  async begin(redirect: string): Promise<{ url: string; attempt: Attempt }> {
    const settings = this.#settings();
    const configuration = await this.#configuration(settings, "begin");
    const client = await library();
    const attempt = {
      issuer: settings.issuer,
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      redirect,
      began: this.#now(),
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirect,
      scope: scopesOf(settings, configuration.serverMetadata().scopes_supported),
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: "S256",
    });
    return { url: url.href, attempt };
  }

  /**
   * What the provider says of who comes back with `search`, the query of the address: state, issuer,
   * signature, audience, times and nonce are checked (RFC 9207, Core 3.1.3.7). Throws `OidcError`.
   */
  async finish(attempt: Attempt, search: string): Promise<Claims> {
    const settings = this.#settings();
    if (attempt.issuer !== settings.issuer) throw new OidcError("over", "another issuer by now");
    const configuration = await this.#configuration(settings, "finish");
    const client = await library();
    try {
      const tokens = await client.authorizationCodeGrant(
        configuration,
        new URL(attempt.redirect + search),
        {
          pkceCodeVerifier: attempt.verifier,
          expectedState: attempt.state,
          expectedNonce: attempt.nonce,
          idTokenExpected: true,
        },
      );
      const claims = tokens.claims()!;
      const known = claimAt(claims, settings.groups_claim) !== undefined;
      if (known || !configuration.serverMetadata().userinfo_endpoint) return claims;
      // Some keep the ID token short, and tell groups there alone.
      const more = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      return { ...more, ...claims };
    } catch (error) {
      throw OidcError.of(error);
    }
  }

  /** What the provider says of itself, asked once for all; to finish an older answer is good, too. */
  async #configuration(
    settings: OidcConfig,
    step: keyof typeof BELIEVED_MS,
  ): Promise<Configuration> {
    const known = this.#known?.settings === settings ? this.#known : undefined;
    if (known && this.#now() - known.at < BELIEVED_MS[step]) return known.configuration;
    if (this.#asking?.settings !== settings) {
      const answer = this.#discover(settings).finally(() => this.#asking = undefined);
      this.#asking = { settings, answer };
    }
    try {
      return await this.#asking.answer;
    } catch (error) {
      if (known && step === "finish") return known.configuration;
      throw OidcError.of(error);
    }
  }

  async #discover(settings: OidcConfig): Promise<Configuration> {
    const client = await library();
    const { issuer, client_id, client_secret } = settings;
    const plain = issuer.startsWith("http:");
    const configuration = await client.discovery(
      new URL(issuer),
      client_id,
      { [client.clockTolerance]: TOLERANCE_S },
      client_secret === "" ? client.None() : secretAuth(client, client_secret),
      {
        timeout: TIMEOUT_S,
        [client.customFetch]: this.#fetch(settings),
        // The signature of the ID token is checked, too, which TLS alone would spare by the standard.
        execute: [
          client.enableNonRepudiationChecks,
          ...plain ? [client.allowInsecureRequests] : [],
        ],
      },
    );
    this.#known = { settings, at: this.#now(), configuration };
    return configuration;
  }

  #fetch(settings: OidcConfig) {
    const { issuer, ca_file } = settings;
    if (this.#trust?.settings !== settings) {
      const caCerts = ca_file === "" ? undefined : [readFileSync(ca_file, "utf8")];
      this.#trust?.client?.close();
      this.#trust = { settings, client: caCerts && Deno.createHttpClient({ caCerts }) };
    }
    const { client } = this.#trust;
    return (url: string, init: object): Promise<Response> => {
      checkAddress(url, issuer);
      return fetch(url, { ...init, ...client ? { client } : {} });
    };
  }
}

type Library = typeof import("./library.ts");

function library(): Promise<Library> {
  return import("./library.ts");
}

/** By the header, which is the standard's default, unless the provider takes it in the body alone. */
function secretAuth(client: Library, secret: string): ReturnType<Library["ClientSecretBasic"]> {
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)];
  return (server, ...rest) => {
    const taken = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    return (taken.includes("client_secret_basic") ? basic : post)(server, ...rest);
  };
}

/** Throws where a request would go without TLS, but to this machine by an issuer that is here, too. */
function checkAddress(url: string, issuer: string): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:" || (issuer.startsWith("http:") && isLoopback(hostname))) return;
  throw new OidcError("invalid", "the provider names an address without TLS");
}

/** Scopes of the configuration, or the usual ones and `groups` where the provider has it. */
function scopesOf({ scopes }: OidcConfig, supported: readonly string[] = []): string {
  const usual = ["profile", "email", ...supported.includes("groups") ? ["groups"] : []];
  return [...new Set(["openid", ...scopes.length > 0 ? scopes : usual])].join(" ");
}

/** The claim `name`, which may lie within others: `realm_access.roles`. */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
