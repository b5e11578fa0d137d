/**
 * container-registry-proxy (rpardini, gmarcy): HTTPS_PROXY with interception, told everything by its
 * environment. https://github.com/rpardini/docker-registry-proxy
 */
import { type Path, setIn, type Tree } from "../path.ts";
import type { ConfigProblem } from "../problem.ts";
import { isBuiltIn } from "../registries.ts";
import { mayDirectTo, nameForHost, registryOfHost, wellKnownSignIn } from "./hosts.ts";
import { nginxTime } from "./table.ts";
import {
  clientsSignIn,
  type DropInInput,
  isTrue,
  type Note,
  type Reading,
  toolDefaults,
  type ToolSetting,
  type Written,
  written,
} from "./tool.ts";

const TOOL = "container-registry-proxy";
/** Where its images keep the cache: gmarcy's, and rpardini's before that. */
const CACHE_VOLUMES = ["/registry_proxy_mirror_cache", "/docker_mirror_cache"];
/** What it intercepts without being told; Docker Hub always. */
const REGISTRIES = "k8s.gcr.io gcr.io quay.io";
const PRIMARY = "(stable|nightly|production|test)";
const SECONDARY = "(.*)(\\d|\\.)+(.*)(\\d|\\.)+(.*)(\\d|\\.)+";

/** Variables that nobody sets by chance: with one of them, Berth takes that tool's place. */
const TELLING = ["REGISTRIES", "AUTH_REGISTRIES", "ENABLE_MANIFEST_CACHE"];

/** What its environment and volumes come to. */
export async function containerRegistryProxy(input: DropInInput): Promise<Reading> {
  const volume = await cacheVolume(input);
  if (volume === undefined && !TELLING.some((name) => input.env[name])) return {};
  const registries = structuredCopy(input.registries);
  const intercept = intercepted(input, registries);
  const added = Object.keys(registries).filter((name) => !Object.hasOwn(input.registries, name));
  const auth = credentials(input, registries);
  return {
    defaults: toolDefaults(TOOL, [
      [["forward", "listen"], ":3128"],
      [["forward", "intercept"], ["docker.io", ...REGISTRIES.split(" ")]],
      ...(volume === undefined ? [] : [[["cache", "dir"], volume] as const]),
      ...added.flatMap(clientsSignIn),
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

async function cacheVolume({ system }: DropInInput): Promise<string | undefined> {
  for (const path of CACHE_VOLUMES) if (await system.exists(path, "directory")) return path;
  return undefined;
}

/**
 * `REGISTRIES`: hosts, apart by spaces. One that no registry has becomes a registry; those where the
 * users of a well-known one sign in are listed there as well.
 */
function intercepted(input: DropInInput, registries: Tree): ToolSetting[] {
  const given = written(input, "REGISTRIES");
  if (!given) return [];
  const listed = given.text.trim().split(/\s+/)
    .filter((host) => wellKnownSignIn(registries, host) === undefined);
  const hosts = [...new Set(["docker.io", ...listed])];
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

/** What `AUTH_REGISTRIES` says of one host, which is a registry or where one's users sign in. */
interface Login {
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

/** `AUTH_REGISTRIES`: `host:user:password …`, with delimiters of the operator's choice. */
function credentials(input: DropInInput, registries: Tree) {
  const given = written(input, "AUTH_REGISTRIES");
  if (!given) return { settings: [], notes: [], problems: [] };
  const { logins, problems } = readLogins(given, input.env);
  const settings: ToolSetting[] = [];
  const notes: Note[] = [];
  for (const { host, username, password } of logins) {
    const paths = signInPaths(registries, host);
    for (const path of paths) {
      for (const [key, value] of Object.entries({ username, password })) {
        settings.push({ tool: TOOL, path: [...path, key], value, origin: given.origin });
      }
    }
    if (paths.length > 0) continue;
    const instead = `${host} is no registry that Berth knows, nor where one signs in; ignored`;
    notes.push({ tool: TOOL, name: "AUTH_REGISTRIES", instead });
  }
  return { settings, notes, problems };
}

/**
 * Where in the configuration a login for `host` stands. With a registry that Berth knows by itself,
 * where its users sign in is known, too. To the operator's own, each may name any host of their
 * domain as its token server; the login is told to `host` and to no other.
 */
function signInPaths(registries: Tree, host: string): Path[] {
  const meant = wellKnownSignIn(registries, host) ?? registryOfHost(registries, host);
  const known = meant !== undefined && isBuiltIn(meant);
  const own = known || meant === undefined ? [] : [meant];
  const logins = [...new Set([...own, ...mayDirectTo(registries, host)])]
    .map((name) => ["registries", name, "auth", "logins", host.toLowerCase()]);
  return known ? [["registries", meant, "auth"], ...logins] : logins;
}

function readLogins(given: Written, env: DropInInput["env"]) {
  const between = env.AUTH_REGISTRIES_DELIMITER || " ";
  const within = env.AUTH_REGISTRY_DELIMITER || ":";
  const logins: Login[] = [];
  const problems: ConfigProblem[] = [];
  const entries = given.text.split(between).map((entry) => entry.trim()).filter(Boolean);
  for (const [index, entry] of entries.entries()) {
    const [host, username, ...rest] = entry.split(within);
    const password = rest.join(within);
    if (host && username && password) logins.push({ host, username, password });
    else {
      const expected = ["host", "user", "password"].join(within);
      const message = `entry ${index + 1} is incomplete; expected ${expected}`;
      problems.push({ key: "", origin: given.origin, message });
    }
  }
  return { logins, problems };
}

/** Tags are asked for each time unless `ENABLE_MANIFEST_CACHE` is true. */
function manifests(input: DropInInput): ToolSetting[] {
  const enabled = written(input, "ENABLE_MANIFEST_CACHE");
  if (!enabled || !isTrue(enabled.text)) return [];
  const { env } = input;
  const tier = (name: string, regex: string, time: string) => ({
    // nginx matches from the beginning of the tag, and not to its end.
    match: `^(?:${env[`MANIFEST_CACHE_${name}_REGEX`] ?? regex})`,
    ttl: nginxTime(env[`MANIFEST_CACHE_${name}_TIME`] || time),
  });
  // An empty expression turns its tier off.
  const tiers = [tier("PRIMARY", PRIMARY, "10m"), tier("SECONDARY", SECONDARY, "60d")]
    .filter(({ match }) => match !== "^(?:)");
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
