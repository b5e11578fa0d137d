/** What the operator gave for signing in to a registry. */
import type { Registry } from "../config/schema.ts";

export type Credential =
  | { kind: "anonymous" }
  /** Sent with every request as it is. */
  | { kind: "header"; name: string; value: string }
  /** `server`: the token server that alone is told. */
  | { kind: "basic"; username: string; password: string; server?: string }
  /** An OAuth 2 refresh token, as `docker login` keeps for ACR and others. */
  | { kind: "identity"; token: string };

/** The credential of the moment; cheap to call. Throws {@linkcode UpstreamError}. */
export type Credentials = () => Promise<Credential>;

/** What stands in the configuration itself; `undefined` where that only says where to get it. */
export function statedCredentials({ auth }: Registry): Credentials | undefined {
  const { header, identity_token, username, password, token_server, docker_config, ecr } = auth;
  if (header) return fixed(headerCredential(header));
  if (identity_token) return fixed({ kind: "identity", token: identity_token });
  if (username) {
    const server = token_server ? { server: token_server.toLowerCase() } : {};
    return fixed({ kind: "basic", username, password, ...server });
  }
  return ecr || docker_config ? undefined : fixed({ kind: "anonymous" });
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
