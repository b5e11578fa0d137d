/** Who uses the forward proxy. */
import { TooManyAttempts } from "../access/limiter.ts";
import { parseBasic } from "../access/sign_in.ts";
import type { Context } from "./context.ts";
import { Refusal } from "./hosts/refusal.ts";

/**
 * The user by `Proxy-Authorization: Basic` (RFC 7617); empty where everybody may. Throws
 * {@linkcode Refusal} (407) for anybody else. `address` is the client's, for who slows guessing down.
 */
export async function proxyUser(
  context: Context,
  header: string | null,
  address: string,
): Promise<string> {
  const { authenticate } = context.settings();
  if (!authenticate) return "";
  const credentials = parseBasic(header);
  if (
    credentials &&
    await authenticate(credentials.name, credentials.password, address).catch(slowDown)
  ) {
    return credentials.name;
  }
  const message = credentials ? "wrong user name or password" : "this proxy wants you to sign in";
  throw new Refusal("sign-in", message);
}

function slowDown(error: unknown): never {
  throw error instanceof TooManyAttempts ? new Refusal("attempts", error.message) : error;
}
