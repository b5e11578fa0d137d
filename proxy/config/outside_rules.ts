/** Rules about what lies outside of this process: the depot, webhooks, other Berths. */
import { parseHostsUrl } from "../../base/hosts_url.ts";
import { needsPassword } from "./admins.ts";
import type { Path } from "./path.ts";
import { type Config, parseListen } from "./schema.ts";
import { HOST, quote, type Violation } from "./violation.ts";

/** Content is put on the disk first, and keys belong together. */
export function* depot({ cache }: Config): Generator<Violation> {
  const { url, access_key_id, secret_access_key, secret_access_key_file, session_token } =
    cache.depot;
  const path = (key: string): Path => ["cache", "depot", key];
  if (url && !cache.dir) {
    yield { path: path("url"), message: "expected cache.dir with it, where content is put first" };
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
