/** `GET /v2/`: whether one has to sign in, and how. Clients ask this before anything else. */
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import { type Answer, uncached } from "../answer.ts";
import { isOutage } from "../upstream/outage.ts";
import type { Exchange } from "../exchange.ts";
import { OciError } from "../oci/errors.ts";
import { passThrough } from "./pass.ts";
import { NOTHING_TO_PROVE } from "../client_sign_in/proof.ts";

/** Challenges differ by the address that a client has come to, and it may say any. */
const MAX_CHALLENGES = 1000;

/**
 * Ours to answer, unless clients sign in at the registry themselves: then it is the registry's, or,
 * while that is away, what it last said to clients without credentials or with these.
 */
export function createPing(): (x: Exchange) => Promise<Answer> | Answer {
  const challenges = new LRUCache<string, OciError>(atMost(MAX_CHALLENGES));

  async function theirs(x: Exchange): Promise<Answer> {
    const { name, url } = x.target.registry;
    const key = JSON.stringify([name, url, x.realm]);
    try {
      const response = await passThrough(x, { path: "/v2/" });
      x.proof.confirm();
      if (!x.authorization) challenges.delete(key);
      return uncached(response);
    } catch (error) {
      if (error instanceof OciError && error.status === 401) {
        x.proof.forget();
        if (!x.authorization) challenges.set(key, error);
      }
      if (!isOutage(error)) throw error;
      const challenge = x.authorization ? undefined : challenges.get(key);
      if (challenge) throw challenge;
      if (x.proof === NOTHING_TO_PROVE || !x.proof.holdsOffline()) throw error;
      return ours(x);
    }
  }

  return (x) => x.target.registry.auth.mode === "client" ? theirs(x) : ours(x);
}

function ours({ request }: Exchange): Answer {
  const headers = { "content-type": "application/json" };
  return uncached(new Response(request.method === "HEAD" ? null : "{}", { headers }));
}
