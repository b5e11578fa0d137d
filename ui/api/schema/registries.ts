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
}).openapi("RegistrySettings", {
  description:
    "Settings as in the file, durations and all, without secrets; what is left out is the default.",
});

export const address = z.object({
  kind: z.enum(["default", "host", "prefix", "path", "ns"]).openapi({
    description:
      "`prefix`: a path before `/v2/`, as of a mirror; `path`: in front of the image's name.",
  }),
  text: z.string().openapi({
    description:
      "`docker.berth.example:8080`, `berth:8080/quay/v2/…`, `berth:8080/quay.io/…`, `?ns=docker.io`.",
  }),
}).openapi("Address", {
  description: "One of the ways in which a client says that it means this registry.",
});

export const registry = z.object({
  name: z.string(),
  /** Without secrets. */
  settings: registrySettings,
  secrets: z.array(z.string()).openapi({
    description: "Paths of the secrets that are set: `auth.password`.",
  }),
  origin,
  overrides: z.array(z.object({ path: z.string(), origin })).openapi({
    description:
      "Paths of settings that come from elsewhere than the file, and from where: read-only.",
  }),
  editable: z.boolean().openapi({
    description: "False: it comes from environment, flags or the map URL.",
  }),
  readOnlyReason: z.string().openapi({
    description: "Why not, and what to do instead; empty where it is.",
  }),
  isDefault: z.boolean(),
  addresses: z.array(address),
  health: registryHealth,
  /** Over the last 24 hours. */
  counters,
}).openapi("Registry");

export const registryList = z.object({
  items: z.array(registry),
  revision: z.string().openapi({ description: "Of the configuration file: for `If-Match`." }),
  file: z.string().openapi({
    description: "The file that changes are written to; empty where there is none.",
  }),
  overlay: z.boolean(),
  shared: z.boolean().openapi({
    description: "All Berths of the cluster have the overlay: a change is made at each.",
  }),
  writable: z.boolean(),
  readOnlyReason: z.string().openapi({
    description: "Why the file cannot be written, and what to do; empty where it can.",
  }),
}).openapi("RegistryList");

export const registryChange = z.object({
  name: z.string(),
  settings: registrySettings,
}).openapi("RegistryChange");

export const previewRequest = z.object({
  name: z.string(),
  settings: registrySettings.nullable(),
  create: z.boolean().default(false),
}).openapi("RegistryPreviewRequest", {
  description: "`settings` null: the registry is removed. `create`: the name must be new.",
});

const diffLine = z.object({
  kind: z.enum(["same", "add", "remove", "skip"]).openapi({
    description: "What happens to the line; `skip`: lines are left out here.",
  }),
  line: count.openapi({
    description: "Line number after the change (before it, for what is removed); 0 for `skip`.",
  }),
  text: z.string().openapi({ description: "The line, secrets masked." }),
}).openapi("DiffLine");

export const preview = z.object({
  fields: z.array(fieldProblem),
  diff: z.array(diffLine).openapi({
    description:
      "The change to the file with three lines around it, secrets masked; empty: nothing changes.",
  }),
  file: z.string(),
  revision: z.string(),
}).openapi("RegistryPreview", {
  description: "What a change would do; asked as one types. Valid when `fields` is empty.",
});

const testStep = z.object({
  step: z.enum(["dns", "connect", "tls", "ping", "sign-in", "manifest"]),
  title: z.string().openapi({
    description: "`Resolve registry-1.docker.io`, `Sign in at auth.docker.io`.",
  }),
  result: z.enum(["ok", "failed", "skipped"]).openapi({
    description: "`skipped`: not needed here, or an earlier step failed.",
  }),
  ms: milliseconds,
  text: z.string().openapi({ description: "What was found, or what went wrong in plain words." }),
}).openapi("TestStep");

export const testResult = z.object({
  ok: z.boolean(),
  text: z.string().openapi({
    description: "`Reachable, signed in as anonymous`, or what went wrong and what to do.",
  }),
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
