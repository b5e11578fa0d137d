/** What no single key can say: rules between keys. */
import { registryCertificate } from "./certificates.ts";
import { isRepository } from "../oci/path.ts";
import ipaddr from "ipaddr.js";
import { registryWords } from "./registry_words.ts";
import { isPasswordHash } from "../../base/password_form.ts";
import { clients, limits } from "./client_rules.ts";
import { acme, cluster, depot, oidc, webhooks } from "./outside_rules.ts";
import { isLoopback } from "./loopback.ts";
import type { Path } from "./path.ts";
import { policy } from "./policy_rules.ts";
import { prefetch } from "./prefetch_rules.ts";
import { type Config, parseListen, type RegistryConfig } from "./schema.ts";
import { HOST, isNetwork, quote, type Violation } from "./violation.ts";

/** `*` within a segment, `**` across them. */
const GLOB = /^[a-z0-9._*/-]+$/;

/** Every rule that `config` breaks. Secrets in `*_file` keys have not been read yet. */
export function violations(config: Config): Violation[] {
  return [
    ...wordConflicts(config),
    ...Object.entries(config.registries).flatMap(([name, registry]) => [
      ...registryNames(["registries", name], registry),
      ...registryAccess(["registries", name], registry, config),
      ...registryAuth(["registries", name, "auth"], registry),
      ...twoSignIns(["registries", name, "auth", "mode"], registry, config),
    ]),
    ...listeners(config),
    ...pairs(config),
    ...acme(config),
    ...admin(config),
    ...users(config),
    ...accessRules(config),
    ...networks(config),
    ...clients(config),
    ...limits(config),
    ...acceleration(config),
    ...forward(config),
    ...depot(config),
    ...webhooks(config),
    ...oidc(config),
    ...prefetch(config),
    ...cluster(config),
    ...policy(config),
  ];
}

function* wordConflicts(config: Config): Generator<Violation> {
  const { owners, conflicts } = registryWords(config.registries);
  for (const { path, word, other } of conflicts) {
    yield { path, message: `${quote(word)} already stands for the registry ${other}` };
  }
  const standard = config.default_registry.toLowerCase();
  if (standard !== "" && !owners.has(standard)) {
    yield {
      path: ["default_registry"],
      message: `found ${quote(config.default_registry)}, expected one of ${
        names(config)
      }, or a URL`,
    };
  }
  if (config.domain_suffix && !HOST.test(config.domain_suffix.replace(/^\./, ""))) {
    const message = `found ${quote(config.domain_suffix)}, expected a domain such as example.com`;
    yield { path: ["domain_suffix"], message };
  }
}

function* registryNames(base: Path, registry: RegistryConfig): Generator<Violation> {
  for (const key of ["hosts", "aliases"] as const) {
    for (const [index, host] of registry[key].entries()) {
      if (HOST.test(host)) continue;
      const message = `found ${quote(host)}, expected a host name such as r.example.com`;
      yield { path: [...base, key, index], message };
    }
  }
  const prefix = registry.repo_prefix;
  if (prefix && !(isRepository(prefix) && prefix.length < 255)) {
    yield {
      path: [...base, "repo_prefix"],
      message: `found ${quote(prefix)}, expected the beginning of a repository such as acme/prod`,
    };
  }
  for (const key of ["allow", "deny"] as const) {
    for (const [index, glob] of registry[key].entries()) {
      if (GLOB.test(glob)) continue;
      const message = `found ${quote(glob)}, expected a repository or a glob such as library/*`;
      yield { path: [...base, key, index], message };
    }
  }
}

function* registryAccess(
  base: Path,
  registry: RegistryConfig,
  config: Config,
): Generator<Violation> {
  for (const [index, user] of registry.access.users.entries()) {
    if (Object.hasOwn(config.users, user) || /^token(:|$)/.test(user)) continue;
    const message = `found ${quote(user)}, expected one of the names in users`;
    yield { path: [...base, "access", "users", index], message };
  }
}

function* registryAuth(base: Path, { auth, url }: RegistryConfig): Generator<Violation> {
  const kinds = Object.entries({
    username: auth.username || auth.password || auth.password_file ||
      Object.keys(auth.logins).length > 0,
    header: auth.header || auth.header_file,
    identity_token: auth.identity_token || auth.identity_token_file,
    docker_config: auth.docker_config,
    ecr: auth.ecr,
  }).filter(([, value]) => value).map(([kind]) => kind);
  if (kinds.length > 1) {
    yield { path: base, message: `found ${kinds.join(" and ")}, expected one kind of credential` };
  }
  if (auth.mode === "client" && kinds.length > 0) {
    const message = `with mode client each client signs in itself; expected no ${kinds.join(", ")}`;
    yield { path: [...base, "mode"], message };
  }
  const password = auth.password || auth.password_file;
  if (auth.username && !password) {
    yield { path: [...base, "username"], message: "expected a password or password_file with it" };
  }
  if (!auth.username && password) {
    const key = auth.password ? "password" : "password_file";
    yield { path: [...base, key], message: "expected a username with it" };
  }
  if (auth.token_server && !HOST.test(auth.token_server)) {
    const message = `found ${quote(auth.token_server)}, expected a host such as git.example.com`;
    yield { path: [...base, "token_server"], message };
  } else if (auth.token_server && !auth.username) {
    yield { path: [...base, "token_server"], message: "expected a username with it" };
  }
  yield* loginsByHost([...base, "logins"], auth);
  if (!auth.ecr) return;
  const { access_key_id, secret_access_key, secret_access_key_file, region } = auth.ecr;
  if (!!access_key_id !== !!(secret_access_key || secret_access_key_file)) {
    const message = "expected access_key_id and secret_access_key both, or neither";
    yield { path: [...base, "ecr"], message };
  }
  if (!region && !/\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com/.test(url)) {
    const message = "missing; expected a region such as eu-central-1, since the URL names none";
    yield { path: [...base, "ecr", "region"], message };
  }
}

function* loginsByHost(base: Path, { logins }: RegistryConfig["auth"]): Generator<Violation> {
  for (const [host, { username, password, password_file }] of Object.entries(logins)) {
    if (!HOST.test(host)) {
      const message = `found ${quote(host)}, expected a host such as git.example.com`;
      yield { path: [...base, host], message };
    } else if (!username || !(password || password_file)) {
      yield {
        path: [...base, host],
        message: "expected a username and a password or password_file",
      };
    }
  }
}

/** One request has one Authorization header: it is for Berth or for the registry. */
function* twoSignIns(
  path: Path,
  { auth }: RegistryConfig,
  { users, forward }: Config,
): Generator<Violation> {
  if (auth.mode !== "client" || Object.keys(users).length === 0 || forward.listen !== "") return;
  const message = "client is for a Berth without users: a request cannot carry the sign-in here " +
    "and the one at the registry, unless it comes through the forward proxy; expected proxy";
  yield { path, message };
}

/** Whether two `listen` keys want the same port of an address. */
export function addressesClash(a: string, b: string): boolean {
  const [x, y] = [parseListen(a), parseListen(b)];
  if (!x || !y || x.port !== y.port || x.port === 0) return false;
  return x.hostname === y.hostname || isWildcard(x.hostname) || isWildcard(y.hostname);
}

/** Two listeners on one address; the forward proxy alone may share the registry API's. */
function* listeners(config: Config): Generator<Violation> {
  for (
    const [path, address, others] of [
      [["admin", "listen"], config.admin.listen, { listen: config.listen }],
      [["forward", "listen"], config.forward.listen, { "admin.listen": config.admin.listen }],
      [["cluster", "listen"], config.cluster.url ? config.cluster.listen : "", {
        "listen": config.listen,
        "admin.listen": config.admin.listen,
        "forward.listen": config.forward.listen,
      }],
      [["tls", "acme", "http_listen"], acmeListen(config), {
        "listen": config.listen,
        "admin.listen": config.admin.listen,
        "forward.listen": config.forward.listen,
        "cluster.listen": config.cluster.url ? config.cluster.listen : "",
      }],
    ] as const
  ) {
    for (const [key, other] of Object.entries(others)) {
      if (!addressesClash(address, other)) continue;
      yield { path, message: `found ${quote(address)}, which ${key} already uses` };
    }
  }
}

function acmeListen({ tls: { acme } }: Config): string {
  return acme.domains.length > 0 ? acme.http_listen : "";
}

function* pairs({ tls, admin, forward }: Config): Generator<Violation> {
  for (
    const [section, values, first, second] of [
      [["tls"], tls, "cert_file", "key_file"],
      [["admin", "tls"], admin.tls === "registry" ? {} : admin.tls, "cert_file", "key_file"],
      [["forward"], forward, "ca_cert_file", "ca_key_file"],
    ] as [string[], Readonly<Record<string, unknown>>, string, string][]
  ) {
    if (!values[first] === !values[second]) continue;
    const [given, missing] = values[first] ? [first, second] : [second, first];
    yield {
      path: [...section, given],
      message: `expected ${section.join(".")}.${missing} with it`,
    };
  }
}

function* admin(config: Config): Generator<Violation> {
  const { admin } = config;
  if (admin.tls === "registry" && !registryCertificate(config).cert_file) {
    const message = "found registry, which has no certificate; expected one under tls";
    yield { path: ["admin", "tls"], message };
  }
  const hostname = parseListen(admin.listen)?.hostname ?? "localhost";
  if (admin.auth === "none" && !isLoopback(hostname)) {
    yield {
      path: ["admin", "auth"],
      message: `none is for loopback alone and admin.listen is ${quote(admin.listen)}; ` +
        "expected required, or an address such as 127.0.0.1:8081",
    };
  }
  if (admin.username === "") yield { path: ["admin", "username"], message: "expected a name" };
  if (admin.password_hash && !isPasswordHash(admin.password_hash)) {
    yield { path: ["admin", "password_hash"], message: EXPECTED_HASH };
  }
  for (const [name, { password_hash, role }] of Object.entries(admin.users)) {
    const path = ["admin", "users", name];
    if (name === "") yield { path, message: "expected a name" };
    const single = admin.password_hash || admin.password_hash_file || role !== "admin";
    if (name === admin.username && single) {
      yield { path, message: `${name} is admin.username, too; expected another name` };
    }
    if (!isPasswordHash(password_hash)) {
      yield { path: [...path, "password_hash"], message: EXPECTED_HASH };
    }
  }
  for (const [name, hash] of Object.entries(admin.tokens)) {
    if (/^sha256:[0-9a-f]{64}$/i.test(hash) || isPasswordHash(hash)) continue;
    const message = "expected a hash of the token: sha256:<64 hex digits>, or as " +
      "`berth hash-password` makes it";
    yield { path: ["admin", "tokens", name], message };
  }
}

const EXPECTED_HASH =
  "expected a hash as `berth hash-password` or `htpasswd -nB` makes it ($scrypt$… or $2y$…)";

function* users(config: Config): Generator<Violation> {
  for (const [name, hash] of Object.entries(config.users)) {
    if (name === "" || name.includes(":")) {
      const message = "expected a name without a colon, which Basic authentication cannot carry";
      yield { path: ["users", name], message };
    }
    if (!isPasswordHash(hash)) yield { path: ["users", name], message: EXPECTED_HASH };
  }
}

function* accessRules(config: Config): Generator<Violation> {
  for (const [index, { users, repositories }] of config.access.entries()) {
    for (const [at, user] of users.entries()) {
      if (Object.hasOwn(config.users, user) || /^token(:|$)/.test(user)) continue;
      const message = `found ${quote(user)}, expected one of the names in users`;
      yield { path: ["access", index, "users", at], message };
    }
    for (const [at, glob] of repositories.entries()) {
      const registry = glob.split("/")[0]!;
      const known = registry.includes("*") || Object.hasOwn(config.registries, registry);
      if (GLOB.test(glob) && known) continue;
      const message = `found ${quote(glob)}, expected a registry's name and a repository, or a ` +
        "glob such as docker/library/*";
      yield { path: ["access", index, "repositories", at], message };
    }
  }
}

function* networks(config: Config): Generator<Violation> {
  const { trusted_proxies, allowed_networks, cache } = config;
  const lists: [key: string[], list: string[]][] = [
    [["trusted_proxies"], trusted_proxies],
    [["allowed_networks"], allowed_networks],
    [["cache", "depot", "redirect"], cache.depot.redirect],
  ];
  for (const [key, list] of lists) {
    for (const [index, text] of list.entries()) {
      if (isNetwork(text)) continue;
      const message = `found ${quote(text)}, expected an address or a range such as 10.0.0.0/8`;
      yield { path: [...key, index], message };
    }
  }
}

/** The path of a file is told to nobody but a proxy that is known to be one. */
function* acceleration({ cache, trusted_proxies }: Config): Generator<Violation> {
  if (cache.accel_redirect === "" || trusted_proxies.length > 0) return;
  const message =
    "expected trusted_proxies with it, the addresses of the nginx that sends the files";
  yield { path: ["cache", "accel_redirect"], message };
}

function* forward(config: Config): Generator<Violation> {
  if (
    registryCertificate(config).cert_file && addressesClash(config.listen, config.forward.listen)
  ) {
    const message = `found ${quote(config.forward.listen)}, which listen uses with TLS; ` +
      "the forward proxy speaks plain HTTP: expected a port of its own";
    yield { path: ["forward", "listen"], message };
  }
  const { owners } = registryWords(config.registries);
  for (const [index, name] of config.forward.intercept.entries()) {
    if (owners.has(name.toLowerCase())) continue;
    const message = `found ${quote(name)}, expected one of ${names(config)}`;
    yield { path: ["forward", "intercept", index], message };
  }
  for (const [index, entry] of config.forward.allowed_hosts.entries()) {
    const path = ["forward", "allowed_hosts", index];
    const pattern = /^\/(.*)\/$/.exec(entry)?.[1];
    if (pattern === undefined ? isReachable(entry) : isRegex(pattern)) continue;
    const message = `found ${quote(entry)}, expected a host name or a regular expression ` +
      "between slashes";
    yield { path, message };
  }
}

/** A host as clients ask for it: names with `_` and IPv6 addresses in brackets are among them. */
function isReachable(entry: string): boolean {
  const address = /^\[(.*)\](:\d{1,5})?$/.exec(entry)?.[1];
  return address === undefined
    ? HOST.test(entry.replaceAll("_", "a"))
    : ipaddr.IPv6.isValid(address);
}

function isRegex(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function isWildcard(hostname: string): boolean {
  return hostname === "" || hostname === "0.0.0.0" || hostname === "::";
}

function names(config: Config): string {
  return Object.keys(config.registries).join(", ");
}
