/**
 * crm (Container Registry Mirrors): its config.yaml, recognised by its keys. One port is forward
 * proxy and mirror for an allow-list of hosts.
 */
import type { Setting } from "../provenance.ts";
import type { Path, Tree } from "../path.ts";
import { nameForHost, registryOfHost, wellKnownSignIn } from "./hosts.ts";
import type { DropInInput, Note, Reading } from "./tool.ts";
import { clientsSignIn, toolDefaults, type ToolSetting } from "./tool.ts";

const TOOL = "crm";
/** Keys that crm's file has and Berth's own has not. */
export const KEYS: ReadonlySet<string> = new Set([
  "allowed_hosts",
  "insecure_tls",
  "log_level",
  "mitm",
  "security",
  "socket_path",
]);
/** What it lets through without being told; a file adds to that. */
const ALLOWED_HOSTS = [
  "docker.io",
  "registry-1.docker.io",
  "gcr.io",
  "k8s.io",
  "registry.k8s.io",
  "docker.elastic.co",
];
const UNNEEDED: Readonly<Record<string, string>> = {
  security: "Berth has limits of its own",
  socket_path: "Berth listens on TCP alone",
};
const HOST = /^[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?$/i;

/** Whether a file with these settings is crm's. */
export function isCrmFile(settings: readonly Setting[]): boolean {
  return settings.some(({ path }) => KEYS.has(String(path[0])));
}

/** Those of `settings` that are crm's alone; the others are Berth's as they stand. */
export function isCrmSetting({ path }: Setting): boolean {
  return KEYS.has(String(path[0]));
}

/** What crm's file comes to. */
export function crm(input: DropInInput, file: readonly Setting[]): Reading {
  const of = (...path: string[]) =>
    file.find((setting) => setting.path.join(".") === path.join("."));
  const settings: ToolSetting[] = [];
  const add = (path: Path, from: Setting | undefined, value: unknown = from?.value) => {
    if (from) settings.push({ tool: TOOL, path, value, origin: from.origin });
  };
  const notes: Note[] = [];
  const hosts = of("allowed_hosts");
  const given = Array.isArray(hosts?.value) ? hosts.value : [];
  const entries = [...new Set([...ALLOWED_HOSTS, ...given])];
  const { kept, added, dropped } = sort(entries.map(String), input.registries);

  add(["forward", "listen"], of("listen"));
  add(
    ["forward", "allowed_hosts"],
    hosts,
    Array.isArray(hosts?.value) ? entries.map(entry) : hosts?.value,
  );
  for (const [name, host] of added) add(["registries", name, "url"], hosts, `https://${host}`);
  if (of("insecure_tls")?.value === true) {
    for (const name of [...kept, ...added.keys()]) {
      add(["registries", name, "insecure_tls"], of("insecure_tls"));
    }
  }
  const level = of("log_level");
  add(["log", "level"], level, lowerCase(level?.value));
  const mitm = of("mitm", "enabled")?.value === true;
  if (mitm) {
    add(["forward", "intercept"], of("mitm", "enabled"), [...kept, ...added.keys()]);
    add(["forward", "ca_cert_file"], of("mitm", "ca_cert_path"));
    add(["forward", "ca_key_file"], of("mitm", "ca_key_path"));
    const instead = "registries are intercepted, and other allowed hosts are tunnelled";
    notes.push({ tool: TOOL, name: "mitm", instead });
  }
  if (hosts) {
    const instead = "an entry is a whole host name, on ports 443 and 80 unless it names one";
    notes.push({ tool: TOOL, name: "allowed_hosts", instead });
  }
  for (const [name, instead] of Object.entries(UNNEEDED)) {
    if (file.some(({ path }) => path[0] === name)) notes.push({ tool: TOOL, name, instead });
  }
  return {
    defaults: toolDefaults(TOOL, [
      [["forward", "listen"], ":8080"],
      [["forward", "allowed_hosts"], ALLOWED_HOSTS],
      [["default_registry"], "docker"],
      ...(mitm ? [...kept, ...added.keys()].flatMap(clientsSignIn) : []),
      ...dropped.filter((name) => !input.stated.has(name))
        .map((name) => [["registries", name, "enabled"], false] as const),
    ]),
    settings,
    notes,
  };
}

function lowerCase(value: unknown): unknown {
  return typeof value === "string" ? value.trim().toLowerCase() : value;
}

/** An entry that is no host is a regular expression; it matches whole names here. */
function entry(value: unknown): unknown {
  return typeof value !== "string" || HOST.test(value) ? value : `/${value}/`;
}

/**
 * The registries that the allow-list lets through, those that it names and that Berth does not know
 * yet, and those that it leaves out.
 */
function sort(entries: readonly string[], registries: Tree) {
  const known = Object.keys(registries);
  const kept = known.filter((name) => entries.some((entry) => allows(entry, name, registries)));
  const added = new Map<string, string>();
  for (const host of entries) {
    // k8s.io serves no images: registry.k8s.io does. Nor do those where users sign in.
    if (!HOST.test(host) || host === "k8s.io" || registryOfHost(registries, host)) continue;
    if (wellKnownSignIn(registries, host) !== undefined) continue;
    const taken = { ...registries, ...Object.fromEntries(added) };
    added.set(nameForHost(taken, host), host);
  }
  return { kept, added, dropped: known.filter((name) => !kept.includes(name)) };
}

function allows(entry: string, name: string, registries: Tree): boolean {
  if (HOST.test(entry)) return registryOfHost(registries, entry) === name;
  const registry = registries[name] as { url?: unknown; aliases?: unknown } | undefined;
  const hosts = [URL.parse(String(registry?.url))?.host, ...[registry?.aliases].flat()];
  try {
    const regex = new RegExp(`^(?:${entry})$`, "i");
    return hosts.some((host) => typeof host === "string" && regex.test(host));
  } catch {
    return false;
  }
}
