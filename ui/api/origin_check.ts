/** Requests that change something must come from the dashboard's own pages, or from no page. */
import type { MiddlewareHandler } from "hono";
import { every } from "hono/combine";
import { csrf } from "hono/csrf";
import type { Access, AdminEnv } from "./access.ts";
import { ApiProblem } from "./problem.ts";

const SAFE = /^(GET|HEAD|OPTIONS)$/;

/**
 * Two layers against cross-site request forgery, beside the cookie's SameSite=Strict: Hono's wants
 * proof of origin from whatever a form could have sent; ours refuses anything that says it comes
 * from elsewhere, whatever its content type. A bearer token is proof enough: no page can send one.
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function originCheck(access: Access): MiddlewareHandler<AdminEnv> {
  const forms = csrf({ origin: (origin, c) => sameHost(origin, access.origin(c).host) });
  const foreign: MiddlewareHandler<AdminEnv> = async (c, next) => {
    const site = c.req.header("sec-fetch-site");
    const origin = c.req.header("origin");
    const own = site !== undefined
      ? site === "same-origin"
      : origin === undefined || sameHost(origin, access.origin(c).host);
    if (!own) throw new ApiProblem(403, "This request comes from another site");
    await next();
  };
  const check = every(forms, foreign);
  return async (c, next) => {
    const exempt = SAFE.test(c.req.method) || /^bearer /i.test(c.req.header("authorization") ?? "");
    return exempt ? await next() : await check(c, next);
  };
}

/** Whether `origin` names `host`, where a default port may be left out; `null` names nothing. */
function sameHost(origin: string, host: string): boolean {
  const page = URL.parse(origin);
  return page !== null && page.host !== "" &&
    page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}
