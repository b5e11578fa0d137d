/** Signing in: `POST /login`, `POST /logout`, `GET /session`. */
import { z } from "@hono/zod-openapi";
import { RIGHTS } from "../rights.ts";
import { time } from "../schema.ts";

export const loginRequest = z.object({
  username: z.string().min(1).max(256),
  password: z.string().min(1).max(1024),
}).openapi("LoginRequest");

export const session = z.object({
  signedIn: z.boolean(),
  auth: z.enum(["required", "none"]).openapi({
    description: "`none`: this address needs no sign-in, and there is nothing to log out of.",
  }),
  oidc: z.string().nullable().openapi({
    description:
      "The name of who else one can sign in with, by OpenID Connect; null where there is none.",
  }),
  username: z.string(),
  rights: z.array(z.enum(RIGHTS)).openapi({
    description: "What may be done here; each route takes one of them.",
  }),
  expires: time.nullable().openapi({
    description: "When the session ends at the latest; null where none is open or it does not end.",
  }),
}).openapi("Session", {
  description: 'Always a 200, so that the page can tell "not signed in" from "broken".',
});

export type Session = z.infer<typeof session>;
