/** Whether a configuration hands out what is private. */
import { isLoopback } from "./loopback.ts";
import { type Config, parseListen, type RegistryConfig } from "./schema.ts";

/**
 * Names of the registries where Berth signs in with its own credentials while anyone who reaches it
 * may pull: from other machines, without a sign-in and from any network.
 */
export function exposedRegistries(config: Config): string[] {
  const { users, allowed_networks, registries, listen, forward } = config;
  const reachable = [listen, forward.listen].some((address) =>
    address !== "" && !isLoopback(parseListen(address)?.hostname ?? "")
  );
  if (!reachable || Object.keys(users).length > 0 || allowed_networks.length > 0) return [];
  return Object.entries(registries).filter(([, { auth }]) => hasCredentials(auth))
    .map(([name]) => name);
}

/** A line for the log; `undefined` where nothing is exposed. */
export function exposureWarning(config: Config): string | undefined {
  const names = exposedRegistries(config).join(", ");
  if (names === "") return undefined;
  return `anyone who reaches this address can pull private images of ${names}: Berth signs in there ` +
    "but asks no client to sign in here; set users or allowed_networks, or auth.mode: client " +
    "(docs/private.md)";
}

function hasCredentials(auth: RegistryConfig["auth"]): boolean {
  return auth.mode === "proxy" &&
    [
      auth.username,
      Object.keys(auth.logins).length > 0,
      auth.header,
      auth.identity_token,
      auth.docker_config,
      auth.ecr,
    ].some(Boolean);
}
