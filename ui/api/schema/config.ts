/** The configuration in force: `GET /config`, `POST /config/reload`. */
import { z } from "@hono/zod-openapi";
import { fieldProblem, origin, time } from "../schema.ts";

export const setting = z.object({
  path: z.string().openapi({ description: "`cache.max_size`." }),
  text: z.string().openapi({
    description: 'As one would write it in the file: `32GiB`, `[]`, `""`.',
  }),
  defaultText: z.string().openapi({
    description: "What it would be without file, environment and flags; empty where there is none.",
  }),
  origin,
  secret: z.boolean(),
  restart: z.boolean().openapi({ description: "It takes effect only after a restart." }),
  running: z.string().nullable().openapi({
    description: "What the process still runs with until a restart; null where that is `text`.",
  }),
}).openapi("Setting", {
  description:
    "One value. Secrets are never told: `text` is empty then, and `secret` says that one is set.",
});

const settingChange = z.object({
  path: z.string().openapi({
    description: "A key, or a registry that was added or removed, whose URL is then the value.",
  }),
  secret: z.boolean(),
  before: z.string().openapi({ description: "Empty where it was not set, or is secret." }),
  after: z.string(),
}).openapi("SettingChange");

export const reload = z.object({
  at: time,
  ok: z.boolean().openapi({
    description: "False: the file was refused, and what was active before stays so.",
  }),
  cause: z.enum(["start", "file", "signal", "dashboard", "cluster"]),
  by: z.string().openapi({
    description: "Who asked for it on the dashboard or by a token; otherwise empty.",
  }),
  text: z.string().openapi({
    description: "`Registry mirror added, 3 values changed`, or why it was refused.",
  }),
  fields: z.array(fieldProblem),
  changes: z.array(settingChange),
}).openapi("Reload", {
  description: "How reading the configuration went: at startup, or the last time since.",
});

const acme = z.object({
  domains: z.array(z.string()).openapi({
    description: "The names that the certificate is for.",
    example: ["berth.example.com"],
  }),
  directory: z.string().openapi({ description: "The authority's address." }),
  notAfter: time.nullable().openapi({
    description: "When the active certificate ends; null where none has been issued yet.",
  }),
  next: time.openapi({ description: "When it is renewed, or tried again." }),
  problem: z.string().openapi({
    description: "Why the last attempt failed; empty where it did not.",
  }),
  failingSince: time.nullable().openapi({
    description: "Since when it has failed; null where it has not.",
    example: 1767225600000,
  }),
}).openapi("Acme", {
  description: "A certificate by ACME: what for, until when, and how it goes.",
});

/** Changes to a file that cannot be written; nothing where `items` is empty. */
export const overlay = z.object({
  file: z.string().openapi({ description: "Full path; empty where nothing is kept." }),
  problem: z.string().openapi({ description: "Why it is not used; empty where it is." }),
  shared: z.boolean().openapi({
    description: "All Berths of the cluster have the overlay: a change is made at each.",
  }),
  items: z.array(z.object({
    path: z.string(),
    text: z.string().openapi({
      description: "The value; empty for a secret, and for what is removed.",
    }),
    fileText: z.string(),
    removed: z.boolean(),
    secret: z.boolean(),
  })),
}).openapi("Overlay");

export const config = z.object({
  file: z.string().openapi({ description: "Full path; empty where Berth runs on its defaults." }),
  overlay: z.boolean(),
  shared: z.boolean().openapi({
    description: "All Berths of the cluster have the overlay: a change is made at each.",
  }),
  writable: z.boolean(),
  readOnlyReason: z.string(),
  revision: z.string(),
  settings: z.array(setting),
  /** Null where no certificate is asked for. */
  acme: acme.nullable(),
  lastReload: reload,
}).openapi("Config");

export type Setting = z.infer<typeof setting>;
export type SettingChange = z.infer<typeof settingChange>;
export type Reload = z.infer<typeof reload>;
export type OverlayView = z.infer<typeof overlay>;
export type Acme = z.infer<typeof acme>;
export type ConfigView = z.infer<typeof config>;
