/** What all parts of the API share: how a router is made and how a route is described. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { z } from "zod";
import type { AdminEnv } from "./identity.ts";
import { invalidRequest } from "./problem.ts";
import { problem } from "./schema.ts";

/** A router whose requests are checked by schema; what does not fit is a problem, never a guess. */
export function router(): OpenAPIHono<AdminEnv> {
  return new OpenAPIHono<AdminEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error, result.target);
    },
  });
}

const problems = {
  description: "What went wrong (RFC 9457)",
  content: { "application/problem+json": { schema: problem } },
};

/** Responses of a route that answers `schema` as JSON. */
export function answers<Schema extends z.ZodType>(schema: Schema, description: string) {
  return {
    200: { description, content: { "application/json": { schema } } },
    default: problems,
  };
}

/** Responses of a route that has nothing to say but that it is done. */
export function done(description: string) {
  return { 204: { description }, default: problems };
}

/** A JSON body that must be there. */
export function body<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { "application/json": { schema } } };
}
