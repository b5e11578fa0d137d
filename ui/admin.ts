/** The dashboard's port: its API, metrics, health and pages. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { join } from "node:path";
import type { Config } from "../proxy/config/schema.ts";
import type { Metrics } from "../proxy/metrics.ts";
import { Access, type AdminEnv, requireSignIn } from "./api/access.ts";
import { originCheck } from "./api/origin_check.ts";
import { ApiProblem, notFound, renderError } from "./api/problem.ts";
import { router } from "./api/route.ts";
import { activityRoutes } from "./api/routes/activity.ts";
import { sessionRoutes } from "./api/routes/session.ts";
import { statsRoutes } from "./api/routes/stats.ts";
import { securityHeaders } from "./api/security_headers.ts";
import { staticFiles } from "./api/static.ts";
import type { Stats } from "./stats.ts";

const MAX_BODY_BYTES = 1024 * 1024;

export interface AdminDeps {
  config: () => Config;
  stats: Stats;
  metrics: Metrics;
  version: string;
  /** Hash of the password made at the first start; used while `admin.password_hash` is empty. */
  madePasswordHash: string;
  /** Told of errors that are ours, for the log. */
  report: (error: unknown, path: string) => void;
  /** Unix milliseconds; the system's clock where absent. */
  now?: () => number;
  /** The built dashboard; `dist` beside this file where absent. */
  pages?: string;
}

/** The type of the API for `hc`. */
export type AdminApp = ReturnType<typeof createAdmin>;

/**
 * The handler of the dashboard's port. Its `fetch` takes the request and `{ peer }`, the address at
 * the other end of the connection.
 */
export function createAdmin(deps: AdminDeps) {
  const { config, metrics, report, now = Date.now } = deps;
  const access = new Access({ config, madePasswordHash: deps.madePasswordHash, now });
  const signedIn = requireSignIn(access);
  const pages = staticFiles(deps.pages ?? join(import.meta.dirname ?? ".", "dist"));

  const app = new Hono<AdminEnv>();
  app.onError((error, c) => renderError(error, c, report));
  app.use(securityHeaders());
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/metrics", signedIn, async (c) => {
    const { text, contentType } = await metrics.scrape();
    return c.body(text, 200, { "Content-Type": contentType, "Cache-Control": "no-store" });
  });
  const routed = app.route("/api/v1", createApi(deps, access, now));
  app.get("*", (c) => pages(c.req.raw));
  app.notFound((c) => renderError(notFound(`${c.req.method} ${c.req.path}`), c, report));
  return routed;
}

function createApi(deps: AdminDeps, access: Access, now: () => number) {
  const { stats } = deps;
  const api = router();
  api.use(async (c, next) => {
    c.header("Cache-Control", "no-store");
    await next();
  });
  api.use(originCheck(access));
  api.use(bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new ApiProblem(413, "The request is too large");
    },
  }));
  api.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: "Berth", version: deps.version },
    servers: [{ url: "/api/v1" }],
  });
  const open = api.route("/", sessionRoutes(access, now));
  api.use(requireSignIn(access));
  const routed = open
    .route("/", statsRoutes(stats, now))
    .route("/", activityRoutes(stats.activity));
  api.all("*", (c) => {
    throw notFound(`${c.req.method} ${c.req.path}`);
  });
  return routed;
}
