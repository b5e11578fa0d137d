/** The cookies of the dashboard. */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { Origin } from "../../proxy/http/origin.ts";
import type { AdminEnv } from "./identity.ts";

/** With TLS and without. */
export const COOKIE_NAMES = ["__Host-berth_session", "berth_session"] as const;

/** Whether the request carries a session's cookie, good or not. */
export function hasSessionCookie(c: Context<AdminEnv>): boolean {
  return COOKIE_NAMES.some((name) => getCookie(c, name) !== undefined);
}

/** With TLS the cookie's prefix makes the browser insist on Secure, Path=/ and no Domain. */
export function cookieName(scheme: Origin["scheme"]): string {
  return scheme === "https" ? COOKIE_NAMES[0] : COOKIE_NAMES[1];
}

export function cookieOptions(scheme: Origin["scheme"]) {
  return { path: "/", httpOnly: true, sameSite: "Strict", secure: scheme === "https" } as const;
}
