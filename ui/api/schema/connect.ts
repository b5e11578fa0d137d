/** How clients reach us: `GET /connect`; what the forward proxy lets through: `GET /forward`. */
import { z } from "@hono/zod-openapi";
import { bytes, count, time } from "../schema.ts";

export const connectRegistry = z.object({
  name: z.string(),
  host: z.string().openapi({
    description: "Host that image references name: `docker.io`, `quay.io`.",
  }),
  hostInNames: z.string().openapi({
    description:
      "The same behind Berth's address: without a port, which images' names cannot have.",
  }),
  aliases: z.array(z.string()),
  library: z.boolean(),
  hosts: z.array(z.string()).openapi({
    description: "Its own host names at Berth's address: `hosts`, and `<name>.<domain_suffix>`.",
  }),
  repoPrefix: z.string(),
  example: z.string().openapi({
    description:
      "Something small that can be pulled to try it: `library/alpine:latest`; empty: unknown.",
  }),
}).openapi("ConnectRegistry");

export const connect = z.object({
  publicUrl: z.string().openapi({
    description: "`public_url`; empty: the address that the browser used, with `port`.",
  }),
  port: count.openapi({ description: "Port of the registry API." }),
  tls: z.boolean(),
  domainSuffix: z.string(),
  defaultRegistry: z.string(),
  pathNames: z.boolean(),
  signIn: z.boolean().openapi({ description: "Pulling needs a user name and password." }),
  registries: z.array(connectRegistry),
  forward: z.object({
    port: count.openapi({ description: "Port of the registry API." }),
    intercept: z.array(z.string()).openapi({
      description: "Names of the registries whose TLS is opened: their clients must trust the CA.",
    }),
  }).nullable(),
}).openapi("Connect");

export const tunnel = z.object({
  id: z.string(),
  host: z.string(),
  port: count,
  client: z.string(),
  user: z.string().openapi({ description: "Who signed in; empty where nobody has to." }),
  startedAt: time,
  sentBytes: bytes,
  receivedBytes: bytes,
  intercepted: z.boolean(),
}).openapi("Tunnel", { description: "A CONNECT tunnel that is open." });

const refusedHost = z.object({
  host: z.string(),
  port: count,
  reason: z.enum(["host", "port", "private", "loop", "unresolved", "unreachable"]).openapi({
    description: "Of the latest refusal: not on the list, a private address, not there …",
  }),
  message: z.string().openapi({ description: "The same in words." }),
  entry: z.string().nullable().openapi({
    description: "What `forward.allowed_hosts` would have to hold; null where that would not help.",
  }),
  count,
  client: z.string(),
  lastAt: time,
}).openapi("RefusedHost", {
  description: "A host that was asked for and that clients do not reach.",
});

export const forward = z.object({
  listen: z.string().openapi({ description: "Empty where the forward proxy is off." }),
  open: count.openapi({ description: "How many tunnels are open, interceptions among them." }),
  tunnels: z.array(tunnel).openapi({ description: "The latest of them first, 200 at the most." }),
  refused: z.array(refusedHost),
  file: z.string().openapi({
    description: "Where `forward.allowed_hosts` stands, and its revision for `If-Match`.",
  }),
  revision: z.string(),
  writable: z.boolean(),
  readOnlyReason: z.string().openapi({
    description: "Why not, and what to do; empty where it is.",
  }),
}).openapi("Forward");

export const allowedHost = z.object({
  host: z.string(),
  port: z.number().int().min(1).max(65535),
}).openapi("AllowedHost", { description: "A host that clients are to reach." });

export type Connect = z.infer<typeof connect>;
export type ConnectRegistry = z.infer<typeof connectRegistry>;
export type Forward = z.infer<typeof forward>;
export type Tunnel = z.infer<typeof tunnel>;
export type RefusedHost = z.infer<typeof refusedHost>;
