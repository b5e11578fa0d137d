/**
 * What may come through: tags that are frozen or held back, signatures that are asked for, rules about
 * content. Every way to content leads past here: by tag or digest, whole or in part, an image of an
 * index, a layer of an image.
 */
import { LRUCache } from "lru-cache";
import type { Cache } from "../../cache/api.ts";
import type { TagKey, TagName, TagRow } from "../../cache/types.ts";
import type { Config } from "../config/schema.ts";
import type { Exchange } from "../exchange.ts";
import { repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { imageOf, type TrustBook } from "../trust/book.ts";
import { type Elsewhere, questionOf } from "../trust/elsewhere.ts";
import { heldUntil, type Hold, holdOf } from "../trust/hold.ts";
import { decide, type Decision, type Rule, rulesOf } from "../trust/rules.ts";
import { meant } from "../trust/similar.ts";
import { ImageReads } from "./image_reads.ts";
import type { Signatures } from "./signatures.ts";

interface TrustOptions {
  cache: Cache;
  book: TrustBook;
  /** None: no registry asks for signatures. */
  signatures: Signatures | undefined;
  /** Who else decides; none: nobody. */
  elsewhere: Elsewhere | undefined;
  /** Told what a person should look at, in a line for the log. */
  warn(line: string): void;
  /** Told once of each digest that a tag has moved to and that waits, until then (Unix ms). */
  onHeld(name: TagName, digest: string, until: number): void;
  /** Unix milliseconds. */
  now(): number;
}

/** Things that are told once each, of those that were told last. */
const MOST_TOLD = 10_000;
/** An image in an index in an index; nothing sane is deeper. */
const DEEPEST = 4;
/** Repositories that are pulled most, of which others may be typing errors. */
const POPULAR = 500;

/** One thing that is asked for. */
interface Asked {
  x: Exchange;
  digest: string;
  /** The tag that was asked for, where it was one. */
  tag: string | undefined;
}

export class TrustGate {
  readonly #options: TrustOptions;
  readonly #holds: ReadonlyMap<string, Hold>;
  readonly #rules: readonly Rule[];
  readonly #policy: Config["policy"];
  readonly #images: ImageReads;
  readonly #told = new LRUCache<string, true>({ max: MOST_TOLD });

  constructor(config: Config, options: TrustOptions) {
    this.#options = options;
    this.#images = new ImageReads(options.cache);
    const registries = Object.entries(config.registries);
    this.#holds = new Map(registries.flatMap(([name, it]) => {
      const hold = holdOf(it);
      return hold ? [[name, hold]] : [];
    }));
    this.#rules = rulesOf(config.policy.rules);
    this.#policy = config.policy;
  }

  /** Whether an answer to `x` depends on when and by whom it is asked. */
  governs(x: Exchange): boolean {
    const { registry: { name }, repository } = x.target;
    return this.#options.elsewhere !== undefined || this.#holds.has(name) ||
      this.#rules.some((rule) => rule.about(name, repository)) ||
      (this.#options.signatures?.concerns(x) ?? false);
  }

  /** Rises with each decision of a person: what was answered before may not hold. */
  get revision(): number {
    return this.#options.book.revision;
  }

  /**
   * Looks at the name in `x` before anything is asked about it. Throws `DENIED` where nobody has
   * pulled it before and it is in all likelihood a typing error.
   */
  enter(x: Exchange): void {
    const { warn_similar, deny_similar } = this.#policy;
    if (!warn_similar && !deny_similar) return;
    const { cache, warn } = this.#options;
    const { registry: { name: registry }, repository } = x.target;
    if (cache.isKnown(registry, repository)) return;
    const { items } = cache.repositories({ registry, sort: "hits", desc: true, limit: POPULAR });
    const similar = meant(`${registry}/${repository}`, items);
    if (similar === undefined) return;
    const name = similar.slice(registry.length + 1);
    const why = `nobody has pulled it here before; did you mean ${name}?`;
    if (deny_similar) throw this.#denied(x, `${why} (policy.deny_similar)`, "policy.deny_similar");
    if (this.#told.has(`similar ${registry}/${repository}`)) return;
    this.#told.set(`similar ${registry}/${repository}`, true);
    warn(`${x.client} asks for ${registry}/${repository}: ${why}`);
  }

  /** The digest that the tag is frozen to. */
  frozen(name: TagName): string | undefined {
    return this.#options.book.frozenTo(imageOf(name))?.digest;
  }

  /**
   * What the tag stands for to the client of `x`: `row`, as the registry says, or what it stood for
   * before where that waits. Throws `DENIED`.
   */
  async meaning(x: Exchange, key: TagKey, row: TagRow): Promise<TagRow> {
    if (!this.governs(x)) return row;
    const refusal = await this.#judged({ x, digest: row.digest, tag: key.tag });
    if (!refusal) return row;
    const until = this.#heldUntil({ x, digest: row.digest, tag: key.tag });
    if (until === 0) throw refusal;
    this.#tellHeld(key, row.digest, until);
    const { cache } = this.#options;
    const before = cache.tagHistory(key, key.accept).find(({ digest }) =>
      digest !== row.digest && this.#heldUntil({ x, digest, tag: key.tag }) === 0
    );
    if (!before) throw refusal;
    await this.manifest(x, before.digest, key.tag);
    const { digest, mediaType, size } = before;
    return { digest, mediaType, size, checkedAt: row.checkedAt };
  }

  /**
   * Throws `DENIED` where the client of `x` may not have the manifest, by `tag` or its digest. True
   * where it was fetched in order to find that out.
   */
  async manifest(x: Exchange, digest: string, tag?: string): Promise<boolean> {
    if (!this.governs(x)) return false;
    const refusal = await this.#judged({ x, digest, tag });
    if (refusal) throw refusal;
    return this.#images.fetchedFor(x, digest);
  }

  /**
   * Throws `DENIED` where the client of `x` may not have the blob: no manifest of the repository that
   * it may have is known to name it. A HEAD of what nothing is known of, as before a push, gives
   * nothing away.
   */
  async blob(x: Exchange, digest: string): Promise<void> {
    if (!this.governs(x)) return;
    const parents = this.#parents(x, digest);
    let refusal: OciError | undefined;
    for (const parent of parents) {
      refusal = await this.#refusal({ x, digest: parent, tag: undefined });
      if (!refusal) return;
    }
    if (refusal) throw refusal;
    if (x.request.method === "HEAD") return;
    const why = "no image that it belongs to has been asked for here; its manifest comes first";
    throw this.#denied(x, why, "manifest first");
  }

  /**
   * As {@linkcode #refusal}. What the manifest names is given or refused with it, and has to be known
   * for that before the client can ask for it.
   */
  async #judged(asked: Asked): Promise<OciError | undefined> {
    const { x, digest } = asked;
    const refusal = await this.#refusal(asked);
    const named = this.#options.cache.references(digest).length > 0;
    if (named || (!refusal && x.request.method === "HEAD")) return refusal;
    await this.#images.read(x, digest).catch((error) => {
      if (!refusal) throw error;
    });
    return refusal;
  }

  /** What keeps the manifest from the client; undefined where nothing does. */
  async #refusal(asked: Asked, depth = 0): Promise<OciError | undefined> {
    const { x, digest, tag } = asked;
    const decision = await this.#decided(asked);
    if (decision?.action === "deny") {
      return this.#denied(x, `${decision.reason} (${decision.rule})`, decision.rule);
    }
    const elsewhere = decision ? undefined : await this.#elsewhere(asked);
    if (elsewhere) return elsewhere;
    const alone = this.#heldUntil(asked) > 0 || this.#options.signatures?.concerns(x);
    if (!alone) return undefined;
    // An image of an index waits no longer than that does and is signed with it: what it does not
    // have itself is looked for last.
    const parents = tag === undefined && depth < DEEPEST ? this.#parents(x, digest) : [];
    for (const parent of parents) {
      const above = await this.#refusal({ x, digest: parent, tag: undefined }, depth + 1)
        .catch((error: unknown) => error);
      if (above === undefined) return undefined;
    }
    return await this.#ownRefusal(asked);
  }

  /** What somebody else has against it, where no rule has decided. */
  async #elsewhere({ x, digest, tag = "" }: Asked): Promise<OciError | undefined> {
    const { elsewhere, cache } = this.#options;
    if (!elsewhere) return undefined;
    const { target: { registry: { name: registry }, repository }, client } = x;
    const facts = await this.#images.look(x, digest);
    if (facts.about) return undefined;
    const { since } = cache.known(registry, repository, digest);
    const { user } = x.access;
    const { decision, reason, until } = await elsewhere.decide(
      questionOf({ registry, repository, tag, digest, user, client, facts, since }),
    );
    if (decision === "allow") return undefined;
    const wait = decision === "hold" ? `held back until ${timeOf(until)}` : "";
    const why = [wait, reason].filter((it) => it !== "").join(": ") || "it is not allowed";
    return this.#denied(x, `${why} (policy.webhook)`, "policy.webhook");
  }

  /** What keeps the manifest back as long as it stands alone. */
  async #ownRefusal(asked: Asked): Promise<OciError | undefined> {
    const { x, digest, tag } = asked;
    const { signatures } = this.#options;
    const until = this.#heldUntil(asked);
    // What says something about an image, such as its signature, is what it is judged by.
    if ((await this.#images.look(x, digest)).about) return undefined;
    if (until > 0) return this.#held(x, digest, until, tag);
    const unsigned = await signatures?.missing(x, digest);
    return unsigned === undefined ? undefined : this.#denied(x, unsigned, "require");
  }

  /** What the rules say; facts are looked up where one of them looks inside. */
  async #decided({ x, digest, tag }: Asked): Promise<Decision | undefined> {
    const { registry: { name: registry }, repository } = x.target;
    const about = this.#rules.filter((rule) => rule.about(registry, repository));
    if (about.length === 0) return undefined;
    const { now } = this.#options;
    const known = this.#known(x, digest);
    const facts = about.some((rule) => rule.looksInside)
      ? await this.#images.look(x, digest)
      : undefined;
    const tags = tag === undefined ? known.tags : [tag];
    const { client, access: { user } } = x;
    const request = { registry, repository, tags, byTag: tag !== undefined, user, client };
    return decide(about, { ...request, since: known.since ?? now(), now: now() }, facts);
  }

  /** When the digest was first seen, and every tag that leads to it or to an index that names it. */
  #known(x: Exchange, digest: string, depth = 0): { since: number | undefined; tags: string[] } {
    const { registry: { name: registry }, repository } = x.target;
    const known = this.#options.cache.known(registry, repository, digest);
    if (depth >= DEEPEST) return known;
    const above = this.#parents(x, digest).flatMap((it) => this.#known(x, it, depth + 1).tags);
    return { since: known.since, tags: [...new Set([...known.tags, ...above])] };
  }

  #heldUntil({ x, digest, tag }: Asked): number {
    const { registry: { name }, repository } = x.target;
    const { book, now, cache } = this.#options;
    const hold = this.#holds.get(name);
    if (!hold || hold.allow.includes(x.access.user)) return 0;
    const known = cache.known(name, repository, digest);
    const until = heldUntil(hold, known, now(), tag);
    if (until === 0) return 0;
    const tags = ["", ...tag === undefined ? known.tags : [tag, ...known.tags]];
    const images = tags.map((tag) => imageOf({ registry: name, repository, tag }));
    return book.isReleased(digest, known.since ?? now(), images) ? 0 : until;
  }

  #tellHeld(key: TagKey, digest: string, until: number): void {
    const id = `${imageOf(key)}@${digest}`;
    if (this.#told.has(id)) return;
    this.#told.set(id, true);
    this.#options.onHeld(key, digest, until);
  }

  #parents(x: Exchange, digest: string): string[] {
    return this.#options.cache.parents(repositoryKey(x.target), digest, "content");
  }

  #held(x: Exchange, digest: string, until: number, tag = ""): OciError {
    const at = timeOf(until);
    const what = tag ? `this tag stands for ${digest} now, which` : "it";
    const why = `${what} is new and held back until ${at} (hold.new_digest)`;
    return this.#denied(x, why, "hold");
  }

  /** `by`: the rule, for programs. */
  #denied(x: Exchange, why: string, by: string): OciError {
    const { registry, repository } = x.target;
    const { contact } = this.#policy;
    const ask = contact ? `; ask ${contact}` : "";
    const message = `${repository} of ${registry.name} was refused: ${why}${ask}`;
    return new OciError("DENIED", { message, detail: { by } });
  }
}

/** `2026-01-02T00:00:00Z` */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
