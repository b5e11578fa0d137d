/** The tags that are pulled most, kept fresh: what has moved is fetched before a client asks for it. */
import { type Clock, every } from "../../base/clock.ts";
import type { Cache } from "../../cache/api.ts";
import { MANIFEST_LIMIT, referencesOf } from "../../cache/manifest.ts";
import type { Caller } from "../http/caller.ts";
import type { RegistryMap } from "../names/target.ts";
import type { RequestRecord } from "../observe/record.ts";
import { acceptOf } from "../oci/manifest.ts";
import type { Asker } from "./asker.ts";
import { type Image, imageOf } from "./image.ts";
import type { JsonFile } from "./json_file.ts";
import {
  addTo,
  type LearnedState,
  NO_STATE,
  type PulledTag,
  type TagLook,
  type Totals,
} from "./learned_state.ts";
import type { ImageProgress } from "./progress.ts";
import type { Pulls } from "./pulls.ts";
import { closedTo, type ClosedUntil, closedWords } from "./quota.ts";
import { type Saved, Savings } from "./savings.ts";
import { nextRun } from "./schedule.ts";

/** What is learned, and how often it is looked at. */
export interface Learning {
  /** How many tags; 0: none, which turns it off. */
  tags: number;
  /** Milliseconds between the beginnings of two looks. */
  every: number;
  /** Share of each registry's quota (0 to 1) that is left to clients. */
  reserve: number;
}

export interface LearnedParts {
  learning(): Learning;
  /** Tags by how often clients pulled them of late, the most pulled first. */
  pulled(limit: number): PulledTag[];
  /** Milliseconds for which a tag is believed. */
  ttl(registry: string, tag: string): number;
  /** Milliseconds that a client was spared by an answer from the cache. */
  timeSaved(record: RequestRecord): number;
  pulls: Pick<Pulls, "start" | "over">;
  asker(recorded: Caller["recorded"]): Pick<Asker, "meaning">;
  cache: Pick<Cache, "tags" | "tagHistory" | "holds" | "peek">;
  map(): RegistryMap;
  closedUntil: ClosedUntil;
  clock: Clock;
  store: JsonFile<LearnedState>;
  /** Whether it falls to this Berth, where there are several. */
  duty(): Promise<boolean>;
  /** In [0, 1). */
  random(): number;
  /** Told of everything that is counted, as it happens. */
  counted?(registry: string, more: Partial<Totals>): void;
  warn(line: string, error: unknown): void;
}

export interface LearnedView extends Learning {
  /** Unix milliseconds; null while it looks, and where it is off. */
  nextAt: number | null;
  running: boolean;
  totals: Totals;
  /** What the last look found, or the one that is on. */
  looks: readonly TagLook[];
}

/** Milliseconds between two looks at the clock. */
const TICK = 15e3;
/** A tag that is believed for this long is said not to move. Milliseconds. */
const FIXED = 24 * 3600e3;
/** Tags at most that are pulled more than the others and are not for learning. */
const MOST_PASSED_OVER = 1000;
/** What was not fetched whole is remembered for so many manifests. */
const MOST_UNFINISHED = 2000;
/** Kinds of clients, by what they accept, for which a tag is asked. */
const MOST_KINDS = 3;

export class Learned {
  readonly #parts: LearnedParts;
  readonly #stop = new AbortController();
  readonly #savings = new Savings();
  #state: LearnedState = NO_STATE;
  #looks: TagLook[] = [];
  /** Unix milliseconds; `undefined` before it is known. */
  #nextAt: number | undefined;
  #run: Promise<void> | undefined;
  #ticking: Promise<void> = Promise.resolve();

  constructor(parts: LearnedParts) {
    this.#parts = parts;
  }

  /** Begins with what a former process counted. */
  async start(): Promise<void> {
    const { store, clock, warn } = this.#parts;
    this.#state = await store.read();
    this.#ticking = every(
      clock,
      TICK,
      this.#stop.signal,
      () => this.#tick(),
      (error) => warn("the tags that are pulled most could not be looked at", error),
    );
  }

  /** Ends what runs; what was counted is written down. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("Berth is stopping"));
    await Promise.all([this.#ticking, this.#run]);
    await this.#keep();
  }

  /** Takes note of a client's request. */
  saw(record: RequestRecord): void {
    const saved = this.#savings.saw(record, this.#parts.timeSaved);
    if (saved) this.#count(record.registry, totalsOf(saved));
  }

  view(): LearnedView {
    const learning = this.#parts.learning();
    const running = this.#run !== undefined;
    const nextAt = running || learning.tags === 0 ? null : this.#due();
    return { ...learning, nextAt, running, totals: this.#state.totals, looks: this.#looks };
  }

  /** Looks at every tag at once. False where it is off, or looks already. */
  lookNow(): boolean {
    return this.#begin(Infinity);
  }

  async #tick(): Promise<void> {
    const { learning, clock, duty } = this.#parts;
    await this.#keep();
    if (learning().tags === 0) {
      this.#looks = [];
      this.#nextAt = undefined;
      return;
    }
    if (this.#run || this.#due() > clock.now() || !await duty()) return;
    this.#begin(clock.now() - learning().every / 2);
  }

  #due(): number {
    const { learning, clock, random } = this.#parts;
    const timing = { every: learning().every, window: undefined, zone: "UTC" };
    const { last } = this.#state;
    this.#nextAt ??= nextRun(timing, last ?? undefined, clock.now(), random());
    // A shorter time may have come into force.
    return last === null ? this.#nextAt : Math.min(this.#nextAt, last + timing.every * 1.1);
  }

  /** Looks; what a client has asked for since `soon` (Unix milliseconds) is known as it is. */
  #begin(soon: number): boolean {
    const { clock, learning, warn } = this.#parts;
    if (this.#run || learning().tags === 0 || this.#stop.signal.aborted) return false;
    this.#state = { ...this.#state, last: clock.now() };
    this.#nextAt = undefined;
    this.#run = this.#look(soon)
      .catch((error) => warn("the tags that are pulled most could not be looked at", error))
      .then(() => {
        this.#run = undefined;
        return this.#keep();
      });
    return true;
  }

  async #keep(): Promise<void> {
    const { store, warn } = this.#parts;
    await store.write(this.#state).catch((error) => {
      warn("what learning cost and saved cannot be written down", error);
    });
  }

  /** One look at every tag: those of one registry after another, registries side by side. */
  async #look(soon: number): Promise<void> {
    const tags = this.#candidates();
    this.#looks = tags.map(({ look }) => look);
    const registries = Map.groupBy(tags, ({ image }) => image.registry).values();
    await Promise.all([...registries].map(async (all) => {
      for (const { image, look } of all) {
        if (this.#stop.signal.aborted) return;
        await this.#tag(image, look, soon);
      }
    }));
  }

  /** The tags that may move and that Berth can keep. */
  #candidates(): { image: Image; look: TagLook }[] {
    const { learning, pulled, ttl, map } = this.#parts;
    const { tags } = learning();
    const found: { image: Image; look: TagLook }[] = [];
    for (const { registry, repository, tag, pulls } of pulled(tags + MOST_PASSED_OVER)) {
      if (found.length === tags) break;
      const configured = map().find(registry);
      if (!configured || configured.offline || ttl(registry, tag) >= FIXED) continue;
      const image = imageAt(`${registry}/${repository}:${tag}`, map());
      if (!image) continue;
      found.push({ image, look: { image: image.name, pulls, state: "waiting", error: "" } });
    }
    return found;
  }

  async #tag(image: Image, look: TagLook, soon: number): Promise<void> {
    const { clock, closedUntil, learning } = this.#parts;
    const { reserve } = learning();
    const closed = closedTo(closedUntil, { registry: image.registry, reserve, now: clock.now() });
    if (closed) {
      // Asking would tell that it has moved, and then the next client would have to fetch it.
      Object.assign(look, { state: "skipped", error: closedWords(closed) });
      return;
    }
    try {
      this.#count(image.registry, { checks: 1 });
      const digests = await this.#moved(image, soon);
      look.state = digests.length === 0 ? "same" : "running";
      if (digests.length > 0) await this.#fetch(image, digests, look);
    } catch (error) {
      Object.assign(look, {
        state: "failed",
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** What the tag stands for now, to each kind of client that asked for it, and is not here. */
  async #moved(image: Image, soon: number): Promise<string[]> {
    const { asker, cache } = this.#parts;
    const { registry, repository, reference } = image;
    const { signal } = this.#stop;
    const kinds = cache.tags(registry, repository, reference)
      .sort((a, b) => b.checkedAt - a.checkedAt).slice(0, MOST_KINDS);
    const lacks = (digest: string) => !cache.holds(digest) || this.#isUnfinished(digest);
    const ask = asker(this.#recorded(registry));
    const digests = new Set<string>();
    for (const kind of kinds.length > 0 ? kinds : [undefined]) {
      const known = kind && kind.checkedAt > soon && !lacks(kind.digest);
      const accept = kind && acceptOf(kind.accept);
      digests.add(known ? kind.digest : await ask.meaning(image, reference, signal, accept));
    }
    return [...digests].filter((digest) => digest !== "" && lacks(digest));
  }

  async #fetch(image: Image, digests: string[], look: TagLook): Promise<void> {
    const { pulls, learning } = this.#parts;
    const { registry, key, reference } = image;
    this.#count(registry, { moved: 1 });
    this.#savings.begin(key, reference);
    this.#setUnfinished([...this.#without(digests), ...digests].slice(-MOST_UNFINISHED));
    await this.#keep();
    const pull = pulls.start(
      {
        images: digests.map((digest) => `${key}@${digest}`),
        platforms: await this.#platforms(image),
        allPlatforms: false,
        referrers: false,
      },
      {
        ...{ by: `learning ${image.name}`, reserve: learning().reserve, kept: false, waits: false },
        recorded: this.#recorded(registry),
      },
    );
    await pulls.over(pull.id, this.#stop.signal);
    const parts = pull.images.flatMap(({ parts }) => parts);
    this.#count(registry, { pulls: parts.filter(isPull).length });
    if (pull.state !== "done") {
      this.#savings.forget(key, reference);
      const why = pull.images.find(({ error }) => error !== "")?.error ?? "it was called off";
      throw new Error(why);
    }
    this.#setUnfinished(this.#without(digests));
    this.#savings.end(key, reference, digests[0]!, parts);
    look.state = "fetched";
  }

  /**
   * The platforms that clients had of what the tag stood for before. Where the registry's settings say
   * which are wanted, those count and nothing is returned; nor where no client had any.
   */
  async #platforms({ registry, repository, reference, platforms }: Image): Promise<string[]> {
    const { cache } = this.#parts;
    if (platforms.length > 0) return [];
    const former = cache.tagHistory({ registry, repository, tag: reference })
      .find(({ digest }) => cache.holds(digest) && !this.#isUnfinished(digest));
    const bytes = former && await cache.peek(former.digest, MANIFEST_LIMIT);
    const held = referencesOf(bytes ?? NOTHING)
      .filter(({ kind, digest }) => kind === "manifest" && cache.holds(digest))
      .map(({ platform }) => platform)
      .filter((platform) => platform !== "" && !platform.startsWith("unknown"));
    return [...new Set(held)];
  }

  #isUnfinished(digest: string): boolean {
    return this.#state.unfinished.includes(digest);
  }

  #without(digests: readonly string[]): string[] {
    return this.#state.unfinished.filter((digest) => !digests.includes(digest));
  }

  #setUnfinished(unfinished: readonly string[]): void {
    this.#state = { ...this.#state, unfinished };
  }

  #recorded(registry: string): Caller["recorded"] {
    return ({ attempts, upstreamBytes }) =>
      this.#count(registry, { requests: attempts.length, bytes: upstreamBytes });
  }

  #count(registry: string, more: Partial<Totals>): void {
    const { clock, counted } = this.#parts;
    this.#state = { ...this.#state, totals: addTo(this.#state.totals, more, clock.now()) };
    counted?.(registry, more);
  }
}

const NOTHING = new TextEncoder().encode("{}");

function totalsOf({ found, bytes, milliseconds }: Saved): Partial<Totals> {
  return { found, savedBytes: bytes, savedMs: milliseconds };
}

/** What a registry counts as a pull. */
function isPull({ kind, state }: ImageProgress["parts"][number]): boolean {
  return state === "came" && (kind === "manifest" || kind === "index");
}

/** `undefined` where Berth could not keep it, or the registry is not configured any more. */
function imageAt(name: string, map: RegistryMap): Image | undefined {
  try {
    return imageOf(name, map);
  } catch {
    return undefined;
  }
}
