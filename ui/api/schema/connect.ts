/** How clients reach us: `GET /connect`; what the forward proxy lets through: `GET /forward`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, time } from "../schema.ts";

export const connectRegistry = z.object({
  name: z.string(),
  /** Host that image references name: `docker.io`, `quay.io`. */
  host: z.string(),
  aliases: z.array(z.string()),
  library: z.boolean(),
  /** Its own host names at Berth's address: `hosts`, and `<name>.<domain_suffix>`. */
  hosts: z.array(z.string()),
  repoPrefix: z.string(),
  /** Something small that can be pulled to try it: `library/alpine:latest`; empty: unknown. */
  example: z.string(),
}).openapi("ConnectRegistry");

export const connect = z.object({
  /** `public_url`; empty: the address that the browser used, with `port`. */
  publicUrl: z.string(),
  /** Port of the registry API. */
  port: count,
  tls: z.boolean(),
  domainSuffix: z.string(),
  defaultRegistry: z.string(),
  pathNames: z.boolean(),
  /** Pulling needs a user name and password. */
  signIn: z.boolean(),
  registries: z.array(connectRegistry),
  /** The forward proxy; null where it is off. */
  forward: z.object({
    port: count,
    /** Names of the registries whose TLS is opened: their clients must trust the CA. */
    intercept: z.array(z.string()),
  }).nullable(),
}).openapi("Connect");

/** A CONNECT tunnel that is open. */
export const tunnel = z.object({
  id: z.string(),
  host: z.string(),
  port: count,
  client: z.string(),
  /** Who signed in; empty where nobody has to. */
  user: z.string(),
  startedAt: time,
  sentBytes: bytes,
  receivedBytes: bytes,
  intercepted: z.boolean(),
}).openapi("Tunnel");

/** A host that was asked for and that clients do not reach. */
const refusedHost = z.object({
  host: z.string(),
  port: count,
  /** Of the latest refusal: not on the list, a private address, not there … */
  reason: z.enum(["host", "port", "private", "loop", "unresolved", "unreachable"]),
  /** The same in words. */
  message: z.string(),
  /** What `forward.allowed_hosts` would have to hold; null where that would not help. */
  entry: z.string().nullable(),
  count,
  client: z.string(),
  lastAt: time,
}).openapi("RefusedHost");

export const forward = z.object({
  /** Empty where the forward proxy is off. */
  listen: z.string(),
  /** How many tunnels are open, interceptions among them. */
  open: count,
  /** The latest of them first, 200 at the most. */
  tunnels: z.array(tunnel),
  refused: z.array(refusedHost),
  /** Where `forward.allowed_hosts` stands, and its revision for `If-Match`. */
  file: z.string(),
  revision: z.string(),
  writable: z.boolean(),
  /** Why not, and what to do; empty where it is. */
  readOnlyReason: z.string(),
}).openapi("Forward");

/** A host that clients are to reach. */
export const allowedHost = z.object({
  host: z.string(),
  port: z.number().int().min(1).max(65535),
}).openapi("AllowedHost");

export type Connect = z.infer<typeof connect>;
export type ConnectRegistry = z.infer<typeof connectRegistry>;
export type Forward = z.infer<typeof forward>;
export type Tunnel = z.infer<typeof tunnel>;
export type RefusedHost = z.infer<typeof refusedHost>;
