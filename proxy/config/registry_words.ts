/** By which words a registry may be meant. */
import type { Path } from "./path.ts";
import type { RegistryConfig } from "./schema.ts";

type Registries = Readonly<Record<string, RegistryConfig>>;

/** Two registries that both say a word is theirs. */
interface Conflict {
  readonly path: Path;
  readonly word: string;
  readonly other: string;
}

/** The words that `registry` itself states, each with its path: name, aliases, hosts. */
export function statedWords(name: string, registry: RegistryConfig): [word: string, path: Path][] {
  const base = ["registries", name];
  return [
    [name, base],
    ...registry.aliases.map((alias, index): [string, Path] => [
      alias.toLowerCase(),
      [...base, "aliases", index],
    ]),
    ...registry.hosts.map((host, index): [string, Path] => [
      host.toLowerCase(),
      [...base, "hosts", index],
    ]),
  ];
}

/** The host in a registry's URL, with the port if it is not the scheme's own. */
export function urlHost(registry: Pick<RegistryConfig, "url">): string {
  return new URL(registry.url).host;
}

/**
 * Which registry each name, alias, host and URL host stands for, in lower case. A word stated by
 * two registries is a conflict. The host of a URL is only implied: it yields to a word that is
 * stated, goes to the last registry that has it (the operator's come after the built-in ones), and
 * never stands for one with a `repo_prefix`, since names there are not names under the prefix.
 */
export function registryWords(registries: Registries) {
  const owners = new Map<string, string>();
  const conflicts: Conflict[] = [];
  for (const [name, registry] of Object.entries(registries)) {
    for (const [word, path] of statedWords(name, registry)) {
      const other = owners.get(word);
      if (other === undefined) owners.set(word, name);
      else if (other !== name) conflicts.push({ path, word, other });
    }
  }
  const stated = new Set(owners.keys());
  for (const [name, registry] of Object.entries(registries)) {
    const host = urlHost(registry);
    if (!registry.repo_prefix && !stated.has(host)) owners.set(host, name);
  }
  return { owners: owners as ReadonlyMap<string, string>, conflicts };
}

/**
 * Hosts of URLs without their port, and which registry each stands for in front of an image's name:
 * nobody can write `berth:8080/registry.example:5000/app` there. One that two registries have, or that
 * is a word of one, stands for none.
 */
export function portlessHosts(registries: Registries): ReadonlyMap<string, string> {
  const { owners } = registryWords(registries);
  const found = new Map<string, string[]>();
  for (const [name, registry] of Object.entries(registries)) {
    const { host, hostname } = new URL(registry.url);
    if (owners.get(host) !== name || owners.has(hostname)) continue;
    found.set(hostname, [...found.get(hostname) ?? [], name]);
  }
  return new Map([...found].flatMap(([host, [name, other]]) => other ? [] : [[host, name!]]));
}
