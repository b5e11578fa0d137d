/** What the operator gave for signing in to a registry. */
import type { Registry } from "../config/schema.ts";
import { isAt, namesPort } from "./realm.ts";

export type Credential =
  | { kind: "anonymous" }
  /** Sent with every request as it is. */
  | { kind: "header"; name: string; value: string }
  | { kind: "basic"; username: string; password: string }
  /** Each login is for one host; at a host that has none, `otherwise` counts. */
  | { kind: "logins"; logins: readonly Login[]; otherwise: Sent }
  /** An OAuth 2 refresh token, as `docker login` keeps for ACR and others. */
  | { kind: "identity"; token: string };

/** What is told a host: a credential without the choice of one. */
export type Sent = Exclude<Credential, { kind: "logins" }>;

/** A user name and password that `server` alone is told: a host, at any port unless it names one. */
export interface Login {
  server: string;
  username: string;
  password: string;
}

/**
 * What of `credential` may be told `url`, which is the registry or a token server. `server` is the
 * host that the operator gave it for, where that was said.
 */
export function credentialAt(credential: Credential, url: URL): { sent: Sent; server?: string } {
  if (credential.kind !== "logins") return { sent: credential };
  const here = credential.logins.filter(({ server }) => isAt(url, server));
  const login = here.find(({ server }) => namesPort(server)) ?? here[0];
  if (!login) return { sent: credential.otherwise };
  const { server, username, password } = login;
  return { sent: { kind: "basic", username, password }, server };
}

/** The credential of the moment; cheap to call. Throws {@linkcode UpstreamError}. */
export type Credentials = () => Promise<Credential>;

/** What stands in the configuration itself; `undefined` where that only says where to get it. */
export function statedCredentials({ auth }: Registry): Credentials | undefined {
  const { header, identity_token, username, docker_config, ecr } = auth;
  if (header) return fixed(headerCredential(header));
  if (identity_token) return fixed({ kind: "identity", token: identity_token });
  if (username || Object.keys(auth.logins).length > 0) return fixed(byHost(auth));
  return ecr || docker_config ? undefined : fixed({ kind: "anonymous" });
}

/** User name and password for the registry at large, and those for one host each. */
function byHost({ username, password, token_server, logins }: Registry["auth"]): Credential {
  const given = Object.entries(logins).map(([server, login]): Login => ({
    server: server.toLowerCase(),
    username: login.username,
    password: login.password,
  }));
  if (username && token_server) {
    given.push({ server: token_server.toLowerCase(), username, password });
  }
  const otherwise: Sent = username && !token_server
    ? { kind: "basic", username, password }
    : { kind: "anonymous" };
  return given.length > 0 ? { kind: "logins", logins: given, otherwise } : otherwise;
}

function fixed(credential: Credential): Credentials {
  return () => Promise.resolve(credential);
}

/** `Name: value`, or the value of Authorization alone (`Bearer …`). */
export function headerCredential(header: string): Credential {
  const match = /^([\w-]+):\s*(.+)$/s.exec(header);
  return match
    ? { kind: "header", name: match[1]!.toLowerCase(), value: match[2]! }
    : { kind: "header", name: "authorization", value: header };
}

/** A key for token caches that does not hold the secret itself. */
export async function credentialId(credential: Credential): Promise<string> {
  if (credential.kind === "anonymous") return credential.kind;
  const bytes = new TextEncoder().encode(JSON.stringify(credential));
  return base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** `Basic …` for a user and password (RFC 7617, UTF-8). */
export function basicHeader(username: string, password: string): string {
  return `Basic ${base64(new TextEncoder().encode(`${username}:${password}`))}`;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
