/** What all parts of the API share: how a router is made and how a route is described. */
import { OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { AdminEnv } from "./identity.ts";
import { invalidRequest } from "./problem.ts";
import { problem } from "./schema.ts";
import { strict } from "./strict.ts";

/** Of routes that take no parameters. */
const NO_QUERY = z.object({});

/** A router whose requests are checked by schema; what does not fit is a problem, never a guess. */
export function router(): OpenAPIHono<AdminEnv> {
  const api = new OpenAPIHono<AdminEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const { error, target, data } = result as typeof result & { data: unknown };
      throw invalidRequest(error, target, data);
    },
  });
  const { openapi, openAPIRegistry } = api;
  // The document is made of the schemas as they are, requests are checked by strict ones.
  const strictly = ({ hide, ...route }: RouteConfig & { hide?: boolean }, ...rest: unknown[]) => {
    if (!hide) openAPIRegistry.registerPath(route);
    const checked = { ...route, hide: true, request: strictRequest(route.request) };
    return (openapi as (...args: unknown[]) => unknown)(checked, ...rest);
  };
  return Object.assign(api, { openapi: strictly as typeof openapi });
}

/** What of a request is checked: parameters and body that have no more than is known. */
function strictRequest<Request extends RouteConfig["request"]>(request: Request): Request {
  const { query = NO_QUERY, body } = request ?? {};
  const json = body?.content["application/json"] as { schema: z.ZodType } | undefined;
  const content = json && {
    ...body!.content,
    "application/json": { ...json, schema: strict(json.schema) },
  };
  return {
    ...request,
    query: strict(query as z.ZodType),
    ...content && { body: { ...body, content } },
  } as Request;
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
