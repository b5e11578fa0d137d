/** API tokens: `/tokens`. */
import { z } from "@hono/zod-openapi";
import { SCOPES } from "../../../proxy/access/tokens.ts";
import { time } from "../schema.ts";

const scope = z.enum(SCOPES);

export const token = z.object({
  id: z.string().openapi({
    description: "Empty for one of the configuration, which cannot be revoked here.",
  }),
  name: z.string(),
  scopes: z.array(scope),
  created: time.nullable().openapi({ description: "Null for one of the configuration." }),
  createdBy: z.string(),
  expires: time.nullable().openapi({ description: "Null: it does not expire." }),
  expired: z.boolean(),
  lastUsed: time.nullable().openapi({ description: "Null: not since it was made, or not known." }),
  lastFrom: z.string(),
}).openapi("Token");

export const tokenList = z.object({
  items: z.array(token),
  kept: z.boolean().openapi({
    description: "Whether tokens outlive a restart: not without `cache.dir`.",
  }),
}).openapi("TokenList");

export const newToken = z.strictObject({
  name: z.string().regex(
    /^[\w.-]{1,64}$/,
    "expected letters, digits, dots and dashes, 64 at most",
  ),
  scopes: z.array(scope).min(1, "expected at least one scope"),
  expires: time.nullable().default(null).openapi({ description: "Null or left out: never." }),
}).openapi("NewToken");

export const madeToken = token.extend({ token: z.string() }).openapi("MadeToken", {
  description: "The only answer that has the token itself.",
});

export type TokenView = z.infer<typeof token>;
export type MadeToken = z.infer<typeof madeToken>;
export type Scope = z.infer<typeof scope>;
