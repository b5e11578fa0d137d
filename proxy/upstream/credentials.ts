/** What the operator gave for signing in to a registry. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Registry } from "../config/schema.ts";
import { UpstreamError } from "./errors.ts";
import type { Environment } from "./proxies.ts";

export type Credential =
  | { kind: "anonymous" }
  /** Sent with every request as it is. */
  | { kind: "header"; name: string; value: string }
  | { kind: "basic"; username: string; password: string }
  /** An OAuth 2 refresh token, as `docker login` keeps for ACR and others. */
  | { kind: "identity"; token: string };

/** The credential of the moment; cheap to call. Throws {@linkcode UpstreamError}. */
export type Credentials = () => Promise<Credential>;

/** What stands in the configuration, without those that must be fetched (ECR). */
export function configuredCredentials(registry: Registry, env: Environment): Credentials {
  const { header, identity_token, username, password, docker_config } = registry.auth;
  if (header) return fixed(headerCredential(header));
  if (identity_token) return fixed({ kind: "identity", token: identity_token });
  if (username) return fixed({ kind: "basic", username, password });
  if (docker_config) return dockerConfigCredentials(registry, expandHome(docker_config, env));
  return fixed({ kind: "anonymous" });
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
export function credentialId(credential: Credential): string {
  if (credential.kind === "anonymous") return credential.kind;
  return createHash("sha256").update(JSON.stringify(credential)).digest("base64url");
}

/** `Basic …` for a user and password (RFC 7617, UTF-8). */
export function basicHeader(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${bytes.toBase64()}`;
}

function expandHome(path: string, env: Environment): string {
  return path.replace(/^~(?=\/|$)/, env.HOME ?? "~");
}

/** Reads the file at each sign-in, so that a new `docker login` counts at once. */
function dockerConfigCredentials(registry: Registry, path: string): Credentials {
  return async () => {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (cause) {
      const reason = "the file that auth.docker_config names cannot be read";
      throw new UpstreamError("auth", registry.name, { reason, cause });
    }
    const names = [registry.url, ...registry.aliases].map(hostOf);
    try {
      return dockerConfigCredential(JSON.parse(text), names);
    } catch (cause) {
      const reason = cause instanceof CredentialHelper
        ? "its login is in a credential helper, which Berth does not run: use username and password_file"
        : "the file that auth.docker_config names is not a Docker configuration";
      throw new UpstreamError("auth", registry.name, { reason, cause });
    }
  };
}

class CredentialHelper extends Error {}

interface DockerConfig {
  auths?: Record<string, DockerAuth | undefined>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
}

interface DockerAuth {
  auth?: string;
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/**
 * The login for one of `hosts` in a `~/.docker/config.json`; anonymous where it holds none. Keys are
 * hosts or URLs (Docker Hub's is `https://index.docker.io/v1/`).
 */
export function dockerConfigCredential(
  config: DockerConfig,
  hosts: readonly string[],
): Credential {
  const entry = Object.entries(config.auths ?? {}).find(([key]) => hosts.includes(hostOf(key)))
    ?.[1];
  const helped = Object.keys(config.credHelpers ?? {}).some((key) => hosts.includes(hostOf(key)));
  const { username, password } = userOf(entry);
  if (entry?.registrytoken) return headerCredential(`Bearer ${entry.registrytoken}`);
  if (entry?.identitytoken) return { kind: "identity", token: entry.identitytoken };
  if (username && password) return { kind: "basic", username, password };
  if (helped || (entry && config.credsStore)) throw new CredentialHelper();
  return { kind: "anonymous" };
}

function userOf(entry: DockerAuth | undefined): { username: string; password: string } {
  if (!entry?.auth) return { username: entry?.username ?? "", password: entry?.password ?? "" };
  const decoded = new TextDecoder().decode(Uint8Array.fromBase64(entry.auth));
  const [username = "", password = ""] = decoded.split(/:(.*)/s);
  return { username, password };
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/, "").toLowerCase();
}
