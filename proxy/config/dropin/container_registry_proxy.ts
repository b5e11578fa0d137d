/**
 * container-registry-proxy (rpardini, gmarcy): HTTPS_PROXY with interception, told everything by its
 * environment. https://github.com/rpardini/docker-registry-proxy
 */
import { type Path, setIn, type Tree } from "../path.ts";
import type { ConfigProblem } from "../problem.ts";
import { nameForHost, registryOfHost, registryOfSignIn } from "./hosts.ts";
import { nginxTime } from "./table.ts";
import {
  type DropInInput,
  isTrue,
  type Note,
  type Reading,
  toolDefaults,
  type ToolSetting,
  written,
} from "./tool.ts";

const TOOL = "container-registry-proxy";
/** Where its image keeps the cache. */
const CACHE_VOLUME = "/registry_proxy_mirror_cache";
/** What it intercepts without being told; Docker Hub always. */
const REGISTRIES = "k8s.gcr.io gcr.io quay.io";
const PRIMARY = "(stable|nightly|production|test)";
const SECONDARY = "(.*)(\\d|\\.)+(.*)(\\d|\\.)+(.*)(\\d|\\.)+";

/** Variables that nobody sets by chance: with one of them, Berth takes that tool's place. */
const TELLING = ["REGISTRIES", "AUTH_REGISTRIES", "ENABLE_MANIFEST_CACHE"];

/** What its environment and volumes come to. */
export async function containerRegistryProxy(input: DropInInput): Promise<Reading> {
  const hasVolume = await input.system.exists(CACHE_VOLUME, "directory");
  if (!hasVolume && !TELLING.some((name) => input.env[name])) return {};
  const registries = structuredCopy(input.registries);
  const intercept = intercepted(input, registries);
  const auth = credentials(input, registries);
  return {
    defaults: toolDefaults(TOOL, [
      [["forward", "listen"], ":3128"],
      [["forward", "intercept"], ["docker.io", ...REGISTRIES.split(" ")]],
      ...(hasVolume ? [[["cache", "dir"], CACHE_VOLUME] as const] : []),
    ]),
    settings: [
      ...intercept,
      ...auth.settings,
      ...manifests(input),
      ...verification(input, registries),
    ],
    notes: auth.notes,
    problems: auth.problems,
  };
}

/** `REGISTRIES`: hosts, apart by spaces. One that no registry has becomes a registry. */
function intercepted(input: DropInInput, registries: Tree): ToolSetting[] {
  const given = written(input, "REGISTRIES");
  if (!given) return [];
  const hosts = [...new Set(["docker.io", ...given.text.trim().split(/\s+/)])];
  const settings: ToolSetting[] = [];
  for (const host of hosts) {
    if (registryOfHost(registries, host) !== undefined) continue;
    const path = ["registries", nameForHost(registries, host), "url"];
    const value = `https://${host}`;
    setIn(registries, path.slice(1), value);
    settings.push({ tool: TOOL, path, value, origin: given.origin });
  }
  const path = ["forward", "intercept"];
  return [...settings, { tool: TOOL, path, value: hosts, origin: given.origin }];
}

/** `AUTH_REGISTRIES`: `host:user:password …`, with delimiters of the operator's choice. */
function credentials(input: DropInInput, registries: Tree) {
  const settings: ToolSetting[] = [];
  const notes: Note[] = [];
  const problems: ConfigProblem[] = [];
  const given = written(input, "AUTH_REGISTRIES");
  const between = input.env.AUTH_REGISTRIES_DELIMITER || " ";
  const within = input.env.AUTH_REGISTRY_DELIMITER || ":";
  const entries = given?.text.split(between).map((entry) => entry.trim()).filter(Boolean) ?? [];
  for (const [index, entry] of entries.entries()) {
    const [host, username, ...rest] = entry.split(within);
    const password = rest.join(within);
    if (!host || !username || !password) {
      const expected = ["host", "user", "password"].join(within);
      const message = `entry ${index + 1} is incomplete; expected ${expected}`;
      problems.push({ key: "", origin: given!.origin, message });
      continue;
    }
    const name = registryOfSignIn(registries, host);
    if (name === undefined) {
      const instead = `${host} is no registry that Berth knows, nor where one signs in; ignored`;
      notes.push({ tool: TOOL, name: "AUTH_REGISTRIES", instead });
      continue;
    }
    for (const [key, value] of Object.entries({ username, password })) {
      const path = ["registries", name, "auth", key];
      settings.push({ tool: TOOL, path, value, origin: given!.origin });
    }
  }
  return { settings, notes, problems };
}

/** Tags are asked for each time unless `ENABLE_MANIFEST_CACHE` is true. */
function manifests(input: DropInInput): ToolSetting[] {
  const enabled = written(input, "ENABLE_MANIFEST_CACHE");
  if (!enabled || !isTrue(enabled.text)) return [];
  const { env } = input;
  // nginx matches from the beginning of the tag, and not to its end.
  const tier = (regex: string, time: string) => ({ match: `^(?:${regex})`, ttl: nginxTime(time) });
  const tiers = [
    tier(
      env.MANIFEST_CACHE_PRIMARY_REGEX || PRIMARY,
      env.MANIFEST_CACHE_PRIMARY_TIME || "10m",
    ),
    tier(
      env.MANIFEST_CACHE_SECONDARY_REGEX || SECONDARY,
      env.MANIFEST_CACHE_SECONDARY_TIME || "60d",
    ),
  ];
  const ttl = nginxTime(env.MANIFEST_CACHE_DEFAULT_TIME || "1h");
  const setting = (key: string, value: unknown): ToolSetting => ({
    tool: TOOL,
    path: ["cache", "manifests", key],
    value,
    origin: enabled.origin,
  });
  return [setting("tiers", tiers), setting("ttl", ttl)];
}

/** `VERIFY_SSL=false`: no registry's certificate is checked. */
function verification(input: DropInInput, registries: Tree): ToolSetting[] {
  const given = written(input, "VERIFY_SSL");
  if (!given || isTrue(given.text)) return [];
  return Object.keys(registries).map((name) => {
    const path: Path = ["registries", name, "insecure_tls"];
    return { tool: TOOL, path, value: true, origin: given.origin };
  });
}

/** A copy of the map, to which registries can be added. */
function structuredCopy(registries: Tree): Tree {
  return Object.assign(Object.create(null) as Tree, registries);
}
