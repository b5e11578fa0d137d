/** `GET /forward`, `POST /forward/allowed-hosts`. */
import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import type { LiveConfig } from "../../../proxy/config/live.ts";
import { revisionOf } from "../config_changes.ts";
import { allowHost } from "../forward_changes.ts";
import { nameOf, note } from "../identity.ts";
import { answers, body, router } from "../route.ts";
import { allowedHost, forward as forwardSchema } from "../schema/connect.ts";
import { type ForwardState, forwardView } from "../views/forward.ts";
import { changeViews } from "../views/settings.ts";

const get = createRoute({
  method: "get",
  path: "/forward",
  summary: "Open tunnels of the forward proxy, and hosts that it refused",
  responses: answers(forwardSchema, "Nothing where it is off"),
});

const allow = createRoute({
  method: "post",
  path: "/forward/allowed-hosts",
  summary: "Let clients reach a host: adds it to forward.allowed_hosts",
  request: {
    headers: z.object({
      "if-match": z.string().optional(),
    }),
    body: body(allowedHost),
  },
  responses: answers(forwardSchema, "Added and active"),
});

/** The forward proxy's state, and which hosts it lets clients reach. */
export function forwardRoutes(live: LiveConfig, forward: ForwardState) {
  return router()
    .openapi(get, async (c) => c.json(await forwardView(live, forward), 200))
    .openapi(allow, async (c) => {
      const revision = revisionOf(c.req.valid("header")["if-match"]);
      const { host, port } = c.req.valid("json");
      note(c, { target: `${host}:${port}` });
      const changes = await allowHost(live, { host, port }, {
        by: nameOf(c.get("identity")),
        revision,
      });
      note(c, { changes: changeViews(changes) });
      return c.json(await forwardView(live, forward), 200);
    });
}
