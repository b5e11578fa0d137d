/** Sign-in at the proxy itself, by HTTP Basic on every request. */
import type { Authenticate } from "./users.ts";
import type { Origin } from "../http/origin.ts";
import { TooManyAttempts } from "./limiter.ts";
import { OciError } from "../oci/errors.ts";

/**
 * The user who sent `request`, empty where nobody has to sign in; `user` has signed in already.
 * Throws `UNAUTHORIZED` (401) with a Basic challenge, and `TOOMANYREQUESTS` (429) after too many
 * wrong passwords from one address.
 */
export async function signIn(
  request: Request,
  origin: Origin,
  authenticate: Authenticate,
  user = "",
): Promise<string> {
  if (!authenticate || user) return user;
  const credentials = parseBasic(request.headers.get("authorization"));
  const found = credentials &&
    await authenticate(credentials.name, credentials.password, origin.client).catch(slowDown);
  if (found !== undefined) return found;
  throw new OciError("UNAUTHORIZED", {
    message: credentials ? "wrong user name or password" : "authentication required",
    headers: { "www-authenticate": 'Basic realm="Berth", charset="UTF-8"' },
  });
}

function slowDown(error: unknown): never {
  if (!(error instanceof TooManyAttempts)) throw error;
  throw new OciError("TOOMANYREQUESTS", {
    message: error.message,
    headers: { "retry-after": String(Math.ceil(error.waitMs / 1000)) },
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
