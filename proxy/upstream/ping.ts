/** `GET /v2/`: what a registry asks of those who come to it. */
import { discard } from "../http/body.ts";
import { bestChallenge, type Challenge, parseChallenges } from "./challenge.ts";
import type { Clock } from "../../base/clock.ts";
import { Once } from "../../base/once.ts";
import type { Transport } from "./transport.ts";

/** Milliseconds for which an answer is taken to hold. */
const KEPT = 5 * 60_000;

/** A URL of the registry at `own`, which may have a path before `/v2/`. */
export function registryUrl(own: URL, path: string, query = ""): URL {
  const url = new URL(own);
  url.pathname = own.pathname.replace(/\/$/, "") + path;
  url.search = query;
  return url;
}

/** The challenge in an answer; undefined where there is none that can be met. */
export function challengeOf(response: Response): Challenge | undefined {
  return bestChallenge(parseChallenges(response.headers.get("www-authenticate")));
}

/**
 * The challenge of a registry's ping, asked bare; undefined where it is open. Asked once for all who
 * wait, kept for some minutes, and kept on where the registry cannot be asked.
 */
export function challengeByPing(
  own: URL,
  transport: Transport,
  clock: Clock,
): () => Promise<Challenge | undefined> {
  let kept: { challenge: Challenge | undefined; until: number } | undefined;
  const asking = new Once<Challenge | undefined>();

  async function ask(): Promise<Challenge | undefined> {
    try {
      const response = await transport.send({
        method: "GET",
        url: registryUrl(own, "/v2/"),
        headers: new Headers({ "accept-encoding": "identity", "user-agent": "berth" }),
      });
      await discard(response);
      const challenge = response.status === 401 ? challengeOf(response) : undefined;
      if (response.status < 500 && response.status !== 429) {
        kept = { challenge, until: clock.now() + KEPT };
      }
      return kept ? kept.challenge : challenge;
    } catch (error) {
      if (kept) return kept.challenge;
      throw error;
    }
  }

  return () => {
    if (kept && kept.until > clock.now()) return Promise.resolve(kept.challenge);
    return asking.run("/v2/", ask);
  };
}
