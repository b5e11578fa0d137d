/** Which hosts clients may reach through the forward proxy, and which of them are intercepted. Pure. */
import type { Config, RegistryConfig } from "../config/schema.ts";
import { companionsOf } from "./companions.ts";
import { type Endpoint, formatEndpoint, parseEndpoint, type Reach } from "./endpoint.ts";

/** The part of the configuration that decides where clients may go. */
export type ForwardRules = {
  registries: Config["registries"];
  forward: Pick<Config["forward"], "allowed_hosts" | "allow_private" | "intercept">;
};

/** What is to become of a wish to reach an endpoint. */
export type Verdict =
  | { allowed: false; reason: "host" | "port" }
  | {
    allowed: true;
    reach: Reach;
  };

export interface AllowList {
  /** What to do with `endpoint`: a closed list, everything else is refused. */
  verdict(endpoint: Endpoint): Verdict;
  /** Name of the registry of the map that `endpoint` is; `undefined` for any other host. */
  registryAt(endpoint: Endpoint): string | undefined;
  /** The same, for registries whose TLS is opened here. */
  interceptedAt(endpoint: Endpoint): string | undefined;
  /** Every host of the intercepted registries. */
  interceptedHosts: string[];
  /** Every host of the map's registries: what a new CA may sign for. */
  registryHosts: string[];
}

/** Ports that a host is allowed with when its entry names none. */
const WEB_PORTS = [443, 80];

/** Whether an entry covers an endpoint: its host and port, its host alone, or neither. */
type Entry = (endpoint: Endpoint) => "yes" | "port" | "no";

/** Builds the list from a checked configuration. */
export function createAllowList(rules: ForwardRules): AllowList {
  const { registries, forward } = rules;
  const endpoints = Object.entries(registries).flatMap(([name, registry]) =>
    endpointsOf(registry).map((endpoint) => ({ name, endpoint }))
  );
  const byEndpoint = new Map(
    endpoints.map(({ name, endpoint }) => [formatEndpoint(endpoint), name]),
  );
  const intercepted = interceptedNames(rules);
  const reach = forward.allow_private ? "private" : "public";
  const entries = [
    ...endpoints.flatMap((
      { endpoint: { host } },
    ) => [onHost((name) => name === host), ...companions(host)]),
    ...forward.allowed_hosts.flatMap(parseEntry),
  ];
  const registryAt = (endpoint: Endpoint) => byEndpoint.get(formatEndpoint(endpoint));

  return {
    registryAt,
    interceptedAt(endpoint) {
      const name = registryAt(endpoint);
      return name !== undefined && intercepted.has(name) ? name : undefined;
    },
    verdict(endpoint) {
      // The operator's own registry may stand anywhere, on any port.
      if (registryAt(endpoint) !== undefined) return { allowed: true, reach: "any" };
      const answers = entries.map((entry) => entry(endpoint));
      if (answers.includes("yes")) return { allowed: true, reach };
      return { allowed: false, reason: answers.includes("port") ? "port" : "host" };
    },
    interceptedHosts: distinct(
      endpoints.filter(({ name }) => intercepted.has(name)).map(({ endpoint }) => endpoint.host),
    ),
    registryHosts: distinct(endpoints.map(({ endpoint }) => endpoint.host)),
  };
}

/** Clients look for the images of `docker.io` at another host, also where `url` is a mirror of it. */
const CALLED_AT: Readonly<Record<string, string[]>> = { "docker.io": ["registry-1.docker.io"] };

/** Where clients that keep their image names look for a registry: its URL, aliases and hosts. */
function endpointsOf(registry: RegistryConfig): Endpoint[] {
  const url = new URL(registry.url);
  const own = parseEndpoint(url.host, url.protocol === "https:" ? 443 : 80);
  const called = registry.aliases.flatMap((alias) => CALLED_AT[alias] ?? []);
  const others = [...registry.aliases, ...called, ...registry.hosts].flatMap((host) => {
    const stated = parseEndpoint(host);
    return stated ? [stated] : WEB_PORTS.flatMap((port) => parseEndpoint(host, port) ?? []);
  });
  return own ? [own, ...others] : others;
}

/** `forward.intercept` names registries as people do: by name, host or alias. */
function interceptedNames({ registries, forward }: ForwardRules): Set<string> {
  const wanted = new Set(forward.intercept.map((word) => word.toLowerCase()));
  const names = Object.entries(registries).filter(([name, { url, aliases, hosts }]) =>
    [name, new URL(url).host, new URL(url).hostname, ...aliases, ...hosts]
      .some((word) => wanted.has(word.toLowerCase()))
  );
  return new Set(names.map(([name]) => name));
}

/** `name`, `name:port` or `/regex/`, which must match the whole of one or the other. */
function parseEntry(text: string): Entry[] {
  const pattern = /^\/(.*)\/$/.exec(text)?.[1];
  if (pattern !== undefined) {
    const regex = new RegExp(`^(?:${pattern})$`, "i");
    const byHost = onHost((host) => regex.test(host));
    return [(endpoint) => regex.test(formatEndpoint(endpoint)) ? "yes" : byHost(endpoint)];
  }
  const stated = parseEndpoint(text);
  if (stated) {
    return [
      ({ host, port }) => host !== stated.host ? "no" : port === stated.port ? "yes" : "port",
    ];
  }
  const plain = parseEndpoint(text, 443);
  return plain ? [onHost((host) => host === plain.host)] : [];
}

/** Covers the usual ports of the hosts that `matches` says. */
function onHost(matches: (host: string) => boolean): Entry {
  return ({ host, port }) => !matches(host) ? "no" : WEB_PORTS.includes(port) ? "yes" : "port";
}

function companions(host: string): Entry[] {
  return companionsOf(host).map((pattern) => onHost((name) => pattern.test(name)));
}

function distinct(list: string[]): string[] {
  return [...new Set(list)];
}
