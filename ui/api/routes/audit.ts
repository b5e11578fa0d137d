/** `GET /audit`. */
import { createRoute } from "@hono/zod-openapi";
import type { Audit } from "../../../proxy/observe/audit/audit.ts";
import { csvResponse, wantsCsv } from "../csv.ts";
import type { Fleet } from "../fleet.ts";
import { answers, router } from "../route.ts";
import { auditPage, auditQuery } from "../schema/audit.ts";
import { AUDIT_COLUMNS, auditView } from "../views/audit.ts";

const list = createRoute({
  method: "get",
  path: "/audit",
  summary: "Who did what, newest first; CSV by format or Accept",
  request: { query: auditQuery },
  responses: answers(auditPage, "A page of the audit log of one member of a cluster"),
});

/** The audit log, of this Berth and of the others in `fleet`. */
export function auditRoutes(audit: Audit, fleet: Fleet | undefined) {
  return router().openapi(list, async (c) => {
    const query = c.req.valid("query");
    const page = async (more: { limit?: number; before?: number } = {}) =>
      await fleet?.askFor(c.req.url, auditPage, more) ?? auditView(audit, { ...query, ...more });
    if (!wantsCsv(c.req.header("accept"), query.format)) return c.json(await page(), 200);
    return await csvResponse("audit", AUDIT_COLUMNS, page) as never;
  });
}
