/**
 * The registry map: `GET|POST /registries`, `GET|PUT|DELETE /registries/{name}`,
 * `POST /registries/preview`, `POST /registries/test`.
 *
 * Changes carry `If-Match: "<revision>"`; a file that changed underneath is a 409, and nothing is
 * lost. Secrets are write-only: what is set is named in `secrets`, left out of a change it is kept,
 * an empty string removes it.
 */
import { z } from "@hono/zod-openapi";
import { count, fieldProblem, milliseconds, origin } from "../schema.ts";
import { counters } from "./stats.ts";
import { quota, registryHealth } from "./status.ts";

/** Settings of a registry as in the file, durations and all; what is left out is the default. */
export const registrySettings = z.object({
  enabled: z.boolean().optional(),
  url: z.string(),
  offline: z.boolean().optional(),
  aliases: z.array(z.string()).optional(),
  library: z.boolean().optional(),
  hosts: z.array(z.string()).optional(),
  repo_prefix: z.string().optional(),
  browser_redirects: z.boolean().optional(),
  auth: z.object({
    mode: z.string().optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    password_file: z.string().optional(),
    token_server: z.string().optional(),
    logins: z.record(
      z.string(),
      z.object({
        username: z.string().optional(),
        password: z.string().optional(),
        password_file: z.string().optional(),
      }),
    ).optional(),
    header: z.string().optional(),
    header_file: z.string().optional(),
    identity_token: z.string().optional(),
    identity_token_file: z.string().optional(),
    docker_config: z.string().optional(),
    ecr: z.object({
      region: z.string().optional(),
      access_key_id: z.string().optional(),
      secret_access_key: z.string().optional(),
      secret_access_key_file: z.string().optional(),
      session_token: z.string().optional(),
      endpoint: z.string().optional(),
    }).optional(),
  }).optional(),
  access: z.object({ users: z.array(z.string()).optional() }).optional(),
  allow: z.array(z.string()).optional(),
  deny: z.array(z.string()).optional(),
  redirects: z.string().optional(),
  platforms: z.array(z.string()).optional(),
  insecure_tls: z.boolean().optional(),
  ca_file: z.string().optional(),
  hold: z.object({
    new_digest: z.union([z.string(), z.literal(0)]).optional(),
    tags: z.array(z.string()).optional(),
    allow: z.array(z.string()).optional(),
  }).optional(),
  require: z.array(z.object({
    repositories: z.array(z.string()).optional(),
    cosign: z.object({ keys: z.array(z.string()) }),
    mode: z.string().optional(),
  })).optional(),
  manifests: z.object({
    ttl: z.union([z.string(), z.literal(0)]).optional(),
    tiers: z.array(z.object({ match: z.string(), ttl: z.union([z.string(), z.literal(0)]) }))
      .optional(),
  }).optional(),
}).openapi("RegistrySettings");

/** One of the ways in which a client says that it means this registry. */
export const address = z.object({
  /** `prefix`: a path before `/v2/`, as of a mirror; `path`: in front of the image's name. */
  kind: z.enum(["default", "host", "prefix", "path", "ns"]),
  /** `docker.berth.example:8080`, `berth:8080/quay/v2/…`, `berth:8080/quay.io/…`, `?ns=docker.io`. */
  text: z.string(),
}).openapi("Address");

export const registry = z.object({
  name: z.string(),
  /** Without secrets. */
  settings: registrySettings,
  /** Paths of the secrets that are set: `auth.password`. */
  secrets: z.array(z.string()),
  origin,
  /** Paths of settings that come from elsewhere than the file, and from where: read-only. */
  overrides: z.array(z.object({ path: z.string(), origin })),
  /** False: it comes from environment, flags or the map URL. */
  editable: z.boolean(),
  /** Why not, and what to do instead; empty where it is. */
  readOnlyReason: z.string(),
  isDefault: z.boolean(),
  addresses: z.array(address),
  health: registryHealth,
  /** Over the last 24 hours. */
  counters,
}).openapi("Registry");

export const registryList = z.object({
  items: z.array(registry),
  /** Of the configuration file: for `If-Match`. */
  revision: z.string(),
  /** The file that changes are written to; empty where there is none. */
  file: z.string(),
  /** Whether that is the overlay, since the configuration file cannot be written. */
  overlay: z.boolean(),
  writable: z.boolean(),
  /** Why the file cannot be written, and what to do; empty where it can. */
  readOnlyReason: z.string(),
}).openapi("RegistryList");

export const registryChange = z.object({
  name: z.string(),
  settings: registrySettings,
}).openapi("RegistryChange");

/** `settings` null: the registry is removed. `create`: the name must be new. */
export const previewRequest = z.object({
  name: z.string(),
  settings: registrySettings.nullable(),
  create: z.boolean().default(false),
}).openapi("RegistryPreviewRequest");

const diffLine = z.object({
  kind: z.enum(["same", "add", "remove", "skip"]),
  /** Line number after the change (before it, for what is removed); 0 for `skip`. */
  line: count,
  text: z.string(),
}).openapi("DiffLine");

/** What a change would do; asked as one types. Valid when `fields` is empty. */
export const preview = z.object({
  fields: z.array(fieldProblem),
  /** The change to the file with three lines around it, secrets masked; empty: nothing changes. */
  diff: z.array(diffLine),
  file: z.string(),
  revision: z.string(),
}).openapi("RegistryPreview");

const testStep = z.object({
  step: z.enum(["dns", "connect", "tls", "ping", "sign-in", "manifest"]),
  /** `Resolve registry-1.docker.io`, `Sign in at auth.docker.io`. */
  title: z.string(),
  /** `skipped`: not needed here, or an earlier step failed. */
  result: z.enum(["ok", "failed", "skipped"]),
  ms: milliseconds,
  /** What was found, or what went wrong in plain words. */
  text: z.string(),
}).openapi("TestStep");

export const testResult = z.object({
  ok: z.boolean(),
  /** `Reachable, signed in as anonymous`, or what went wrong and what to do. */
  text: z.string(),
  ms: milliseconds,
  steps: z.array(testStep),
  quota: quota.nullable(),
}).openapi("RegistryTest");

export type RegistrySettings = z.infer<typeof registrySettings>;
export type Address = z.infer<typeof address>;
export type RegistryView = z.infer<typeof registry>;
export type RegistryList = z.infer<typeof registryList>;
export type DiffLine = z.infer<typeof diffLine>;
export type Preview = z.infer<typeof preview>;
export type TestStep = z.infer<typeof testStep>;
export type TestResult = z.infer<typeof testResult>;
