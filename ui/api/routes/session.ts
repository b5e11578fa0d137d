/** `POST /login`, `POST /logout`, `GET /session`. */
import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { deleteCookie } from "hono/cookie";
import type { Config } from "../../../proxy/config/schema.ts";
import type { Access } from "../access.ts";
import { cookieName, cookieOptions } from "../cookies.ts";
import { type AdminEnv, note, wayInto } from "../identity.ts";
import { ROLE_RIGHTS } from "../rights.ts";
import { answers, body, done, router } from "../route.ts";
import { loginRequest, session as sessionSchema } from "../schema/session.ts";
import { signedIn } from "../views/session.ts";

const login = createRoute({
  method: "post",
  path: "/login",
  summary: "Sign in with user name and password; the answer sets the session's cookie",
  request: { body: body(loginRequest) },
  security: [],
  responses: answers(sessionSchema, "Signed in"),
});

const logout = createRoute({
  method: "post",
  path: "/logout",
  summary: "End the session",
  responses: done("Signed out"),
});

const session = createRoute({
  method: "get",
  path: "/session",
  summary: "Who is signed in",
  security: [],
  responses: answers(sessionSchema, "Also without a session"),
});

/** The routes that work without being signed in. */
export function sessionRoutes(access: Access, oidc: () => Config["admin"]["oidc"]) {
  return router()
    .openapi(login, async (c) => {
      const { cookie, session } = await access.login(c, c.req.valid("json"));
      access.giveCookie(c, cookie, session);
      note(c, { user: session.user });
      const rights = ROLE_RIGHTS[session.role];
      return c.json(signedIn({ kind: "session", cookie, session, rights }, oidc()), 200);
    })
    .openapi(logout, async (c) => {
      const ended = await access.logout(c);
      note(c, ended ? { user: ended.user, via: wayInto(ended) } : { nothing: true });
      expire(c, access);
      return c.body(null, 204);
    })
    .openapi(session, async (c) => c.json(signedIn(await access.identify(c), oidc()), 200));
}

function expire(c: Context<AdminEnv>, access: Access): void {
  const { scheme } = access.origin(c);
  deleteCookie(c, cookieName(scheme), cookieOptions(scheme));
}
