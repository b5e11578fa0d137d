/** Who uses the forward proxy. */
import { TooManyAttempts } from "../access/limiter.ts";
import { parseBasic } from "../access/sign_in.ts";
import type { Authenticate } from "../access/users.ts";
import { Refusal } from "./hosts/refusal.ts";

/**
 * The user by `Proxy-Authorization: Basic` (RFC 7617); empty where everybody may. Throws
 * {@linkcode Refusal} (407, or 429 after too many guesses). `address` is the client's; guesses are
 * counted by it.
 */
export async function proxyUser(
  authenticate: Authenticate,
  header: string | null,
  address: string,
): Promise<string> {
  if (!authenticate) return "";
  const credentials = parseBasic(header);
  const found = credentials &&
    await authenticate(credentials.name, credentials.password, address).catch(slowDown);
  if (found !== undefined) return found;
  const message = credentials ? "wrong user name or password" : "authentication required";
  throw new Refusal("sign-in", message);
}

function slowDown(error: unknown): never {
  throw error instanceof TooManyAttempts ? new Refusal("attempts", error.message) : error;
}
