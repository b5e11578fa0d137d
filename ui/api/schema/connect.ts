/** How clients reach us: `GET /connect`; what the forward proxy lets through: `GET /forward`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, time } from "../schema.ts";

export const connectRegistry = z.object({
  name: z.string(),
  /** Host that image references name: `docker.io`, `quay.io`. */
  host: z.string(),
  aliases: z.array(z.string()),
  library: z.boolean(),
  /** Its own host names at our address: `hosts`, and `<name>.<domain_suffix>`. */
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
  startedAt: time,
  sentBytes: bytes,
  receivedBytes: bytes,
  intercepted: z.boolean(),
}).openapi("Tunnel");

/** A host that is not on the allow-list and was asked for. */
export const refusedHost = z.object({
  host: z.string(),
  count,
  client: z.string(),
  lastAt: time,
}).openapi("RefusedHost");

export const forward = z.object({
  /** Empty where the forward proxy is off. */
  listen: z.string(),
  tunnels: z.array(tunnel),
  refused: z.array(refusedHost),
}).openapi("Forward");

export type Connect = z.infer<typeof connect>;
export type ConnectRegistry = z.infer<typeof connectRegistry>;
export type Forward = z.infer<typeof forward>;
export type Tunnel = z.infer<typeof tunnel>;
export type RefusedHost = z.infer<typeof refusedHost>;
