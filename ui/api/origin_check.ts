/** Requests that change something must come from the dashboard's own pages, or from no page. */
import type { Context, MiddlewareHandler } from "hono";
import type { Access } from "./access.ts";
import { hasSessionCookie } from "./cookies.ts";
import type { AdminEnv } from "./identity.ts";
import { ApiProblem } from "./problem.ts";

const SAFE = /^(GET|HEAD|OPTIONS)$/;

/**
 * Against cross-site request forgery, beside the cookie's SameSite=Strict. Browsers say where a
 * request comes from, in Sec-Fetch-Site or Origin, and pages cannot change that: what says that it
 * comes from elsewhere is refused. What says nothing comes from a script, which has no session to
 * abuse; with a session's cookie it must be of a type that no form can send. A bearer token is proof
 * enough: no page can send one.
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function originCheck(access: Access): MiddlewareHandler<AdminEnv> {
  const isOwn = (c: Context<AdminEnv>) => {
    const site = c.req.header("sec-fetch-site");
    if (site !== undefined) return site === "same-origin";
    const origin = c.req.header("origin");
    if (origin !== undefined) return sameHost(origin, access.origin(c).host);
    return !hasSessionCookie(c) || isJson(c.req.header("content-type"));
  };
  return async (c, next) => {
    const exempt = SAFE.test(c.req.method) || /^bearer /i.test(c.req.header("authorization") ?? "");
    if (!exempt && !isOwn(c)) throw new ApiProblem(403, "This request comes from another site");
    await next();
  };
}

function isJson(type = ""): boolean {
  return /^application\/json\s*(;|$)/i.test(type);
}

/** Whether `origin` names `host`, where a default port may be left out; `null` names nothing. */
function sameHost(origin: string, host: string): boolean {
  const page = URL.parse(origin);
  return page !== null && page.host !== "" &&
    page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}
