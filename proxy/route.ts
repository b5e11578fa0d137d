/** Which registry a request means, and what its repository is called there. Pure. */
import { claimWords } from "./config/claims.ts";
import type { Config, Registry } from "./config/schema.ts";
import { isRepository, looksLikeHost, quote } from "./oci/path.ts";
import { OciError } from "./oci/errors.ts";

/** The parts of a request that can name a registry. */
export interface Ask {
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
  /** Path before `/v2` as asked, with its slash: `/quay`; or empty. */
  prefix: string;
  /** The `ns` that was asked for; links handed back must carry it again. */
  ns: string;
}

/** Looks registries up by everything that can stand for one. */
export interface RegistryMap {
  /** By name, alias or host; case does not matter. */
  find(word: string): Registry | undefined;
  /** By a Host header: `hosts` of a registry, or `<name>.<domain_suffix>`. */
  byHost(host: string): Registry | undefined;
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
  for (const [word, name] of claimWords(config.registries).owners) {
    const registry = { ...config.registries[name]!, name };
    words.set(word, registry);
    if (registry.hosts.some((host) => host.toLowerCase() === word)) hosts.set(word, registry);
  }
  const suffix = config.domain_suffix.replace(/^\./, "").toLowerCase();
  const find = (word: string) => words.get(word.toLowerCase());
  const bySuffix = (host: string) =>
    suffix && host.endsWith(`.${suffix}`) ? find(host.slice(0, -suffix.length - 1)) : undefined;
  return {
    find,
    byHost: (host) => hosts.get(host) ?? hosts.get(bareHost(host)) ?? bySuffix(bareHost(host)),
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
export function route(map: RegistryMap, ask: Ask): Target {
  const name = ask.name ?? "";
  const prefix = ask.prefix ? `/${ask.prefix}` : "";
  const to = (registry: Registry, rest = name, namespace = ""): Target => ({
    registry,
    repository: upstreamName(registry, rest),
    asked: name,
    prefix,
    ns: namespace,
  });

  if (ask.registry) {
    const registry = known(map, ask.registry, map.find(ask.registry));
    // Who calls a registry by its own name says the whole of a repository's.
    const whole = registry.repo_prefix && name.startsWith(`${registry.repo_prefix}/`);
    return to(registry, whole ? name.slice(registry.repo_prefix.length + 1) : name);
  }

  const ns = checkNamespace(ask);
  if (ns) return to(known(map, ns, map.find(ns) ?? map.byHost(ns)), name, ns);

  const host = ask.host.toLowerCase();
  const byHost = map.byHost(host);
  if (byHost) return to(byHost);
  if (map.domainSuffix && bareHost(host).endsWith(`.${map.domainSuffix}`)) known(map, host);

  if (ask.prefix) return to(known(map, ask.prefix, map.find(ask.prefix)));

  const slash = name.indexOf("/");
  const first = slash > 0 ? name.slice(0, slash) : "";
  if (first && (looksLikeHost(first) || (map.pathNames && map.find(first)))) {
    return to(known(map, first, map.find(first)), name.slice(slash + 1));
  }
  return to(known(map, "the default", map.default));
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
  return registry.repo_prefix ? `${registry.repo_prefix}/${full}` : full;
}

/**
 * The name under which a client finds upstream's `repository` of the same registry, spelled the way
 * `target` was asked; `undefined` where it lies outside `repo_prefix` and cannot be reached.
 */
export function clientName(target: Target, repository: string): string | undefined {
  if (repository === target.repository) return target.asked;
  const { registry, asked } = target;
  const prefix = registry.repo_prefix ? `${registry.repo_prefix}/` : "";
  if (!repository.startsWith(prefix)) return undefined;
  const first = asked.split("/")[0]!;
  const spelled = !target.ns && !target.prefix && asked.includes("/") && looksLikeHost(first);
  return `${spelled ? `${first}/` : ""}${repository.slice(prefix.length)}`;
}

/** `key` under which the cache knows a repository. */
export function repositoryKey(target: Target): string {
  return `${target.registry.name}/${target.repository}`;
}

/** The one `ns` that is meant; our own address says nothing (containerd mirrors us by host name). */
function checkNamespace(ask: Ask): string {
  const distinct = [...new Set(ask.ns.map((ns) => ns.toLowerCase()))];
  if (distinct.length > 1) {
    throw new OciError("NAME_INVALID", {
      message: "the query names more than one registry: expected a single ns parameter",
    });
  }
  const [ns = ""] = distinct;
  return ns === ask.host.toLowerCase() ? "" : ns;
}

function known(map: RegistryMap, word: string, registry?: Registry): Registry {
  if (registry) return registry;
  throw new OciError("NAME_UNKNOWN", {
    message: `${quote(word)} is not a registry of this proxy; known are ${map.names.join(", ")}`,
    detail: { known: map.names },
  });
}

function bareHost(host: string): string {
  return host.replace(/:\d+$/, "");
}
