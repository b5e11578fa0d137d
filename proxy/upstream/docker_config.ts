/** Logins as `docker login` keeps them, in `~/.docker/config.json`. */
import { readFile } from "node:fs/promises";
import type { Registry } from "../config/schema.ts";
import { type Credential, type Credentials, headerCredential } from "./credentials.ts";
import { UpstreamError } from "./errors.ts";
import type { Environment } from "./proxies.ts";

function expandHome(path: string, env: Environment): string {
  return path.replace(/^~(?=\/|$)/, env.HOME ?? "~");
}

/** Reads `auth.docker_config` at each sign-in, so that a new `docker login` counts at once. */
export function dockerConfigCredentials(registry: Registry, env: Environment): Credentials {
  const path = expandHome(registry.auth.docker_config, env);
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
