/** The configuration in force: `GET /config`, `POST /config/reload`. */
import { z } from "@hono/zod-openapi";
import { fieldProblem, origin, time } from "../schema.ts";

/** One value. Secrets are never told: `text` is empty then, and `secret` says that one is set. */
export const setting = z.object({
  /** `cache.max_size`. */
  path: z.string(),
  /** As one would write it in the file: `32GiB`, `[]`, `""`. */
  text: z.string(),
  /** What it would be without file, environment and flags; empty where there is none. */
  defaultText: z.string(),
  origin,
  secret: z.boolean(),
  /** It takes effect only after a restart. */
  restart: z.boolean(),
  /** What the process still runs with until a restart; null where that is `text`. */
  running: z.string().nullable(),
}).openapi("Setting");

const settingChange = z.object({
  /** A key, or a registry that was added or removed, whose URL is then the value. */
  path: z.string(),
  secret: z.boolean(),
  /** Empty where it was not set, or is secret. */
  before: z.string(),
  after: z.string(),
}).openapi("SettingChange");

/** How reading the configuration went: at startup, or the last time since. */
export const reload = z.object({
  at: time,
  /** False: the file was refused, and what was active before stays so. */
  ok: z.boolean(),
  cause: z.enum(["start", "file", "signal", "dashboard"]),
  /** Who asked for it on the dashboard or by a token; otherwise empty. */
  by: z.string(),
  /** `Registry mirror added, 3 values changed`, or why it was refused. */
  text: z.string(),
  fields: z.array(fieldProblem),
  changes: z.array(settingChange),
}).openapi("Reload");

/** A certificate by ACME: what for, until when, and how it goes. */
const acme = z.object({
  domains: z.array(z.string()),
  /** The authority's address. */
  directory: z.string(),
  /** When the active certificate ends; null where none has been issued yet. */
  notAfter: time.nullable(),
  /** When it is renewed, or tried again. */
  next: time,
  /** Why the last attempt failed; empty where it did not. */
  problem: z.string(),
  failingSince: time.nullable(),
}).openapi("Acme");

/** Changes to a file that cannot be written; nothing where `items` is empty. */
export const overlay = z.object({
  /** Full path; empty where nothing is kept. */
  file: z.string(),
  /** Why it is not used; empty where it is. */
  problem: z.string(),
  items: z.array(z.object({
    path: z.string(),
    /** Empty for a secret, and for what is removed. */
    text: z.string(),
    /** What the configuration file says; empty where it says nothing. */
    fileText: z.string(),
    /** The file says it and it is taken away. */
    removed: z.boolean(),
    secret: z.boolean(),
  })),
}).openapi("Overlay");

export const config = z.object({
  /** Full path; empty where Berth runs on its defaults. */
  file: z.string(),
  /** Whether changes go to the overlay, since the file cannot be written. */
  overlay: z.boolean(),
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
