/**
 * The configuration: one schema is the type, the check and the message. Keys are spelled as in the
 * file, so that an error, a printed value and the code all use the same name.
 */
import { z } from "zod";
import { parseWindow } from "../../base/day_window.ts";
import { parseRate, parseSpeed } from "../../base/units.ts";
import { PLATFORM } from "../oci/platform.ts";
import {
  depotUrl,
  duration,
  hookUrl,
  imagePattern,
  issuerUrl,
  listen,
  rate,
  regex,
  secret,
  size,
  timeZone,
  tokenUrl,
  url,
} from "./values.ts";
import { WEBHOOK_EVENTS } from "./webhook_events.ts";

export { parseListen } from "./values.ts";

const platforms = () =>
  z.array(z.string().regex(PLATFORM, "expected a platform such as linux/amd64")).default([]);

const tagTier = z.strictObject({ match: regex(), ttl: duration() });

const accessRule = z.strictObject({
  users: z.array(z.string()).default([]),
  repositories: z.array(z.string()).default([]),
  actions: z.array(z.enum(["pull", "push"])).default(["pull"]),
});

const auth = z.strictObject({
  mode: z.enum(["proxy", "client"]).default("proxy"),
  offline: z.enum(["none", "known"]).default("none"),
  username: z.string().default(""),
  password: secret().default(""),
  password_file: z.string().default(""),
  token_server: z.string().default(""),
  logins: z.record(
    z.string(),
    z.strictObject({
      username: z.string().default(""),
      password: secret().default(""),
      password_file: z.string().default(""),
    }),
  ).default({}),
  header: secret().default(""),
  header_file: z.string().default(""),
  identity_token: secret().default(""),
  identity_token_file: z.string().default(""),
  docker_config: z.string().default(""),
  ecr: z.strictObject({
    region: z.string().default(""),
    access_key_id: z.string().default(""),
    secret_access_key: secret().default(""),
    secret_access_key_file: z.string().default(""),
    session_token: secret().default(""),
    endpoint: z.string().default(""),
  }).optional(),
});

export const registryName = z.string().regex(
  /^[a-z0-9][a-z0-9-]{0,62}$/,
  "expected a registry name of lower-case letters, digits and dashes",
);

export const registrySchema = z.strictObject({
  /** `false` takes a registry out of the map, a built-in one too. */
  enabled: z.boolean().optional(),
  url: url(),
  /** Never asked: what is cached is all there is of it. */
  offline: z.boolean().default(false),
  aliases: z.array(z.string()).default([]),
  library: z.boolean().default(false),
  hosts: z.array(z.string()).default([]),
  repo_prefix: z.string().default(""),
  browser_redirects: z.boolean().optional(),
  auth: auth.prefault({}),
  access: z.strictObject({ users: z.array(z.string()).default([]) }).prefault({}),
  allow: z.array(z.string()).default([]),
  deny: z.array(z.string()).default([]),
  redirects: z.enum(["follow", "pass"]).default("follow"),
  /** What is fetched ahead of clients; an index is never changed. */
  platforms: platforms(),
  insecure_tls: z.boolean().default(false),
  ca_file: z.string().default(""),
  manifests: z.strictObject({
    tiers: z.array(tagTier).optional(),
    ttl: duration().optional(),
  }).prefault({}),
  hold: z.strictObject({
    new_digest: duration().prefault(0),
    tags: z.array(z.string()).default([]),
    allow: z.array(z.string()).default([]),
  }).prefault({}),
  require: z.array(z.strictObject({
    repositories: z.array(z.string()).default([]),
    cosign: z.strictObject({
      keys: z.array(z.string().min(1, "expected a file")).default([]),
      certificate_identity: z.string().default(""),
      issuer: z.string().default(""),
      trusted_root: z.string().default(""),
    }),
    mode: z.enum(["enforce", "warn"]).default("enforce"),
  })).default([]),
});

const policyRule = z.strictObject({
  name: z.string().default(""),
  action: z.enum(["allow", "deny"]),
  reason: z.string().max(300, "expected at most 300 characters").default(""),
  registries: z.array(z.string()).default([]),
  repositories: z.array(z.string()).default([]),
  tags: z.array(z.string()).default([]),
  platforms: z.array(z.string()).default([]),
  media_types: z.array(z.string()).default([]),
  labels: z.record(z.string(), z.string()).default({}),
  larger_than: size().prefault(0),
  created_before: duration().prefault(0),
  created_within: duration().prefault(0),
  seen_within: duration().prefault(0),
  seen_before: duration().prefault(0),
  users: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
});

/** `policy.rules`, as a file writes them. */
export const policyRules = z.array(policyRule);

const LEAST_SPEED = 16 * 1024;

const limit = z.strictObject({
  name: z.string().regex(
    /^$|^[a-z0-9][a-z0-9-]{0,62}$/,
    "expected a name of lower-case letters, digits and dashes",
  ).default(""),
  users: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  registries: z.array(z.string()).default([]),
  requests: z.string().refine(
    (text) => text === "" || parseRate(text) !== undefined,
    "expected a number in a time, such as 5/s, 100/m or 1000/h",
  ).default(""),
  bandwidth: z.string().refine(
    (text) => text === "" || (parseSpeed(text) ?? 0) >= LEAST_SPEED,
    "expected a size in a second, such as 50MiB/s, and 16KiB/s at least",
  ).default(""),
  concurrent: z.number().int().min(0).max(1_000_000).default(0),
  /** For all clients together, not for each. */
  total: z.boolean().default(false),
  /** For what comes from registries, not for clients. */
  upstream: z.boolean().default(false),
});

const certificate = z.strictObject({
  cert_file: z.string().default(""),
  key_file: z.string().default(""),
});

const webhook = z.strictObject({
  name: z.string().regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    "expected a name of lower-case letters, digits and dashes",
  ),
  url: hookUrl(),
  format: z.enum(["json", "slack"]).default("json"),
  events: z.array(z.enum(WEBHOOK_EVENTS)).default([]),
  secret: secret().default(""),
  secret_file: z.string().default(""),
});

const prefetchRule = z.strictObject({
  name: z.string().max(100).default(""),
  images: z.array(imagePattern()).min(1, "expected at least one image"),
  platforms: platforms(),
  referrers: z.boolean().default(false),
  every: duration().prefault("6h"),
  at: z.string().refine(
    (text) => text === "" || parseWindow(text) !== undefined,
    "expected a part of the day such as 02:00-05:00",
  ).default(""),
  keep: z.number().int().min(0).default(0),
  limit: rate().prefault(0),
  max_tags: z.number().int().min(1).max(1000).default(50),
});

const role = () => z.enum(["viewer", "operator", "admin"]);

export const configSchema = z.strictObject({
  listen: listen().default(":8080"),
  public_url: z.union([z.literal(""), url()]).default(""),
  token_url: tokenUrl().default("/token"),
  trusted_proxies: z.array(z.string()).default([]),
  clients: z.strictObject({
    /** Of which clients names are looked up in the DNS. */
    names: z.enum(["private", "all", "off"]).default("private"),
    name_header: z.string().regex(
      /^$|^[a-z0-9-]{1,64}$/i,
      "expected the name of a header, such as X-Node-Name",
    ).default(""),
  }).prefault({}),
  tls: certificate.extend({
    acme: z.strictObject({
      domains: z.array(z.string()).default([]),
      email: z.string().default(""),
      directory: url().default("https://acme-v02.api.letsencrypt.org/directory"),
      http_listen: listen().default(":80"),
      ca_file: z.string().default(""),
    }).prefault({}),
  }).prefault({}),
  domain_suffix: z.string().default(""),
  default_registry: z.string().default("docker"),
  path_names: z.boolean().default(false),
  allow_push: z.boolean().default(false),
  shutdown_grace: duration().prefault("30s"),
  log: z.strictObject({
    level: z.enum(["debug", "info", "warn", "error"]).default("info"),
    format: z.enum(["text", "json"]).default("text"),
    requests: z.boolean().default(true),
  }).prefault({}),
  savings: z.strictObject({
    price_per_gb: z.number().min(0).default(0),
    currency: z.string().regex(/^[A-Z]{3}$/, "expected a currency such as USD").default("USD"),
  }).prefault({}),
  admin: z.strictObject({
    listen: listen().default(":8081"),
    /** `registry`: the registry port's certificate. */
    tls: z.union([z.literal("registry"), certificate], {
      error: "expected registry, or cert_file and key_file",
    }).prefault({}),
    username: z.string().default("admin"),
    password_hash: secret().default(""),
    password_hash_file: z.string().default(""),
    users: z.record(
      z.string(),
      z.strictObject({ password_hash: secret(), role: role() }),
    ).default({}),
    users_file: z.string().default(""),
    oidc: z.strictObject({
      issuer: z.union([z.literal(""), issuerUrl()]).default(""),
      name: z.string().min(1, "expected a name").max(40, "expected at most 40 characters")
        .default("OpenID Connect"),
      client_id: z.string().default(""),
      client_secret: secret().default(""),
      client_secret_file: z.string().default(""),
      scopes: z.array(z.string()).default([]),
      groups_claim: z.string().min(1, "expected the name of a claim").default("groups"),
      roles: z.record(z.string(), role()).default({}),
      ca_file: z.string().default(""),
    }).prefault({}),
    auth: z.enum(["required", "none"]).default("required"),
    tokens: z.record(z.string(), secret()).default({}),
    metrics: z.enum(["required", "public"]).default("required"),
  }).prefault({}),
  /** Of every registry. */
  offline: z.boolean().default(false),
  registries: z.record(registryName, registrySchema).default({}),
  registry_map: z.string().default(""),
  users: z.record(z.string(), secret()).default({}),
  htpasswd_file: z.string().default(""),
  allowed_networks: z.array(z.string()).default([]),
  access: z.array(accessRule).default([]),
  limits: z.array(limit).default([]),
  cache: z.strictObject({
    dir: z.string().default("./data"),
    max_size: size().prefault("32GiB"),
    min_free: size().prefault("1GiB"),
    max_age: duration().prefault("60d"),
    verify_every: duration().prefault("24h"),
    memory: size().prefault("64MiB"),
    accel_redirect: z.string().regex(
      /^$|^\/(?!\.{1,2}\/)[\w.-]+\/((?!\.{1,2}\/)[\w.-]+\/)*$/,
      "expected a path that begins and ends with a slash, such as /berth-blobs/",
    ).default(""),
    pin: z.array(z.string()).default([]),
    depot: z.strictObject({
      url: z.union([z.literal(""), depotUrl()]).default(""),
      endpoint: z.union([z.literal(""), url()]).default(""),
      region: z.string().default(""),
      path_style: z.enum(["auto", "always", "never"]).default("auto"),
      ca_file: z.string().default(""),
      access_key_id: z.string().default(""),
      secret_access_key: secret().default(""),
      secret_access_key_file: z.string().default(""),
      session_token: secret().default(""),
      max_size: size().prefault("1TiB"),
      max_age: duration().prefault("90d"),
      redirect: z.array(z.string()).default([]),
      redirect_endpoint: z.union([z.literal(""), url()]).default(""),
    }).prefault({}),
    ranges: z.strictObject({
      direct: size().prefault("8MiB"),
      wait: duration().prefault("1s"),
    }).prefault({}),
    manifests: z.strictObject({
      tiers: z.array(tagTier).default([]),
      ttl: duration().prefault(0),
      stale_if_error: duration().prefault("7d"),
      while_revalidate: z.boolean().default(false),
      negative_ttl: duration().prefault("10s"),
      prefer_cache_below: z.number().min(0).max(1).default(0.1),
    }).prefault({}),
  }).prefault({}),
  forward: z.strictObject({
    listen: listen().default(""),
    allowed_hosts: z.array(z.string()).default([]),
    allow_private: z.boolean().default(false),
    intercept: z.array(z.string()).default([]),
    ca_cert_file: z.string().default(""),
    ca_key_file: z.string().default(""),
    idle_timeout: duration().prefault("5m"),
  }).prefault({}),
  webhooks: z.array(webhook).default([]),
  policy: z.strictObject({
    contact: z.string().default(""),
    rules: policyRules.default([]),
    webhook: z.strictObject({
      url: z.union([z.literal(""), hookUrl()]).default(""),
      timeout: duration().prefault("2s"),
      on_error: z.enum(["allow", "deny"]).default("deny"),
      remember: duration().prefault("10m"),
      ca_file: z.string().default(""),
    }).prefault({}),
    warn_similar: z.boolean().default(false),
    deny_similar: z.boolean().default(false),
  }).prefault({}),
  prefetch: z.strictObject({
    rules: z.array(prefetchRule).default([]),
    learn: z.strictObject({
      tags: z.number().int().min(0).max(1000).default(0),
      every: duration().prefault("15m"),
    }).prefault({}),
    reserve: z.number().min(0).max(1).default(0.3),
    time_zone: timeZone().default(""),
  }).prefault({}),
  cluster: z.strictObject({
    url: secret().default(""),
    url_file: z.string().default(""),
    ca_file: z.string().default(""),
    secret: secret().default(""),
    secret_file: z.string().default(""),
    listen: listen().default(":8082"),
    advertise: z.string().default(""),
    lease: duration().prefault("5s"),
    prefix: z.string().regex(/^[\w.-]{1,64}$/, "expected letters, digits, dots and dashes")
      .default("berth"),
  }).prefault({}),
  timeouts: z.strictObject({
    send: duration().prefault("60s"),
  }).prefault({}),
  upstream: z.strictObject({
    connect_timeout: duration().prefault("10s"),
    response_timeout: duration().prefault("30s"),
    idle_timeout: duration().prefault("60s"),
    retries: z.number().int().min(0).max(20).default(3),
  }).prefault({}),
});

/** The effective configuration: sizes in bytes, durations in milliseconds. */
export type Config = z.output<typeof configSchema>;
/** What somebody may do on the dashboard; each may do what the one before may. */
export type Role = z.output<ReturnType<typeof role>>;
/** The configuration as a file writes it. */
export type ConfigInput = z.input<typeof configSchema>;
/** A registry as a file writes it. */
export type RegistryInput = z.input<typeof registrySchema>;
export type RegistryConfig = z.output<typeof registrySchema>;
/** A rule about what may come through. */
export type PolicyRule = z.output<typeof policyRule>;
/** A rule of `prefetch`. */
export type PrefetchRule = z.output<typeof prefetchRule>;
/** A registry of the map, with the name it goes by. */
export type Registry = RegistryConfig & { readonly name: string };
