/** API tokens: `/tokens`. */
import { z } from "@hono/zod-openapi";
import { SCOPES } from "../../../proxy/access/tokens.ts";
import { time } from "../schema.ts";

const scope = z.enum(SCOPES);

export const token = z.object({
  /** Empty for one of the configuration, which cannot be revoked here. */
  id: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  /** Null for one of the configuration. */
  created: time.nullable(),
  createdBy: z.string(),
  /** Null: it does not expire. */
  expires: time.nullable(),
  expired: z.boolean(),
  /** Null: not since it was made, or not known. */
  lastUsed: time.nullable(),
  lastFrom: z.string(),
}).openapi("Token");

export const tokenList = z.object({
  items: z.array(token),
  /** Whether tokens outlive a restart: not without `cache.dir`. */
  kept: z.boolean(),
}).openapi("TokenList");

export const newToken = z.strictObject({
  name: z.string().regex(
    /^[\w.-]{1,64}$/,
    "expected letters, digits, dots and dashes, 64 at most",
  ),
  scopes: z.array(scope).min(1, "expected at least one scope"),
  /** Null or left out: never. */
  expires: time.nullable().default(null),
}).openapi("NewToken");

/** The only answer that has the token itself. */
export const madeToken = token.extend({ token: z.string() }).openapi("MadeToken");

export type TokenView = z.infer<typeof token>;
export type MadeToken = z.infer<typeof madeToken>;
export type Scope = z.infer<typeof scope>;
