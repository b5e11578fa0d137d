/** Rules about what lies outside of this process: depot, webhooks, provider, other Berths, authorities. */
import ipaddr from "ipaddr.js";
import { parseHostsUrl } from "../../base/hosts_url.ts";
import { needsPassword } from "./admins.ts";
import { isLoopback } from "./loopback.ts";
import type { Path } from "./path.ts";
import { type Config, parseListen } from "./schema.ts";
import { HOST, quote, type Violation } from "./violation.ts";

/** Content is put on the disk first, and keys belong together. */
export function* depot({ cache }: Config): Generator<Violation> {
  const { url, redirect } = cache.depot;
  const { access_key_id, secret_access_key, secret_access_key_file, session_token } = cache.depot;
  const path = (key: string): Path => ["cache", "depot", key];
  if (url && !cache.dir) {
    yield { path: path("url"), message: "expected cache.dir with it, where content is put first" };
  }
  if (redirect.length > 0 && !url.startsWith("s3://")) {
    const message = "expected cache.depot.url to be a bucket (s3://bucket/prefix) with it: " +
      "nothing else gives content to clients";
    yield { path: path("redirect"), message };
  }
  const given = secret_access_key ? "secret_access_key" : "secret_access_key_file";
  const hasSecret = secret_access_key !== "" || secret_access_key_file !== "";
  if (access_key_id && !hasSecret) {
    const message = "expected secret_access_key or secret_access_key_file with it";
    yield { path: path("access_key_id"), message };
  } else if (!access_key_id && (hasSecret || session_token)) {
    const key = hasSecret ? given : "session_token";
    yield { path: path(key), message: "expected access_key_id with it" };
  }
}

/** The dashboard and the log know a webhook by its name. */
export function* webhooks(config: Config): Generator<Violation> {
  const names = config.webhooks.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    const message = `found ${quote(name)}, which another webhook has; expected a name of its own`;
    yield { path: ["webhooks", index, "name"], message };
  }
}

/** Who may sign in by the provider, and that nobody listens to what it says. */
export function* oidc({ admin }: Config): Generator<Violation> {
  const { issuer, client_id, client_secret, client_secret_file, roles, scopes } = admin.oidc;
  const path = (...keys: (string | number)[]): Path => ["admin", "oidc", ...keys];
  const given = { client_id, client_secret, client_secret_file }; // roles alone do no harm
  const key = Object.entries(given).find(([, value]) => value !== "")?.[0];
  if (issuer === "") {
    if (key !== undefined) yield { path: path(key), message: "expected admin.oidc.issuer with it" };
    return;
  }
  const { protocol, hostname } = new URL(issuer);
  if (protocol === "http:" && !isLoopback(hostname)) {
    const message = `found ${quote(issuer)}, expected https://; http:// is for this machine alone`;
    yield { path: path("issuer"), message };
  }
  if (client_id === "") {
    const message = "missing; expected the client's name at the provider";
    yield { path: path("client_id"), message };
  }
  if (Object.keys(roles).length === 0) {
    const message = "missing; expected a role for at least one group, such as { admins: admin }";
    yield { path: path("roles"), message };
  }
  for (const [index, scope] of scopes.entries()) {
    if (/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) continue;
    const message = `found ${quote(scope)}, expected a scope such as groups, each its own item`;
    yield { path: path("scopes", index), message };
  }
  if (admin.auth === "none") {
    const message = "none asks nobody to sign in; expected required with admin.oidc";
    yield { path: ["admin", "auth"], message };
  }
}

const CLUSTER_SCHEMES = ["redis", "rediss"].flatMap((scheme) => [
  scheme,
  `${scheme}-sentinel`,
  `${scheme}-cluster`,
]);

/** What several Berths must agree on, which each would otherwise make for itself. */
export function* cluster(config: Config): Generator<Violation> {
  const { url, url_file, secret, secret_file, lease, advertise } = config.cluster;
  const path = (key: string): Path => ["cluster", key];
  if (secret && secret.split("\n").some((line) => line.trim() !== "" && line.trim().length < 16)) {
    yield { path: path("secret"), message: "expected at least 16 characters in each line" };
  }
  if (!url && !url_file) return;
  if (!secret && !secret_file) {
    const message = "missing; expected the same secret for all Berths of the cluster";
    yield { path: path("secret"), message };
  }
  const parsed = url ? parseHostsUrl(url) : undefined;
  if (url && !(parsed && CLUSTER_SCHEMES.includes(parsed.scheme))) {
    const message = "expected redis://host:6379, rediss://…, redis-sentinel://a,b/name or " +
      "redis-cluster://a,b";
    yield { path: path("url"), message };
  }
  if (!config.cache.dir) {
    yield { path: path("url"), message: "expected cache.dir with it, where content is kept" };
  }
  if (lease < 1000) yield { path: path("lease"), message: "expected a second or more" };
  if (advertise && !(HOST.test(advertise) && advertise.includes(":")) && !parseListen(advertise)) {
    const message = `found ${quote(advertise)}, expected host and port such as 10.0.0.7:8082`;
    yield { path: path("advertise"), message };
  }
  const { admin, forward } = config;
  const made = admin.listen && admin.auth !== "none" && !admin.password_hash_file &&
    needsPassword(admin);
  if (made) {
    const message = "missing; expected with cluster.url, since each Berth would make its own";
    yield { path: ["admin", "password_hash"], message };
  }
  if (forward.intercept.length > 0 && !forward.ca_cert_file) {
    const message = "missing; expected with cluster.url, since each Berth would make its own";
    yield { path: ["forward", "ca_cert_file"], message };
  }
}

/** A certificate that is asked for, and one that is given, would contradict each other. */
export function* acme({ tls, cache }: Config): Generator<Violation> {
  const { domains, email, directory, http_listen } = tls.acme;
  const path = (...keys: (string | number)[]): Path => ["tls", "acme", ...keys];
  if (domains.length === 0) {
    if (!email) return;
    yield { path: path("domains"), message: "missing; expected the domains of the certificate" };
    return;
  }
  for (const [index, domain] of domains.entries()) {
    const message = wrongDomain(domain);
    if (message) yield { path: path("domains", index), message };
  }
  if (tls.cert_file || tls.key_file) {
    const message = `contradicts tls.${
      tls.cert_file ? "cert_file" : "key_file"
    }; expected one of them`;
    yield { path: path("domains"), message };
  }
  if (!cache.dir) {
    const message = "expected cache.dir with it, where account and certificate are kept";
    yield { path: path("domains"), message };
  }
  if (email && !/^[^@\s]+@[^@\s]+$/.test(email)) {
    yield { path: path("email"), message: `found ${quote(email)}, expected an e-mail address` };
  }
  if (!http_listen) {
    yield { path: path("http_listen"), message: "missing; expected an address such as :80" };
  }
  const url = URL.parse(directory);
  if (url?.protocol === "http:" && !isLoopback(url.hostname)) {
    yield { path: path("directory"), message: `found ${quote(directory)}, expected https://` };
  }
}

/** Why no certificate for `domain` can be had by HTTP-01 (RFC 8555, 8.3); undefined where it can. */
function wrongDomain(domain: string): string | undefined {
  if (domain.startsWith("*.")) {
    return `found ${quote(domain)}, which takes a challenge by DNS; expected each name by itself`;
  }
  const name = HOST.test(domain) && !domain.includes(":") && !ipaddr.isValid(domain) &&
    domain === domain.toLowerCase();
  return name
    ? undefined
    : `found ${quote(domain)}, expected a domain such as registry.example.com`;
}
