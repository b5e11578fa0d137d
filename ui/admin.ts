/** The dashboard's port: its API, metrics, health and pages. */
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { join } from "node:path";
import type { SharedMemory } from "../base/shared_memory.ts";
import type { Registry } from "../proxy/config/schema.ts";
import type { Webhooks } from "../proxy/notify/webhooks.ts";
import type { Audit } from "../proxy/observe/audit/audit.ts";
import type { Metrics } from "../proxy/observe/metrics.ts";
import type { ProbeResult } from "../proxy/upstream/probe.ts";
import type { Tokens } from "../proxy/access/tokens.ts";
import { Access, requireRight } from "./api/access.ts";
import type { AdminEnv } from "./api/identity.ts";
import { audited } from "./api/audited.ts";
import { OidcProvider } from "./api/oidc/provider.ts";
import { originCheck } from "./api/origin_check.ts";
import { openApiDocument } from "./api/document.ts";
import { ApiProblem, notFound, renderError } from "./api/problem.ts";
import { router } from "./api/route.ts";
import { activityRoutes } from "./api/routes/activity.ts";
import { auditRoutes } from "./api/routes/audit.ts";
import { cacheRoutes } from "./api/routes/cache.ts";
import { configRoutes } from "./api/routes/config.ts";
import { clientRoutes } from "./api/routes/clients.ts";
import { connectRoutes } from "./api/routes/connect.ts";
import { eventRoutes } from "./api/routes/events.ts";
import { forwardRoutes } from "./api/routes/forward.ts";
import type { ForwardState } from "./api/views/forward.ts";
import { imageRoutes } from "./api/routes/image.ts";
import { noticeRoutes } from "./api/routes/notices.ts";
import { oidcRoutes } from "./api/routes/oidc.ts";
import { overlayRoutes } from "./api/routes/overlay.ts";
import { pullRoutes } from "./api/routes/own_pulls.ts";
import { type AheadOfNeed, prefetchRoutes } from "./api/routes/prefetch.ts";
import { registryRoutes } from "./api/routes/registries.ts";
import { sessionRoutes } from "./api/routes/session.ts";
import { statsRoutes } from "./api/routes/stats.ts";
import { statusRoutes } from "./api/routes/status.ts";
import { trustRoutes } from "./api/routes/trust.ts";
import { tokenRoutes } from "./api/routes/tokens.ts";
import { upkeepRoutes } from "./api/routes/upkeep.ts";
import { webhookRoutes } from "./api/routes/webhooks.ts";
import { securityHeaders } from "./api/security_headers.ts";
import { staticFiles } from "./api/static.ts";
import { Sessions } from "./session.ts";
import { createState, type State, type StateDeps } from "./state.ts";

const MAX_BODY_BYTES = 1024 * 1024;

interface AdminDeps extends StateDeps {
  metrics: Metrics;
  webhooks: Webhooks;
  forward: ForwardState;
  /** What Berth pulls itself; none without a cache. */
  ahead?: AheadOfNeed | undefined;
  /** Tries to reach a registry, in the map or not, step by step. */
  probe: (registry: Registry, signal: AbortSignal) => Promise<ProbeResult>;
  /** The tokens that are made in the dashboard. */
  tokens: Tokens;
  audit: Audit;
  /** Hash of the password made at the first start; used while `admin.password_hash` is empty. */
  madePasswordHash: string;
  /** Good in this process alone where absent. */
  sessions?: Sessions;
  /** What the Berths of a cluster know together. */
  memory?: SharedMemory | undefined;
  /** The built dashboard; `dist` beside this file where absent. */
  pages?: string;
}

/** The type of the API for `hc`. */
export type AdminApp = ReturnType<typeof createAdmin>;

/**
 * The handler of the dashboard's port. Its `fetch` takes the request and `{ peer }`, the address at
 * the other end of the connection.
 */
export function createAdmin(deps: AdminDeps, state: State = createState(deps)) {
  const { live, metrics, report, now = Date.now } = deps;
  const config = () => live.current;
  const { madePasswordHash, tokens, memory, sessions = new Sessions({ now }) } = deps;
  const access = new Access({ config, madePasswordHash, tokens, now, sessions, memory });
  const pages = staticFiles(deps.pages ?? join(import.meta.dirname ?? ".", "dist"));

  const app = new Hono<AdminEnv>();
  app.onError((error, c) => renderError(error, c, report));
  app.use(securityHeaders());
  app.use(audited(deps.audit, (c) => access.origin(c).client));
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  const allowed = requireRight(access);
  const mayScrape: MiddlewareHandler<AdminEnv> = (c, next) =>
    config().admin.metrics === "public" ? next() : allowed(c, next);
  app.get("/metrics", mayScrape, async (c) => {
    const { text, contentType } = await metrics.scrape();
    return c.body(text, 200, { "Content-Type": contentType, "Cache-Control": "no-store" });
  });
  const routed = app.route("/api/v1", createApi(deps, state, { access, sessions }));
  app.get("*", (c) => pages(c.req.raw));
  app.notFound((c) => renderError(notFound(`${c.req.method} ${c.req.path}`), c, report));
  return routed;
}

interface Doors {
  access: Access;
  sessions: Sessions;
}

function createApi(
  deps: AdminDeps,
  { present, fleet, clients, verifier }: State,
  { access, sessions }: Doors,
) {
  const { live, cache, stats, report, probe, now = Date.now } = deps;
  const registries = () => live.current.registries;
  const api = router();
  api.use(noStore);
  api.use(originCheck(access));
  api.use(smallBody);
  let document: unknown;
  api.get("/openapi.json", (c) => c.json(document ??= openApiDocument(api, deps.version)));
  const settings = () => live.current.admin.oidc;
  const provider = new OidcProvider(settings, now);
  const open = api.route("/", sessionRoutes(access, settings))
    .route("/", oidcRoutes({ access, sessions, provider, settings, now }));
  api.use(requireRight(access));
  const routed = open
    .route("/", statusRoutes(present, access))
    .route("/", noticeRoutes({ present, mutes: stats.mutes, now }))
    .route("/", statsRoutes(stats, fleet, now))
    .route("/", activityRoutes(stats.activity, fleet))
    .route("/", clientRoutes(clients, fleet))
    .route("/", eventRoutes({ access, present, activity: stats.activity, report, now }))
    .route("/", registryRoutes({ live, probe, stats, present, access, now }))
    .route("/", cacheRoutes(cache))
    .route("/", imageRoutes({ cache, registries, growth: () => present.growth() }))
    .route("/", upkeepRoutes(cache, verifier))
    .route("/", pullRoutes(deps.ahead?.pulls))
    .route("/", prefetchRoutes(live, deps.ahead))
    .route("/", configRoutes(live, present.startedAt, deps.acme))
    .route("/", overlayRoutes(live))
    .route("/", connectRoutes(() => live.current, deps.registryPort))
    .route("/", forwardRoutes(live, deps.forward))
    .route("/", webhookRoutes(deps.webhooks))
    .route("/", auditRoutes(deps.audit, fleet))
    .route("/", trustRoutes({ cache, stats, book: deps.trust, config: () => live.current, now }))
    .route("/", tokenRoutes({ tokens: deps.tokens, config: () => live.current, now }));
  api.all("*", (c) => {
    throw notFound(`${c.req.method} ${c.req.path}`);
  });
  return routed;
}

const noStore: MiddlewareHandler = async (c, next) => {
  c.header("Cache-Control", "no-store");
  await next();
};

const smallBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new ApiProblem(413, "The request is too large");
  },
});
