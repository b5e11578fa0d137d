/** The way of a fill among several Berths: one asks upstream, the others follow it from its first byte. */
import type { Clock } from "../../base/clock.ts";
import type { Course, Courses } from "../course.ts";
import type { Source, SourceAnswer } from "../types.ts";
import type { Coordinator, Holder, Leader, Lease } from "./coordinator.ts";
import { watched } from "./watched.ts";

/** What a peer has, or is being given. */
export interface PeerWay {
  /**
   * What `peer` has of `digest` from byte `from` on, stored or on its way; `undefined` where it has
   * nothing. Throws where it does not answer.
   */
  open(
    peer: Holder,
    digest: string,
    from: number,
    signal: AbortSignal,
  ): Promise<SourceAnswer | undefined>;
  /** Whether `peer` has all of `digest` on its disk; false where it does not answer in a moment. */
  has(peer: Holder, digest: string, signal: AbortSignal): Promise<boolean>;
}

/** What became of a fill that somebody else may have had. */
export type PeerEvent = "followed" | "copied" | "taken over" | "led" | "alone";

interface PeerOptions {
  coordinator: Coordinator;
  peers: PeerWay;
  clock: Clock;
  /** Milliseconds of silence after which it is asked whether a peer still fetches. */
  silent?: number;
  count?: (event: PeerEvent) => void;
}

const SILENT = 1000;
/** So often a right to fetch may turn out to be somebody's who does not answer. */
const ATTEMPTS = 4;

/** Courses by which a blob is fetched once however many Berths are asked for it. */
export function courseByPeers(options: PeerOptions): Courses {
  return (digest) => new PeerCourse(digest, options);
}

class PeerCourse implements Course {
  readonly #digest: string;
  readonly #options: PeerOptions;
  #lease: Lease | undefined;
  /** Others have been asked whether they have it. */
  #asked = false;
  #over = false;

  constructor(digest: string, options: PeerOptions) {
    this.#digest = digest;
    this.#options = options;
  }

  via(upstream: Source, prove: () => Promise<void>): Source {
    return async (from, signal, hints) =>
      await this.#nearer(from, signal, prove) ?? await upstream(from, signal, hints);
  }

  get #what(): string {
    return `fill:${this.#digest}`;
  }

  async ended(): Promise<void> {
    this.#over = true;
    await this.#lease?.release();
  }

  /** A nearer way than upstream; `undefined` where this one is to ask upstream, for all or alone. */
  async #nearer(
    from: number,
    signal: AbortSignal,
    prove: () => Promise<void>,
  ): Promise<SourceAnswer | undefined> {
    const { coordinator, count } = this.#options;
    if (this.#lease) return undefined;
    let gone: Leader | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const claim = await coordinator.claim(this.#what, gone);
      if (claim.kind === "alone") break;
      if (claim.kind === "mine") return await this.#led(claim.lease, gone, from, signal, prove);
      // On its way at a peer, it is here: whoever may not have it must not get it from there either.
      await prove();
      const answer = await this.#follow(claim.leader, from, signal);
      if (answer) return answer;
      gone = claim.leader;
    }
    count?.("alone");
    return undefined;
  }

  /** The right to fetch is ours: from a peer's disk, if one has it, else from upstream. */
  async #led(
    lease: Lease,
    gone: Leader | undefined,
    from: number,
    signal: AbortSignal,
    prove: () => Promise<void>,
  ): Promise<SourceAnswer | undefined> {
    // The fill may be over by now, and nobody else lets go of it.
    if (this.#over || this.#lease) void lease.release();
    else this.#lease = lease;
    const { count } = this.#options;
    const copy = await this.#copy(from, signal, prove);
    count?.(copy ? "copied" : gone ? "taken over" : "led");
    return copy;
  }

  async #follow(
    leader: Leader,
    from: number,
    signal: AbortSignal,
  ): Promise<SourceAnswer | undefined> {
    const { peers, coordinator, clock, silent = SILENT, count } = this.#options;
    const alive = () => coordinator.leads(leader, this.#what);
    try {
      const answer = await watched(
        (signal) => peers.open(leader, this.#digest, from, signal),
        { clock, silent, alive, signal },
      );
      if (answer) count?.("followed");
      return answer;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  /** From the disk of a peer that has it; upstream is asked by nobody then. */
  async #copy(
    from: number,
    signal: AbortSignal,
    prove: () => Promise<void>,
  ): Promise<SourceAnswer | undefined> {
    const { coordinator, peers } = this.#options;
    if (this.#asked) return undefined;
    this.#asked = true;
    const peer = await firstOf(
      coordinator.others.map(async (other) =>
        await peers.has(other, this.#digest, signal) ? other : undefined
      ),
    );
    if (!peer) return undefined;
    await prove();
    try {
      return await peers.open(peer, this.#digest, from, signal);
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }
}

/** The first of `candidates` that resolves to something; `undefined` where none does. */
function firstOf<T>(candidates: Promise<T | undefined>[]): Promise<T | undefined> {
  const found = candidates.map(async (candidate) =>
    await candidate ?? Promise.reject(new Error("nothing"))
  );
  return Promise.any(found).catch(() => undefined);
}
