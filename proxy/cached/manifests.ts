/** `GET` and `HEAD /v2/<name>/manifests/<reference>` */
import { LRUCache } from "lru-cache";
import { atMost } from "../../base/at_most.ts";
import type { Clock } from "../../base/clock.ts";
import { Once } from "../../base/once.ts";
import type { TakeTurn } from "../../base/turn.ts";
import type { Cache } from "../../cache/api.ts";
import { DigestMismatch, SourceBroken } from "../../cache/errors.ts";
import type { Content, TagKey, TagRow } from "../../cache/types.ts";
import type { Answer } from "../answer.ts";
import type { Exchange, PathOf } from "../exchange.ts";
import { discard } from "../http/body.ts";
import type { CacheResult } from "../observe/record.ts";
import { OciError } from "../oci/errors.ts";
import { acceptKey, accepts, joinAccept } from "../oci/manifest.ts";
import { passManifest } from "./pass_manifest.ts";
import { isOutage } from "../upstream/outage.ts";
import { type Checked, checkTag, known } from "./check_tag.ts";
import { type Fetched, fetchTag } from "./fetch_tag.ts";
import type { FreshnessRules } from "./freshness.ts";
import { inTurn } from "./in_turn.ts";
import type { TrustGate } from "./trust_gate.ts";
import { serveManifest } from "./manifest_by_digest.ts";
import type { MissingTags } from "./missing_tags.ts";
import { contentHeaders, headOf, notModified, respond, withResult } from "./respond.ts";

export interface ManifestOptions {
  cache: Cache;
  rules: FreshnessRules;
  missing: MissingTags;
  /** True where the registry's quota is nearly used up, and asking is to be avoided. */
  quotaLow(registry: string): boolean;
  /** What may come through; none: everything. */
  trust?: TrustGate | undefined;
  /** Unix milliseconds. */
  now(): number;
  clock: Pick<Clock, "after">;
  /** Who of several Berths asks about a tag; none: there is but one. */
  turn?: TakeTurn | undefined;
}

export type ManifestHandler = (x: Exchange, path: PathOf<"manifest">) => Promise<Answer>;

/** Manifests from the cache; tags by the rules of `options`. */
export function manifests(options: ManifestOptions): ManifestHandler {
  const tags = new Tags(options);
  return async (x, path) => {
    const { kind, value } = path.reference;
    if (x.target.registry.redirects === "pass") return await passManifest(x, path);
    if (kind === "tag") return await tags.answer(x, value);
    const fetched = await options.trust?.manifest(x, value);
    const answer = await serveManifest(x, options.cache, value);
    return fetched && answer.cache === "hit" ? withResult(answer, "miss") : answer;
  };
}

/** What a request by tag is about. */
interface Asked {
  x: Exchange;
  key: TagKey;
  /** The client's `Accept`. */
  accept: string;
  /** What was last recorded, where its manifest can still be had without upstream, as far as known. */
  held: TagRow | undefined;
}

/** What a tag stands for, as far as it was asked for just now. */
type Meant = Omit<Checked, "changed">;

/** Tags whose former meaning is remembered. */
const MOST_FORMER = 10_000;

class Tags {
  readonly #options: ManifestOptions;
  /** What tags stood for that have moved since, until what they stand for now is here. */
  readonly #former = new LRUCache<string, TagRow>(atMost(MOST_FORMER));
  readonly #checks = new Once<Checked>();
  readonly #fetches = new Once<Fetched>();

  constructor(options: ManifestOptions) {
    this.#options = options;
  }

  async answer(x: Exchange, tag: string): Promise<Answer> {
    const { cache } = this.#options;
    const accept = joinAccept(x.request.headers);
    const { registry: { name: registry }, repository } = x.target;
    const key = { registry, repository, tag, accept: acceptKey(accept) };
    const frozen = this.#options.trust?.frozen(key);
    if (frozen) return await this.#frozen(x, frozen, tag);
    const row = cache.tag(key);
    const held = row && this.#mayHave(row.digest)
      ? { ...row, ...known(cache, row.digest) }
      : undefined;
    const asked: Asked = { x, key, accept, held };
    if (held) this.#former.delete(JSON.stringify(key));
    if (!held) return await this.#checked(asked);
    return await cache.holding(held.digest, () => this.#answerHeld(asked, held));
  }

  /** Fresh, checked or stale, as the rules say of a tag whose manifest is here. */
  async #answerHeld(asked: Asked, held: TagRow): Promise<Answer> {
    const { rules, now, quotaLow } = this.#options;
    const { x, key: { registry, tag } } = asked;
    if (x.ahead || !x.proof.holds()) return await this.#checked(asked);
    const age = now() - held.checkedAt;
    const ttl = rules.ttl(registry, tag);
    if (age < ttl) {
      return until(held.checkedAt + ttl, await this.#serve(asked, { row: held }, "hit"));
    }
    if (age < rules.staleIfError(registry)) {
      if (quotaLow(registry)) return await this.#serve(asked, { row: held }, "stale");
      if (rules.whileRevalidate) {
        this.#check(asked).catch(() => {});
        return await this.#serve(asked, { row: held }, "stale");
      }
    }
    return await this.#checked(asked);
  }

  /** What upstream says of the tag now; while it is away, what is held, if that is not too old. */
  async #checked(asked: Asked): Promise<Answer> {
    const { rules, now, missing } = this.#options;
    const { x } = asked;
    // What a GET was refused with, a HEAD would be, too.
    const refused = missing.get(asked.key, clientOf(asked)) ??
      missing.get(asked.key, clientOf(asked, "GET"));
    if (refused) throw refused;
    try {
      const checked = await this.#check(asked);
      return await this.#serve(asked, checked, checked.changed ? "miss" : "revalidated");
    } catch (error) {
      const allowed = !x.ahead && isOutage(error) && x.proof.holdsOffline();
      const stale = allowed ? this.#heldOf(asked) ?? this.#substitute(asked) : undefined;
      const most = rules.staleIfError(asked.key.registry);
      if (!stale || now() - stale.checkedAt > most) throw error;
      return await this.#serve(asked, { row: stale }, "stale");
    }
  }

  /** Asks upstream once for all who want to know the same of the same tag. */
  #check(asked: Asked): Promise<Checked> {
    const { cache, missing } = this.#options;
    const { key } = asked;
    const client = clientOf(asked);
    const { pushes } = missing;
    // Nobody who comes after a push waits for an answer from before it.
    return this.#checks.run(JSON.stringify([key, client, pushes]), async () => {
      try {
        const checked = await this.#askOnce(asked);
        const { held } = asked;
        if (held && !cache.holds(checked.row.digest)) this.#former.set(JSON.stringify(key), held);
        return checked;
      } catch (error) {
        if (error instanceof OciError && error.status === 404) {
          missing.remember(key, client, error, pushes);
        }
        throw error;
      }
    });
  }

  /**
   * Asks upstream, unless another Berth is doing so: what that one is told counts here, too. A tag of
   * which nothing is known may just have been pushed, and a client whose right is open is to prove it.
   */
  #askOnce({ x, key, accept }: Asked): Promise<Checked> {
    const { cache, now, turn, clock } = this.#options;
    const ask = () => checkTag(x, cache, key, accept, now);
    const before = cache.tag(key);
    if (!turn || !before || !x.proof.holds()) return ask();
    const told = (): Checked | undefined => {
      const row = cache.tag(key);
      if (!row || row.checkedAt === before.checkedAt) return undefined;
      const { digest } = row;
      const changed = before.digest !== digest || !cache.holds(digest);
      return { row: { ...row, ...known(cache, digest) }, changed };
    };
    return inTurn(JSON.stringify(key), { turn, clock, told }, ask);
  }

  /** What the tag stands for, or stood for last, as far as it is here. */
  #heldOf({ key, held }: Asked): TagRow | undefined {
    const former = held ?? this.#former.get(JSON.stringify(key));
    return former && this.#mayHave(former.digest) ? former : undefined;
  }

  /** Whether it can be had without upstream, as far as known: what others have told of, they may have. */
  #mayHave(digest: string): boolean {
    const { cache } = this.#options;
    return cache.holds(digest) || cache.rows.shared;
  }

  /** While upstream is away: the manifest that another client was given, if this one can use it. */
  #substitute({ key, accept }: Asked): TagRow | undefined {
    const { cache } = this.#options;
    return cache.tags(key.registry, key.repository, key.tag)
      .filter((row) => accepts(accept, row.mediaType) && this.#mayHave(row.digest))
      .sort((a, b) => b.checkedAt - a.checkedAt)[0];
  }

  /** The manifest that the tag stands for; `result` is how the tag itself was answered. */
  async #serve(asked: Asked, meant: Meant, result: CacheResult): Promise<Answer> {
    const { x, key } = asked;
    const { row, bytes } = meant;
    const given = await this.#options.trust?.meaning(x, key, row) ?? row;
    if (given.digest !== row.digest) return await this.#fixed(x, given.digest, "held");
    const unchanged = notModified(x, row, result);
    if (unchanged) return unchanged;
    if (x.request.method === "HEAD") return headOf(x, row, result);
    if (bytes) return respond(x, contentOf({ row, bytes }), result);
    const answer = await this.#content(asked, meant);
    // A manifest that turned out to be damaged took its tags along, and has come again.
    const { cache } = this.#options;
    if (answer.cache !== "hit" && !cache.tag(key)) cache.setTag(key, row);
    if (answer.cache !== "hit" || result === "hit") return answer;
    const { response } = answer;
    for (const [name, value] of contentHeaders(x, row, result)) response.headers.set(name, value);
    return { response, cache: result };
  }

  /**
   * The manifest by the digest that upstream said the tag stands for; where that cannot be had, or is
   * nothing that this client takes, by the tag itself.
   */
  async #content(asked: Asked, { row, called }: Meant): Promise<Answer> {
    const { x, accept } = asked;
    try {
      const answer = await serveManifest(x, this.#options.cache, row.digest);
      const type = answer.response.headers.get("content-type")!;
      const chosen = called === undefined || called === type || accept === "";
      if (chosen || accepts(accept, type)) return answer;
      await discard(answer.response);
    } catch (error) {
      if (!isAboutDigest(error)) throw error;
    }
    const fetched = await this.#fetch(asked);
    await this.#options.trust?.manifest(x, fetched.row.digest, asked.key.tag);
    return respond(x, contentOf(fetched), "miss");
  }

  /** What the tag is frozen to. */
  async #frozen(x: Exchange, digest: string, tag: string): Promise<Answer> {
    await this.#options.trust!.manifest(x, digest, tag);
    try {
      return await this.#fixed(x, digest, "frozen");
    } catch (error) {
      if (!(error instanceof OciError) || error.status !== 404) throw error;
      const message = `${tag} is frozen to ${digest}, which is neither here nor at the registry ` +
        "any more; unfreeze it, or freeze it to another digest";
      throw new OciError("MANIFEST_UNKNOWN", { message, cause: error });
    }
  }

  /** The manifest `digest` for a tag that stands for it here, whatever upstream says; `why`, for clients. */
  async #fixed(x: Exchange, digest: string, why: string): Promise<Answer> {
    const answer = await serveManifest(x, this.#options.cache, digest);
    const { headers } = answer.response;
    headers.set("cache-status", `${headers.get("cache-status")}; detail=${why}`);
    return answer;
  }

  /** Asks upstream by the tag, once for all who want the same of it. */
  #fetch(asked: Asked): Promise<Fetched> {
    const { cache, now } = this.#options;
    const { x, key, accept } = asked;
    return this.#fetches.run(
      JSON.stringify([key, clientOf(asked)]),
      () => fetchTag(x, cache, key, { accept, now, retries: 0 }),
    );
  }
}

/** Whether `error` leaves open what upstream would say if it were asked by the tag. */
function isAboutDigest(error: unknown): boolean {
  if (error instanceof OciError) return error.status !== 401 && error.status !== 429;
  return error instanceof DigestMismatch || error instanceof SourceBroken;
}

function contentOf({ row, bytes }: Fetched): Content {
  const { digest, mediaType, size } = row;
  return { digest, mediaType, size, offset: 0, length: size, body: bytes, how: "fill" };
}

/**
 * Clients that accept something else, or have other credentials, may be told something else; and a
 * HEAD that is refused says nothing to a GET.
 */
function clientOf({ key, x }: Asked, method = x.request.method): string {
  return JSON.stringify([key.accept, x.proof.id, method]);
}

/** `answer`, to be given again until `time` at most: a tag may move, its digest's content does not. */
function until(time: number, answer: Answer): Answer {
  return answer.again ? { ...answer, again: { ...answer.again, until: time } } : answer;
}
