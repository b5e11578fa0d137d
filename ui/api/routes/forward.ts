/** `GET /forward`. */
import { createRoute } from "@hono/zod-openapi";
import type { Config } from "../../../proxy/config/schema.ts";
import type { RefusedHost, Tunnel } from "../../../proxy/forward/tunnels.ts";
import { answers, router } from "../route.ts";
import { forward as forwardSchema } from "../schema/connect.ts";

/** What runs through the forward proxy, and what it refused. */
export interface ForwardState {
  tunnels(): Tunnel[];
  refused(): RefusedHost[];
}

const get = createRoute({
  method: "get",
  path: "/forward",
  summary: "What goes through the forward proxy, and which hosts it refused",
  responses: answers(forwardSchema, "Nothing where it is off"),
});

/** The forward proxy's state. */
export function forwardRoutes(config: () => Config, forward: ForwardState) {
  return router().openapi(get, (c) =>
    c.json({
      listen: config().forward.listen,
      tunnels: forward.tunnels().map((tunnel) => ({
        id: String(tunnel.id),
        host: tunnel.host,
        port: tunnel.port,
        client: tunnel.client,
        startedAt: tunnel.since,
        sentBytes: tunnel.up,
        receivedBytes: tunnel.down,
        intercepted: tunnel.kind === "interception",
      })),
      refused: forward.refused().map(({ host, port, count, client, last }) => ({
        host: port === 443 ? host : `${host}:${port}`,
        count,
        client,
        lastAt: last,
      })),
    }, 200));
}
