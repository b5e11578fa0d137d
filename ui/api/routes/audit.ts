/** `GET /audit`. */
import { createRoute } from "@hono/zod-openapi";
import type { Audit } from "../../../proxy/observe/audit/audit.ts";
import type { Fleet } from "../fleet.ts";
import { answers, router } from "../route.ts";
import { auditPage, auditQuery } from "../schema/audit.ts";
import { auditCsv, auditView } from "../views/audit.ts";

const list = createRoute({
  method: "get",
  path: "/audit",
  summary: "Who did what, newest first; as CSV where Accept asks for text/csv",
  request: { query: auditQuery },
  responses: answers(auditPage, "A page of the audit log of one member of a cluster"),
});

/** The audit log, of this Berth and of the others in `fleet`. */
export function auditRoutes(audit: Audit, fleet: Fleet | undefined) {
  return router().openapi(list, async (c) => {
    const query = c.req.valid("query");
    const page = await fleet?.askMember(query.member, `audit?${rest(c.req.query())}`, auditPage) ??
      auditView(audit, query);
    if (!/\btext\/csv\b/i.test(c.req.header("accept") ?? "")) return c.json(page, 200);
    c.header("Content-Disposition", 'attachment; filename="berth-audit.csv"');
    const csv = c.body(auditCsv(page.items), 200, { "Content-Type": "text/csv; charset=utf-8" });
    return csv as never; // The types know of one answer, that of the pages.
  });
}

function rest({ member: _, ...query }: Record<string, string>): URLSearchParams {
  return new URLSearchParams(query);
}
