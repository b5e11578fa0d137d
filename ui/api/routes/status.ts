/** `GET /status`. */
import { createRoute } from "@hono/zod-openapi";
import type { Access } from "../access.ts";
import type { Present } from "../present.ts";
import { answers, router } from "../route.ts";
import { status as statusSchema } from "../schema/status.ts";

const get = createRoute({
  method: "get",
  path: "/status",
  summary: "The overall state, notices, registries and storage",
  responses: answers(statusSchema, "The state now"),
});

/** The state in words and figures. */
export function statusRoutes(present: Present, access: Access) {
  return router().openapi(get, async (c) => {
    await present.refreshAll();
    return c.json(present.status(access.hostname(c)), 200);
  });
}
