/** Sign-in at the proxy itself, by HTTP Basic on every request. */
import { type Access, createAccess } from "./access.ts";
import type { Origin } from "./forwarded.ts";
import { OciError } from "./oci/errors.ts";

/** Checks a name and password; none where the proxy has no users and everybody may pull. */
export type Authenticate =
  | ((name: string, password: string, client: string) => Promise<boolean>)
  | undefined;

/**
 * The access of whoever sent `request`; `user` has signed in already. Throws `UNAUTHORIZED` (401)
 * with a Basic challenge.
 */
export async function signIn(
  request: Request,
  origin: Origin,
  authenticate: Authenticate,
  user = "",
): Promise<Access> {
  if (!authenticate || user) return createAccess(user);
  const credentials = parseBasic(request.headers.get("authorization"));
  if (credentials && await authenticate(credentials.name, credentials.password, origin.client)) {
    return createAccess(credentials.name);
  }
  throw new OciError("UNAUTHORIZED", {
    message: credentials ? "wrong user name or password" : "this proxy wants you to sign in",
    headers: { "www-authenticate": 'Basic realm="Berth"' },
  });
}

/** Name and password of `Basic <base64>` (RFC 7617); `undefined` for anything else. */
export function parseBasic(header: string | null): { name: string; password: string } | undefined {
  const match = /^basic\s+([a-z0-9+/]+=*)$/i.exec(header ?? "");
  if (!match) return undefined;
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(match[1]!));
    const colon = text.indexOf(":");
    if (colon < 0) return undefined;
    return { name: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return undefined;
  }
}
