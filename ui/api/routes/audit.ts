/** `GET /audit`. */
import { createRoute } from "@hono/zod-openapi";
import type { Audit } from "../../../proxy/observe/audit/audit.ts";
import { csvResponse, wantsCsv } from "../csv.ts";
import type { Fleet } from "../fleet.ts";
import { answers, router } from "../route.ts";
import { type AuditEntryView, auditPage, type AuditQuery, auditQuery } from "../schema/audit.ts";
import { AUDIT_COLUMNS, auditView } from "../views/audit.ts";

/** Entries that are read at once for a file. */
const PIECE = 1000;

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
    const name = `audit?${rest(c.req.query())}`;
    const fromThere = await fleet?.askMember(query.member, name, auditPage);
    if (!wantsCsv(c.req.header("accept"), query.format)) {
      return c.json(fromThere ?? auditView(audit, query), 200);
    }
    const pieces = fromThere ? [fromThere.items] : allOf(audit, query);
    return csvResponse("audit", AUDIT_COLUMNS, pieces) as never;
  });
}

/** Page after page, so that a file of a year is never in memory as a whole. */
function* allOf(audit: Audit, query: AuditQuery): Generator<AuditEntryView[]> {
  for (let before = query.before;;) {
    const { items, next } = auditView(audit, { ...query, before, limit: PIECE });
    yield items;
    if (next === null) return;
    before = next;
  }
}

function rest({ member: _, format: _format, ...query }: Record<string, string>): URLSearchParams {
  return new URLSearchParams(query);
}
