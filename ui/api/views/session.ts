/** Who is signed in, as the API tells it. */
import type { Config } from "../../../proxy/config/schema.ts";
import type { Identity } from "../identity.ts";
import type { Session } from "../schema/session.ts";

/** `identity`, undefined where nobody is signed in, and how else one could sign in. */
export function signedIn(
  identity: Identity | undefined,
  { issuer, name }: Config["admin"]["oidc"],
): Session {
  const session = identity?.kind === "session" ? identity.session : undefined;
  return {
    signedIn: identity !== undefined,
    auth: identity?.kind === "open" ? "none" : "required",
    oidc: issuer === "" ? null : name,
    username: identity?.kind === "token" ? identity.name : session?.user ?? "",
    rights: [...identity?.rights ?? []],
    expires: session?.expires ?? null,
  };
}
