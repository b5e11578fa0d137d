/** What rules would have refused of the pulls that were, as far as that can be known. */
import type { Cache } from "../../cache/api.ts";
import type { TagSighting } from "../../cache/types.ts";
import type { PolicyRule } from "../config/schema.ts";
import { configOf, factsOf, type ImageFacts } from "./facts.ts";
import { type Rule, type RuleRequest, rulesOf } from "./rules.ts";

/** A pull of one client. Times are Unix milliseconds. */
export interface PastPull {
  time: number;
  /** When its last request ended. */
  end: number;
  client: string;
  user: string;
  registry: string;
  repository: string;
  /** Tag or digest. */
  reference: string;
}

/** Pulls of one image for which the same came out. */
interface Tried {
  /** `docker/library/alpine:3.20`, or by its digest. */
  image: string;
  outcome: "refused" | "unknown";
  /** Which rule decides, or would have to be asked. */
  rule: string;
  /** What the client would read, or what is not known. */
  reason: string;
  pulls: number;
  clients: number;
  /** Users, where they sign in. */
  users: string[];
  /** When it was pulled last, in Unix milliseconds. */
  last: number;
}

export interface DryRun {
  pulls: number;
  refused: number;
  unknown: number;
  /** What was pulled most first. */
  items: Tried[];
  /** How many more of those there are. */
  left: number;
}

/** How far back pulls are looked at, in milliseconds. */
export const SPAN_MS = 30 * 86_400_000;
/** Items that are told. */
const MOST_ITEMS = 500;
/** Users of one item that are told. */
const MOST_USERS = 20;
/** Longest manifest or config that is looked into, in bytes. */
const LONGEST = 4 * 2 ** 20;
/** Pulls between two pauses, in which requests are answered. */
const AT_ONCE = 500;

/** What came of one pull; undefined: it would have been let through. */
type Outcome = Pick<Tried, "outcome" | "rule" | "reason"> | undefined;

/**
 * Tries `rules` on each of `pulls`. What an image says of itself is read from the cache alone: where it
 * is not there any more, and a rule would have to know, the outcome is unknown.
 */
export async function tryRules(
  cache: Cache,
  rules: readonly PolicyRule[],
  pulls: Iterable<PastPull>,
): Promise<DryRun> {
  const trial = new Trial(cache, rules);
  const found = new Map<string, Tried & { seen: Set<string> }>();
  const result: DryRun = { pulls: 0, refused: 0, unknown: 0, items: [], left: 0 };
  for (const pull of pulls) {
    if (++result.pulls % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
    const outcome = await trial.of(pull);
    if (!outcome) continue;
    result[outcome.outcome]++;
    const image = nameOf(pull);
    const key = JSON.stringify([image, outcome]);
    let item = found.get(key);
    if (!item) {
      item = { image, ...outcome, pulls: 0, clients: 0, users: [], last: 0, seen: new Set() };
      found.set(key, item);
    }
    item.pulls++;
    item.last = Math.max(item.last, pull.time);
    item.clients = item.seen.add(pull.client).size;
    const { users } = item;
    if (pull.user && users.length < MOST_USERS && !users.includes(pull.user)) users.push(pull.user);
  }
  const items = [...found.values()].sort((a, b) => b.pulls - a.pulls || b.last - a.last);
  result.items = items.slice(0, MOST_ITEMS).map(({ seen: _, ...item }) => item);
  result.left = items.length - result.items.length;
  return result;
}

class Trial {
  readonly #cache: Cache;
  /** The rules, and what is left of them where it is not known what they ask for. */
  readonly #rules: readonly Rule[];
  readonly #without: readonly (readonly Rule[])[];
  /** Whether a rule asks for how long a digest is known. */
  readonly #aged: readonly boolean[];
  readonly #facts = new Map<string, Promise<ImageFacts | undefined>>();
  readonly #histories = new Map<string, TagSighting[]>();

  constructor(cache: Cache, rules: readonly PolicyRule[]) {
    this.#cache = cache;
    this.#rules = rulesOf(rules);
    this.#without = [{}, INSIDE, AGE, { ...INSIDE, ...AGE }].map((less) =>
      rulesOf(rules.map((rule) => ({ ...rule, ...less })))
    );
    this.#aged = rules.map(({ seen_within, seen_before }) => seen_within > 0 || seen_before > 0);
  }

  async of(pull: PastPull): Promise<Outcome> {
    const { registry, repository, reference } = pull;
    if (!this.#rules.some((rule) => rule.about(registry, repository))) return undefined;
    const tag = reference.includes(":") ? undefined : reference;
    const digest = tag === undefined ? reference : this.#digestThen(pull, tag);
    const outcome = await this.#decide(pull, digest, tag);
    if (outcome || digest === undefined) return outcome;
    const facts = await this.#factsOf(digest);
    return facts?.index ? await this.#ofIndex(pull, digest) : undefined;
  }

  /** An index is let through where one of its images could be: which was pulled is not recorded. */
  async #ofIndex(pull: PastPull, index: string): Promise<Outcome> {
    const images = this.#cache.references(index).filter(({ kind, stored, platform }) =>
      kind === "manifest" && stored && platform !== "unknown/unknown"
    );
    const outcomes: Outcome[] = [];
    for (const { digest } of images) {
      outcomes.push(await this.#decide(pull, digest, undefined, index));
    }
    const against = outcomes.filter((it) => it !== undefined);
    const [first] = against;
    if (!first || first.outcome === "unknown") return first;
    if (against.length === images.length) return first;
    const count = `${against.length} of its ${images.length} images that are in the cache`;
    return {
      outcome: "unknown",
      rule: first.rule,
      reason: `which of its images was pulled is not recorded; ${count} would be refused`,
    };
  }

  /** What the rules say about `digest`, undefined where nobody knows it, pulled as `tag` or by `index`. */
  async #decide(
    pull: PastPull,
    digest: string | undefined,
    tag: string | undefined,
    index?: string,
  ): Promise<Outcome> {
    const { registry, repository, time, end, user, client } = pull;
    const known = digest === undefined
      ? { since: undefined, tags: [] }
      : this.#cache.known(registry, repository, digest);
    const above = index ? this.#cache.known(registry, repository, index).tags : [];
    const request: RuleRequest = {
      ...{ registry, repository, user, client, now: time },
      tags: tag === undefined ? [...new Set([...known.tags, ...above])] : [tag],
      byTag: tag !== undefined,
      // What was seen first by this pull was new to it.
      since: Math.min(known.since ?? end, end),
    };
    for (const [index, rule] of this.#rules.entries()) {
      if (!rule.about(registry, repository)) continue;
      const facts = rule.looksInside && digest ? await this.#factsOf(digest) : undefined;
      const inside = rule.looksInside && !facts;
      const age = this.#aged[index]! && known.since === undefined;
      const left = this.#without[(inside ? 1 : 0) + (age ? 2 : 0)]![index]!;
      if (!left.matches(request, facts)) continue;
      const { name, action, reason } = rule;
      if (inside || age) {
        return { outcome: "unknown", rule: name, reason: digest ? inside ? GONE : AGELESS : LOST };
      }
      return action === "deny" ? { outcome: "refused", rule: name, reason } : undefined;
    }
    return undefined;
  }

  /** What the tag stood for when it was pulled. */
  #digestThen(pull: PastPull, tag: string): string | undefined {
    const name = nameOf(pull);
    let history = this.#histories.get(name);
    if (!history) {
      const { registry, repository } = pull;
      history = this.#cache.tagHistory({ registry, repository, tag });
      this.#histories.set(name, history);
    }
    return history.find(({ firstSeen }) => firstSeen <= pull.end)?.digest;
  }

  #factsOf(digest: string): Promise<ImageFacts | undefined> {
    let facts = this.#facts.get(digest);
    if (!facts) {
      facts = this.#read(digest);
      this.#facts.set(digest, facts);
    }
    return facts;
  }

  async #read(digest: string): Promise<ImageFacts | undefined> {
    const mediaType = this.#cache.stat(digest)?.mediaType;
    const bytes = mediaType && await this.#cache.peek(digest, LONGEST);
    if (!bytes) return undefined;
    const config = configOf(bytes);
    const inside = config && await this.#cache.peek(config, LONGEST);
    return config && !inside ? undefined : factsOf(mediaType, bytes, inside || undefined);
  }
}

const GONE = "what the image says of itself is not in the cache any more";
const AGELESS = "since when its digest was known is not recorded";
const LOST = "what the tag stood for then is not recorded";

/** A rule without what looks inside of an image. */
const INSIDE = {
  platforms: [],
  media_types: [],
  labels: {},
  larger_than: 0,
  created_before: 0,
  created_within: 0,
};
const AGE = { seen_within: 0, seen_before: 0 };

function nameOf({ registry, repository, reference }: PastPull): string {
  return `${registry}/${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
}
