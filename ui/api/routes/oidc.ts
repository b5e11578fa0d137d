/** `POST /oidc/start`, `POST /oidc/finish`: sign-in by OpenID Connect. */
import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import type { Sessions } from "../../session.ts";
import type { Access } from "../access.ts";
import { cookieOptions } from "../cookies.ts";
import { type AdminEnv, note } from "../identity.ts";
import { OidcError, type OidcTrouble } from "../oidc/error.ts";
import type { Attempt, OidcConfig, OidcProvider } from "../oidc/provider.ts";
import { roleBy, userName } from "../oidc/roles.ts";
import { ApiProblem } from "../problem.ts";
import { answers, body, router } from "../route.ts";
import { session as sessionSchema } from "../schema/session.ts";
import { ROLE_RIGHTS } from "../rights.ts";
import { signedIn } from "../views/session.ts";

/** Milliseconds between the beginning of a sign-in and its end. */
const ATTEMPT_MS = 10 * 60e3;
const PURPOSE = "oidc";

const start = createRoute({
  method: "post",
  path: "/oidc/start",
  summary: "Begin to sign in by OpenID Connect: where to send the browser",
  security: [],
  responses: answers(
    z.object({ url: z.string() }).openapi("OidcStart"),
    "The provider's page, which comes back to /login/oidc",
  ),
});

const finish = createRoute({
  method: "post",
  path: "/oidc/finish",
  summary: "Sign in with what the provider has sent the browser back with",
  request: {
    /** `search`: the query of the address, with its question mark. */
    body: body(z.object({ search: z.string().startsWith("?").max(8192) }).openapi("OidcFinish")),
  },
  security: [],
  responses: answers(sessionSchema, "Signed in"),
});

interface OidcDeps {
  access: Access;
  sessions: Sessions;
  provider: OidcProvider;
  settings: () => OidcConfig;
  /** Unix milliseconds. */
  now: () => number;
}

/**
 * Signing in by the provider of `admin.oidc`. What a sign-in began with is in a cookie of the browser
 * that began it, sealed, so that it may end at another Berth of a cluster.
 */
export function oidcRoutes({ access, sessions, provider, settings, now }: OidcDeps) {
  const offered = () => {
    if (settings().issuer !== "") return;
    throw new ApiProblem(404, "OpenID Connect is not configured", { type: "not-found" });
  };
  return router()
    .openapi(start, async (c) => {
      note(c, { via: "oidc" });
      offered();
      const { scheme, host } = access.origin(c);
      const redirect = URL.parse("/login/oidc", `${scheme}://${host}`);
      if (!redirect) throw new ApiProblem(400, "The request names no host");
      const { url, attempt } = await provider.begin(redirect.href).catch(refuse(c, settings));
      const sealed = sessions.seal(JSON.stringify(attempt), PURPOSE);
      const maxAge = ATTEMPT_MS / 1000;
      setCookie(c, cookieName(scheme), sealed, { ...cookieOptions(scheme), maxAge });
      note(c, { nothing: true }); // nobody has come in yet
      return c.json({ url }, 200);
    })
    .openapi(finish, async (c) => {
      note(c, { via: "oidc" });
      offered();
      const giveBack = await access.brake(c);
      const attempt = takeAttempt(c, access, sessions);
      if (!attempt || now() - attempt.began >= ATTEMPT_MS) return refuse(c, settings)(OVER);
      const { search } = c.req.valid("json");
      const claims = await provider.finish(attempt, search).catch(refuse(c, settings));
      const user = userName(claims);
      note(c, { user });
      const role = roleBy(claims, settings());
      if (!role) throw noRole(user, settings());
      const fresh = await sessions.spend(`oidc ${attempt.state}`, attempt.began + ATTEMPT_MS);
      if (!fresh) return refuse(c, settings)(OVER);
      giveBack();
      const { cookie, session } = await access.admit(c, { user, ...role });
      access.giveCookie(c, cookie, session);
      const rights = ROLE_RIGHTS[session.role];
      return c.json(signedIn({ kind: "session", cookie, session, rights }, settings()), 200);
    });
}

const OVER = new OidcError("over", "no such sign-in, or not any more");

/** What the browser began with; it is taken from it, so that it is good once. */
function takeAttempt(
  c: Context<AdminEnv>,
  access: Access,
  sessions: Sessions,
): Attempt | undefined {
  const { scheme } = access.origin(c);
  const cookie = getCookie(c, cookieName(scheme));
  if (cookie === undefined) return undefined;
  deleteCookie(c, cookieName(scheme), cookieOptions(scheme));
  const text = sessions.unseal(cookie, PURPOSE);
  return text === undefined ? undefined : JSON.parse(text);
}

function cookieName(scheme: "http" | "https"): string {
  return scheme === "https" ? "__Host-berth_oidc" : "berth_oidc";
}

type Words = (name: string) => [status: 400 | 403 | 502, title: string, detail: string];

const WORDS: Readonly<Record<OidcTrouble, Words>> = {
  away: (name) => [
    502,
    `${name} cannot be reached`,
    "Try again, or sign in with a user name and password. The log says why.",
  ],
  invalid: (name) => [
    502,
    `The answer of ${name} cannot be trusted`,
    "The log says what is wrong with it. Signing in with a user name and password still works.",
  ],
  refused: (name) => [403, `${name} refused the sign-in`, "Try again, or ask an admin."],
  over: () => [
    400,
    "This sign-in is not valid any more",
    "It took too long, was used before or began in another browser. Start again.",
  ],
};

/** Throws what has gone wrong in words; why it has is for the audit log alone. */
function refuse(c: Context<AdminEnv>, settings: () => OidcConfig) {
  return (error: unknown): never => {
    if (!(error instanceof OidcError)) throw error;
    const [status, title, detail] = WORDS[error.trouble](settings().name);
    note(c, { reason: `${title}: ${error.message}` });
    throw new ApiProblem(status, title, { type: `oidc-${error.trouble}`, detail });
  };
}

function noRole(user: string, { name, groups_claim }: OidcConfig): ApiProblem {
  return new ApiProblem(403, "You have no role here", {
    type: "oidc-no-role",
    detail:
      `${name} knows you as ${user}, but none of your groups (${groups_claim}) has a role in ` +
      "admin.oidc.roles. Ask an admin.",
  });
}
