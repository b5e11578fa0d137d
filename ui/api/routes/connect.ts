/** `GET /connect`. */
import { createRoute } from "@hono/zod-openapi";
import type { Config } from "../../../proxy/config/schema.ts";
import { answers, router } from "../route.ts";
import { connect as connectSchema } from "../schema/connect.ts";
import { connectView } from "../views/connect.ts";

const get = createRoute({
  method: "get",
  path: "/connect",
  summary: "How clients reach this server, for the snippets of the Connect page",
  responses: answers(connectSchema, "Addresses and registries"),
});

/** What clients need to know. `port` is that of the registry API as bound. */
export function connectRoutes(config: () => Config, port: () => number) {
  return router().openapi(get, (c) => c.json(connectView(config(), port()), 200));
}
