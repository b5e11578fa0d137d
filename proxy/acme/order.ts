/** One order at an authority, by the library; loaded where a certificate is asked for only. */
import acme from "acme-client";
import axios, { type AxiosError, type InternalAxiosRequestConfig } from "axios";
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
  const { defaults } = acme.axios;
  // Tried again by the keeper, who tells of it; without an answer nobody waits for ever.
  Object.assign(defaults, {
    timeout: REQUEST_MS,
    httpsAgent: new Agent(order.ca ? { ca: order.ca } : {}),
    adapter: (config: InternalAxiosRequestConfig) => ask(config).catch(unreached),
  });
  Object.assign((defaults as unknown as { acmeSettings: object }).acmeSettings, {
    retryMaxAttempts: 0,
  });
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
      challenges.set(token, answer);
      return Promise.resolve();
    },
    challengeRemoveFn(_authorization, { token }) {
      challenges.delete(token);
      return Promise.resolve();
    },
  });
  return { cert, key };
}

const ask = axios.getAdapter("http");

/** As the library throws what a socket did, it loses what that was. */
function unreached(cause: unknown): never {
  const { message, config, response } = cause as AxiosError;
  // Each answer comes this way: the library looks at its status itself.
  if (response) throw cause;
  const host = URL.parse(config?.url ?? "")?.host ?? "it";
  const kind = kindOfFailure(cause);
  const reason = `the TLS handshake failed (${message}); tls.acme.ca_file names an authority of ` +
    "your own";
  throw new UpstreamError(kind, host, { cause, ...kind === "tls" ? { reason } : {} });
}
