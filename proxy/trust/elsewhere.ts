/** `policy.webhook`: somebody else decides, such as Open Policy Agent or a scanner. */
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { ImageFacts } from "./facts.ts";

/** What is asked. Times are RFC 3339; sizes bytes; null: not known. */
export interface Question {
  registry: string;
  repository: string;
  /** Empty where it was asked for by its digest. */
  tag: string;
  digest: string;
  media_type: string;
  platforms: readonly string[];
  size: number | null;
  created: string | null;
  first_seen: string | null;
  labels: Readonly<Record<string, string>>;
  user: string;
  client: string;
}

const answer = z.object({
  decision: z.enum(["allow", "deny", "hold"]),
  reason: z.string().max(500).default(""),
  /** Of a hold. */
  minutes: z.number().positive().max(1_000_000).default(60),
});

/** `until`: Unix milliseconds until which it is remembered, and of a hold waits. */
export interface Verdict {
  decision: "allow" | "deny" | "hold";
  reason: string;
  until: number;
}

export interface ElsewhereOptions {
  /** Posts `body` as JSON and resolves to the JSON that is answered. Throws where there is none. */
  post(body: string): Promise<unknown>;
  onError: "allow" | "deny";
  /** Milliseconds for which an answer holds. */
  remember: number;
  /** Told of each answer that did not come, for the log. */
  warn(line: string): void;
  /** Unix milliseconds. */
  now(): number;
}

const MOST = 20_000;
/** Who did not answer is asked again after this long, in milliseconds. */
const ASK_AGAIN = 10_000;

export class Elsewhere {
  readonly #options: ElsewhereOptions;
  readonly #verdicts = new LRUCache<string, Verdict>({ max: MOST });
  readonly #asking = new Map<string, Promise<Verdict>>();

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  /** What is decided about `question`, which is asked once for all who ask the same. */
  async decide(question: Question): Promise<Verdict> {
    // Since when it is known, and from where it is asked, make no other image of it.
    const { registry, repository, tag, digest, user } = question;
    const key = JSON.stringify([registry, repository, tag, digest, user]);
    const known = this.#verdicts.get(key);
    if (known && this.#options.now() < known.until) return known;
    let asking = this.#asking.get(key);
    if (!asking) {
      asking = this.#ask(question).finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    const verdict = await asking;
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  async #ask(question: Question): Promise<Verdict> {
    const { post, onError, remember, warn, now } = this.#options;
    try {
      const { decision, reason, minutes } = answer.parse(await post(JSON.stringify(question)));
      const wait = decision === "hold" ? minutes * 60_000 : remember;
      return { decision, reason, until: now() + wait };
    } catch (error) {
      const why = error instanceof z.ZodError
        ? 'expected {"decision": "allow", "deny" or "hold"}'
        : error instanceof Error
        ? error.message
        : String(error);
      const { registry, repository, digest } = question;
      warn(`policy.webhook did not decide about ${registry}/${repository}@${digest}: ${why}`);
      const reason = "policy.webhook could not be asked; see the log";
      return { decision: onError, reason, until: now() + ASK_AGAIN };
    }
  }
}

/** `facts` and what is known of the request, as a question. */
export function questionOf(
  { facts, since, ...asked }:
    & Pick<Question, "registry" | "repository" | "tag" | "digest" | "user" | "client">
    & { facts: ImageFacts; since: number | undefined },
): Question {
  const time = (ms: number | undefined) => ms === undefined ? null : new Date(ms).toISOString();
  return {
    ...asked,
    media_type: facts.mediaType,
    platforms: facts.platforms,
    size: facts.size ?? null,
    created: time(facts.created),
    first_seen: time(since),
    labels: facts.labels,
  };
}
