/** Whether the Berths of a cluster reach and believe each other, and what to change where not. */
import { type Clock, every } from "../../base/clock.ts";
import type { Holder, Member } from "../../cache/peers/coordinator.ts";

export interface PeerState extends Member {
  /** What is wrong between this Berth and that one; empty where nothing is. */
  problem: string;
  /** When it answered last, in Unix milliseconds; undefined where it never did. */
  seen: number | undefined;
}

export interface PeerHealthOptions {
  clock: Clock;
  /** What stands for the secret of this one. */
  mark: string;
  others(): readonly Member[];
  /** What is wrong when `peer` is asked, in words; empty where nothing is. */
  greet(peer: Holder, signal: AbortSignal): Promise<string>;
  /** Told whenever what is wrong with a peer changes, and of its coming and going. */
  changed(change: PeerChange): void;
}

export type PeerChange =
  | { kind: "joined" | "left"; peer: Member }
  | { kind: "problem" | "over"; peer: PeerState };

/** What `greet` says of a peer that does not answer. */
export const UNREACHED = "cannot be reached";

const EVERY = 4000;

export class PeerHealth implements AsyncDisposable {
  readonly #options: PeerHealthOptions;
  readonly #over = new AbortController();
  readonly #task: Promise<void>;
  #states = new Map<string, PeerState>();
  /** Those that have missed one greeting. */
  readonly #missed = new Set<string>();

  constructor(options: PeerHealthOptions) {
    this.#options = options;
    this.#task = every(options.clock, EVERY, this.#over.signal, () => this.look(), () => {});
  }

  /** All others, as they were when last looked at. */
  get states(): readonly PeerState[] {
    return [...this.#states.values()];
  }

  /** Looks at all others now. */
  async look(): Promise<void> {
    const { others, changed } = this.#options;
    const states = await Promise.all(others().map((peer) => this.#stateOf(peer)));
    if (this.#over.signal.aborted) return;
    const before = this.#states;
    this.#states = new Map(states.map((state) => [state.id, state]));
    for (const state of states) {
      const known = before.get(state.id);
      if (!known) changed({ kind: "joined", peer: state });
      if (state.problem === (known?.problem ?? "")) continue;
      changed({ kind: state.problem ? "problem" : "over", peer: state });
    }
    for (const peer of before.values()) {
      if (this.#states.has(peer.id)) continue;
      this.#missed.delete(peer.id);
      changed({ kind: "left", peer });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#task;
  }

  async #stateOf(peer: Member): Promise<PeerState> {
    const { clock, mark, greet } = this.#options;
    const known = this.#states.get(peer.id);
    const told = await greet(peer, this.#over.signal);
    // Once is no news of one that has answered: it, or this one, is busy.
    if (told !== UNREACHED) this.#missed.delete(peer.id);
    else if (known?.problem === "" && !this.#missed.has(peer.id)) {
      this.#missed.add(peer.id);
      return { ...known, ...peer };
    }
    const secret = peer.mark !== mark && told !== "";
    return {
      ...peer,
      problem: secret ? "cluster.secret differs from the one here" : told,
      seen: told === "" ? clock.now() : known?.seen,
    };
  }
}

/** `change` as a line of the log. */
export function describeChange({ kind, peer }: PeerChange): { bad: boolean; line: string } {
  const name = `${peer.id} at ${peer.address}`;
  switch (kind) {
    case "joined":
      return { bad: false, line: `${name} has joined the cluster` };
    case "left":
      return { bad: false, line: `${name} has left the cluster` };
    case "over":
      return { bad: false, line: `${name} is reached again` };
    case "problem": {
      const { problem } = peer;
      const hint = problem === UNREACHED ? ": check its cluster.advertise" : "";
      return { bad: true, line: `${name}: ${problem}${hint}` };
    }
  }
}
