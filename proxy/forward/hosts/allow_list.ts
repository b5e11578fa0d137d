/** Which hosts clients may reach through the forward proxy, and which of them are intercepted. Pure. */
import type { Config, RegistryConfig } from "../../config/schema.ts";
import { companionsOf } from "./companions.ts";
import { type Endpoint, formatEndpoint, parseEndpoint, type Reach } from "./endpoint.ts";

/** The part of the configuration that decides where clients may go. */
type ForwardRules = {
  registries: Config["registries"];
  forward: Pick<Config["forward"], "allowed_hosts" | "allow_private" | "intercept">;
};

/** Whether a client may reach an endpoint, and at which addresses. */
type Verdict =
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
  const places = Object.entries(registries).flatMap(([name, registry]) =>
    placesOf(registry).map((place) => ({ ...place, name }))
  );
  const byEndpoint = new Map(places.map((place) => [formatEndpoint(place.endpoint), place]));
  const wanted = interceptedNames(rules);
  const opened = ({ name, tls }: { name: string; tls: boolean }) => tls && wanted.has(name);
  const reach = forward.allow_private ? "private" : "public";
  const entries = [
    ...places.flatMap(({ endpoint: { host } }) => [
      onHost((name) => name === host),
      ...companions(host),
    ]),
    ...forward.allowed_hosts.flatMap(parseEntry),
  ];
  const placeAt = (endpoint: Endpoint) => byEndpoint.get(formatEndpoint(endpoint));

  return {
    registryAt: (endpoint) => placeAt(endpoint)?.name,
    interceptedAt(endpoint) {
      const place = placeAt(endpoint);
      return place && opened(place) ? place.name : undefined;
    },
    verdict(endpoint) {
      // The operator's own registry may stand anywhere, on any port.
      if (placeAt(endpoint)) return { allowed: true, reach: "any" };
      const answers = entries.map((entry) => entry(endpoint));
      if (answers.includes("yes")) return { allowed: true, reach };
      return { allowed: false, reason: answers.includes("port") ? "port" : "host" };
    },
    interceptedHosts: distinct(places.filter(opened).map(({ endpoint }) => endpoint.host)),
    registryHosts: distinct(places.map(({ endpoint }) => endpoint.host)),
  };
}

/** Where a client may look for a registry, and whether it speaks TLS there. */
interface Place {
  endpoint: Endpoint;
  tls: boolean;
}

/** Clients look for the images of `docker.io` at another host, also where `url` is a mirror of it. */
const CALLED_AT: Readonly<Record<string, string[]>> = { "docker.io": ["registry-1.docker.io"] };

/** Where clients that keep their image names look for a registry: its URL, aliases and hosts. */
function placesOf(registry: RegistryConfig): Place[] {
  const { host, protocol } = new URL(registry.url);
  const tls = protocol === "https:";
  const own = parseEndpoint(host, tls ? 443 : 80);
  const called = registry.aliases.flatMap((alias) => CALLED_AT[alias] ?? []);
  const others = [...registry.aliases, ...called, ...registry.hosts].flatMap((host) => {
    const stated = parseEndpoint(host);
    return stated ? [stated] : WEB_PORTS.flatMap((port) => parseEndpoint(host, port) ?? []);
  }).map((endpoint) => ({ endpoint, tls: endpoint.port !== 80 }));
  if (!own) return others;
  const same = ({ endpoint }: Place) => formatEndpoint(endpoint) === formatEndpoint(own);
  return [{ endpoint: own, tls }, ...others.filter((place) => !same(place))];
}

/** Which registries `forward.intercept` names; people do so by name, host or alias. */
export function interceptedNames({ registries, forward }: ForwardRules): Set<string> {
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
