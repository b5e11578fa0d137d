/** Who may do what on the dashboard's port: one table of its routes, one of roles and scopes. */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import type { Scope } from "../../proxy/access/tokens.ts";
import type { Role } from "../../proxy/config/schema.ts";

/**
 * What a route can ask for: the metrics; to look; what an operator does (pull, evict, pin, verify,
 * mute, test); the registry map; everything else.
 */
export const RIGHTS = ["metrics", "read", "cache", "registries", "admin"] as const;
export type Right = (typeof RIGHTS)[number];

/** What each role may do. */
export const ROLE_RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  viewer: ["metrics", "read"],
  operator: ["metrics", "read", "cache"],
  admin: RIGHTS,
};

/** What the token of each scope may do here. */
export const SCOPE_RIGHTS: Readonly<Record<Scope, readonly Right[]>> = {
  metrics: ["metrics"],
  read: ["metrics", "read"],
  cache: ["metrics", "read", "cache"],
  registries: ["metrics", "read", "registries"],
  admin: RIGHTS,
  pull: [],
};

/** What each route takes; a route that does not stand here is for admins. */
export const NEEDED: Readonly<Record<string, Right>> = {
  "GET /metrics": "metrics",
  "GET /api/v1/status": "read",
  "GET /api/v1/stats": "read",
  "GET /api/v1/activity": "read",
  "GET /api/v1/activity/:id": "read",
  "GET /api/v1/clients": "read",
  "GET /api/v1/pulls": "read",
  "GET /api/v1/pulls/images": "read",
  "GET /api/v1/events": "read",
  "GET /api/v1/connect": "read",
  "GET /api/v1/config": "read",
  "POST /api/v1/config/reload": "admin",
  "GET /api/v1/config/overlay": "read",
  "DELETE /api/v1/config/overlay": "admin",
  "GET /api/v1/webhooks": "read",
  "POST /api/v1/webhooks/:name/test": "cache",
  "POST /api/v1/notices/:id/mute": "cache",
  "DELETE /api/v1/notices/:id/mute": "cache",
  "GET /api/v1/audit": "admin",
  "GET /api/v1/tokens": "admin",
  "POST /api/v1/tokens": "admin",
  "DELETE /api/v1/tokens/:id": "admin",
  "GET /api/v1/trust/history": "read",
  "GET /api/v1/trust/decisions": "read",
  "POST /api/v1/trust/freeze": "admin",
  "DELETE /api/v1/trust/freeze": "admin",
  "POST /api/v1/trust/release": "admin",
  "POST /api/v1/policy/try": "admin",
  "GET /api/v1/forward": "read",
  "POST /api/v1/forward/allowed-hosts": "admin",
  "GET /api/v1/registries": "read",
  "GET /api/v1/registries/:name": "read",
  "POST /api/v1/registries/:name/test": "cache",
  // With settings of one's own, a test sends the registry's password wherever those say.
  "POST /api/v1/registries/test": "registries",
  "POST /api/v1/registries/preview": "registries",
  "POST /api/v1/registries": "registries",
  "PUT /api/v1/registries/:name": "registries",
  "DELETE /api/v1/registries/:name": "registries",
  "GET /api/v1/cache/registries": "read",
  "GET /api/v1/cache/images": "read",
  "GET /api/v1/cache/tags": "read",
  "GET /api/v1/cache/manifests/:digest": "read",
  "GET /api/v1/cache/manifests/:digest/config": "read",
  "GET /api/v1/cache/image": "read",
  "GET /api/v1/cache/growth": "read",
  "GET /api/v1/cache/blobs": "read",
  "GET /api/v1/cache/blobs/:digest": "read",
  "GET /api/v1/cache/verify": "read",
  "POST /api/v1/cache/verify": "cache",
  "POST /api/v1/pulls": "cache",
  "GET /api/v1/pulls/running": "read",
  "GET /api/v1/pulls/:id": "read",
  "DELETE /api/v1/pulls/:id": "cache",
  "GET /api/v1/prefetch": "read",
  "POST /api/v1/prefetch/preview": "cache",
  "POST /api/v1/prefetch/run": "cache",
  "POST /api/v1/prefetch/rules": "admin",
  "DELETE /api/v1/prefetch/rules": "admin",
  "PUT /api/v1/prefetch/learn": "admin",
  "POST /api/v1/prefetch/learn/run": "cache",
  "POST /api/v1/cache/pins": "cache",
  "POST /api/v1/cache/evictions/plan": "cache",
  "POST /api/v1/cache/evictions": "cache",
  "DELETE /api/v1/cache/blobs/:digest": "cache",
  "DELETE /api/v1/cache/images/:registry/:repository": "cache",
  "DELETE /api/v1/cache/images/:registry/:repository{.+}": "cache",
};

/** What the route of this request takes; that there is none may be told to whoever may look. */
export function neededFor(c: Context): Right {
  const route = routeOf(c);
  return route === undefined ? "read" : NEEDED[route] ?? "admin";
}

/** The route of this request, as the table has it; undefined where there is none. */
export function routeOf(c: Context): string | undefined {
  const route = matchedRoutes(c).find(({ path }) => !path.endsWith("*"));
  return route && `${route.method} ${route.path}`;
}
