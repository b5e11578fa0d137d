/** One order at an authority, by the library; loaded where a certificate is asked for only. */
import acme from "acme-client";
import { Agent } from "node:https";
import type { Challenges } from "./challenges.ts";
import { kindOfFailure, UpstreamError } from "../upstream/errors.ts";
import { kept } from "./stored.ts";

/** What a certificate is asked for with. */
export interface Order {
  readonly directory: string;
  readonly domains: readonly string[];
  /** Empty: the authority can tell nobody. */
  readonly email: string;
  /** PEM of those whom the directory's own certificate may be signed by; none: the system's. */
  readonly ca?: string | undefined;
  /** Holds the account's key; made where it is missing. */
  readonly accountFile: string;
}

const REQUEST_MS = 30_000;

/**
 * A certificate for `order.domains`, each of which is proved by what `challenges` answers, and its
 * key. Throws an `Error` with what the authority said, `UpstreamError` where it gave no answer.
 */
export async function obtain(
  order: Order,
  challenges: Challenges,
): Promise<{ cert: string; key: string }> {
  const { defaults, interceptors } = acme.axios;
  // Without an answer nobody waits for ever.
  defaults.timeout = REQUEST_MS;
  defaults.httpsAgent = new Agent(order.ca ? { ca: order.ca } : {});
  // These try again, which the keeper does and tells of, and lose what a socket did.
  interceptors.request.clear();
  interceptors.response.clear();
  const newKey = async () => String(await acme.crypto.createPrivateEcdsaKey());
  const client = new acme.Client({
    directoryUrl: order.directory,
    accountKey: await kept(order.accountFile, newKey),
    backoffMin: 1000,
  });
  const key = await newKey();
  const [, csr] = await acme.crypto.createCsr({ altNames: [...order.domains] }, key);
  const cert = await client.auto({
    csr,
    ...(order.email ? { email: order.email } : {}),
    termsOfServiceAgreed: true,
    challengePriority: ["http-01"],
    // From here the way may lead elsewhere than from the authority.
    skipChallengeVerification: true,
    challengeCreateFn(authorization, { type, token }, answer) {
      const { value } = authorization.identifier;
      if (type !== "http-01") throw new Error(`${value} cannot be proved by HTTP-01 there`);
      return challenges.set(token, answer);
    },
    challengeRemoveFn(_authorization, { token }) {
      return challenges.delete(token);
    },
  }).catch(unreached);
  return { cert, key };
}

/** Where there was no answer: the library takes any status for one, and reads it itself. */
function unreached(cause: Error & { isAxiosError?: boolean; config?: { url?: string } }): never {
  if (!cause.isAxiosError) throw cause;
  const host = URL.parse(cause.config?.url ?? "")?.host ?? "it";
  const kind = kindOfFailure(cause);
  const reason = `the TLS handshake failed (${cause.message}); tls.acme.ca_file names an ` +
    "authority of your own";
  throw new UpstreamError(kind, host, { cause, ...kind === "tls" ? { reason } : {} });
}
