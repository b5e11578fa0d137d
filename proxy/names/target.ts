/** Which registry a request means, and what its repository is called there. Pure. */
import { isBuiltIn } from "../config/registries.ts";
import { portlessHosts, registryWords } from "../config/registry_words.ts";
import type { Config, Registry } from "../config/schema.ts";
import { isRepository, looksLikeHost, quote } from "../oci/path.ts";
import { OciError } from "../oci/errors.ts";

/** The parts of a request that can name a registry. */
export interface RoutingRequest {
  /** Name of the registry whose own address was called; nothing else is asked then. */
  registry?: string | undefined;
  /** Host as the client called us, port included. */
  host: string;
  /** Every `ns` parameter of the query (containerd, BuildKit). */
  ns: string[];
  /** The path segment before `/v2`, empty where there is none. */
  prefix: string;
  /** Repository as it stands in the path; none for `/v2/` and `_catalog`. */
  name?: string | undefined;
}

/** Where a request goes, and how the client spelled it. */
export interface Target {
  registry: Registry;
  /** The repository's name at the registry, e.g. `library/alpine`; empty where none is named. */
  repository: string;
  /** The repository as the client named it, e.g. `quay.io/org/app`. */
  asked: string;
  /** What `asked` begins with that is no part of the repository: `quay.io/`; or empty. */
  spelled: string;
  /** The registry's own host name (`hosts`) by which it was asked; empty where it was not. */
  host: string;
  /** Path before `/v2` as asked, with its slash: `/quay`; or empty. */
  prefix: string;
  /** The `ns` that was asked for; links handed back must carry it again. */
  ns: string;
}

/** Looks registries up by everything that can stand for one. */
export interface RegistryMap {
  /** By name, alias or host; case does not matter. */
  find(word: string): Registry | undefined;
  /** The same by what an image's name begins with, where a host has no port. */
  findInName(word: string): Registry | undefined;
  /** By a Host header: `hosts` of a registry, or `<name>.<domain_suffix>`. */
  byHost(host: string): Registry | undefined;
  /** By `hosts` of a registry alone: its vanity domains. */
  byOwnHost(host: string): Registry | undefined;
  default: Registry | undefined;
  names: string[];
  domainSuffix: string;
  pathNames: boolean;
}

/** Builds the lookup from a configuration that has been checked for double claims. */
export function registryMap(
  config: Pick<Config, "registries" | "default_registry" | "domain_suffix" | "path_names">,
): RegistryMap {
  const words = new Map<string, Registry>();
  const hosts = new Map<string, Registry>();
  for (const [word, name] of registryWords(config.registries).owners) {
    const registry = { ...config.registries[name]!, name };
    words.set(word, registry);
    if (registry.hosts.some((host) => host.toLowerCase() === word)) hosts.set(word, registry);
  }
  const suffix = config.domain_suffix.replace(/^\./, "").toLowerCase();
  const find = (word: string) => words.get(word.toLowerCase());
  const portless = portlessHosts(config.registries);
  const bySuffix = (host: string) =>
    suffix && host.endsWith(`.${suffix}`) ? find(host.slice(0, -suffix.length - 1)) : undefined;
  const byOwnHost = (host: string) =>
    hosts.get(host.toLowerCase()) ?? hosts.get(bareHost(host.toLowerCase()));
  return {
    find,
    findInName: (word) =>
      find(word) ??
        (looksLikeHost(word) ? find(portless.get(word.toLowerCase()) ?? "") : undefined),
    byHost: (host) => byOwnHost(host) ?? bySuffix(bareHost(host.toLowerCase())),
    byOwnHost,
    default: find(config.default_registry),
    names: Object.keys(config.registries).sort(),
    domainSuffix: suffix,
    pathNames: config.path_names,
  };
}

/**
 * Decides by `ns`, Host, path before v2, path after v2, default: the first that says something.
 * Throws `NAME_UNKNOWN` (404) with the known names when it says what nobody knows: an unknown host
 * is never called.
 */
export function route(map: RegistryMap, ask: RoutingRequest): Target {
  const name = ask.name ?? "";
  const host = ask.host.toLowerCase();
  const prefix = ask.prefix ? `/${ask.prefix}` : "";
  const to = (registry: Registry, spelled = "", ns = ""): Target => ({
    registry,
    repository: upstreamName(registry, name.slice(spelled.length)),
    asked: name,
    spelled,
    host: [ns, host].find((word) => map.byOwnHost(word)?.name === registry.name) ?? "",
    prefix,
    ns,
  });
  // A client of a vanity domain is not told what other registries there are.
  const names = map.byOwnHost(host)?.repo_prefix ? undefined : map.names;
  const known = (word: string, registry: Registry | undefined): Registry => {
    if (registry) return registry;
    const those = names ? `; known are ${names.join(", ")}` : "";
    throw new OciError("NAME_UNKNOWN", {
      message: `${quote(word)} is not a registry of this proxy${those}`,
      detail: names && { known: names },
    });
  };

  if (ask.registry) {
    const registry = known(ask.registry, map.find(ask.registry));
    // Who calls a registry by its own name says the whole of a repository's.
    const whole = prefixOf(registry);
    return to(registry, name.startsWith(whole) ? whole : "");
  }

  const ns = checkNamespace(ask);
  if (ns) return to(known(ns, map.find(ns) ?? map.byHost(ns)), "", ns);

  const byHost = map.byHost(host);
  if (byHost) return to(byHost);
  if (map.domainSuffix && bareHost(host).endsWith(`.${map.domainSuffix}`)) known(host, undefined);

  if (ask.prefix) return to(known(ask.prefix, map.find(ask.prefix)));

  const slash = name.indexOf("/");
  const first = slash > 0 ? name.slice(0, slash) : "";
  const named = first ? map.findInName(first) : undefined;
  if (first && (looksLikeHost(first) || (map.pathNames && named))) {
    return to(known(first, named), `${first}/`);
  }
  const standard = known("the default", map.default);
  if (named && named.name !== standard.name && !isBuiltIn(named.name)) {
    throw ambiguous(map, named, first, name);
  }
  return to(standard);
}

/**
 * `name` begins with a word for the operator's own registry `named`, which short names do not stand
 * for. Its repositories are in all likelihood meant, and their names are no business of the default
 * registry's. The names of built-in registries are those of users of Docker Hub too.
 */
function ambiguous(map: RegistryMap, named: Registry, first: string, name: string): OciError {
  const rest = name.slice(first.length + 1);
  const { host: itsHost, hostname } = new URL(named.url);
  const words = [...named.aliases, ...named.hosts, ...named.repo_prefix ? [] : [hostname, itsHost]];
  const host = words.find((word) =>
    looksLikeHost(word) && map.findInName(word)?.name === named.name
  );
  const ways = [
    ...host ? [`${host}/${rest}`] : [],
    `/${named.name}/v2/${rest}/…`,
    `?ns=${named.name}`,
  ];
  return new OciError("NAME_UNKNOWN", {
    message: `${quote(first)} is a registry of this proxy, but short names are off (path_names): ` +
      `ask for ${ways.join(" or ")}; no registry was asked for ${quote(name)}`,
    detail: { registry: named.name },
  });
}

/** `repo_prefix` with its slash, or nothing. */
function prefixOf({ repo_prefix }: Registry): string {
  return repo_prefix && `${repo_prefix}/`;
}

/** `name` as the registry knows it: `library/` for Docker Hub's one-segment names, then the prefix. */
export function upstreamName(registry: Registry, name: string): string {
  if (name === "") return "";
  if (!isRepository(name)) {
    throw new OciError("NAME_INVALID", { message: `invalid repository name ${quote(name)}` });
  }
  const full = registry.library && !registry.repo_prefix && !name.includes("/")
    ? `library/${name}`
    : name;
  return prefixOf(registry) + full;
}

/**
 * The name under which a client finds upstream's `repository` of the same registry, spelled the way
 * `target` was asked; `undefined` where it lies outside `repo_prefix` and cannot be reached.
 */
export function clientName(target: Target, repository: string): string | undefined {
  if (repository === target.repository) return target.asked;
  const prefix = prefixOf(target.registry);
  return repository.startsWith(prefix)
    ? target.spelled + repository.slice(prefix.length)
    : undefined;
}

/**
 * The other way round: what a client calls `name`, spelled the way `target` was asked, as upstream
 * knows it; `undefined` where it is a repository of another registry. Throws `NAME_INVALID`.
 */
export function siblingName(target: Target, name: string): string | undefined {
  if (!name.startsWith(target.spelled)) return undefined;
  return upstreamName(target.registry, name.slice(target.spelled.length));
}

/** What the client knows the registry by: the vanity domain that it asked, or its name here. */
export function calledAs({ host, registry }: Target): string {
  return host || registry.name;
}

/** The name under which the client knows the registry (distribution-spec, `OCI-Namespace`). */
export function namespaceOf({ registry, host }: Target, called: { host: string }): string {
  if (host) return host;
  return registry.aliases[0] ?? (registry.repo_prefix ? called.host : new URL(registry.url).host);
}

/** `key` under which the cache knows a repository. */
export function repositoryKey(target: Target): string {
  return `${target.registry.name}/${target.repository}`;
}

/** The one `ns` that is meant; our own address says nothing (containerd mirrors us by host name). */
function checkNamespace(ask: RoutingRequest): string {
  const distinct = [...new Set(ask.ns.map((ns) => ns.toLowerCase()))];
  if (distinct.length > 1) {
    throw new OciError("NAME_INVALID", {
      message: "the query names more than one registry: expected a single ns parameter",
    });
  }
  const [ns = ""] = distinct;
  return ns === ask.host.toLowerCase() ? "" : ns;
}

function bareHost(host: string): string {
  return host.replace(/:\d+$/, "");
}
