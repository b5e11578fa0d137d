/** Whether the Berths of a cluster reach and believe each other, and what to change where not. */
import { type Clock, every } from "../../base/clock.ts";
import type { Holder, Member } from "../../cache/peers/coordinator.ts";

interface PeerState extends Member {
  /** What is wrong between this Berth and that one; empty where nothing is. */
  problem: string;
  /** When it answered last, in Unix milliseconds; undefined where it never did. */
  seen: number | undefined;
}

interface PeerHealthOptions {
  clock: Clock;
  self: Pick<Member, "id" | "address" | "since" | "mark">;
  others(): readonly Member[];
  /** Milliseconds by which the clock here is ahead of the coordinator's. */
  ahead(): number;
  /** What is wrong when `peer` is asked, in words; empty where nothing is. */
  greet(peer: Holder, signal: AbortSignal): Promise<string>;
  /** Told whenever what is wrong with a peer changes, and of its coming and going. */
  changed(change: PeerChange): void;
}

/** `key`: what it is about, which stays the same while `text` may not. */
interface OwnProblem {
  key: string;
  text: string;
}

type PeerChange =
  | { kind: "joined" | "left"; peer: Member }
  | { kind: "problem" | "over"; peer: PeerState }
  /** What is wrong with this one; empty when that is over. */
  | { kind: "own"; problem: string };

/** What `greet` says of a peer that does not answer. */
export const UNREACHED = "cannot be reached";
/** The same of somebody who is no Berth. */
const ELSE = /^answered \d+$/;

const EVERY = 4000;
/** Milliseconds after which whoever had this one's address before is no longer heard of. */
const SETTLED = 15_000;
/** Milliseconds by which clocks may differ before it is told: peers bear a minute. */
const SKEW = 30_000;

export class PeerHealth implements AsyncDisposable {
  readonly #options: PeerHealthOptions;
  readonly #over = new AbortController();
  readonly #task: Promise<void>;
  #states = new Map<string, PeerState>();
  /** Those that have missed one greeting. */
  readonly #missed = new Set<string>();
  /** What is wrong with this one, and what was found when it was last looked at. */
  #own: OwnProblem | undefined;
  #found: OwnProblem | undefined;

  constructor(options: PeerHealthOptions) {
    this.#options = options;
    this.#task = every(options.clock, EVERY, this.#over.signal, () => this.look(), () => {});
  }

  /** All others, as they were when last looked at. */
  get states(): readonly PeerState[] {
    return [...this.#states.values()];
  }

  /** What is wrong with this one, in words that name the setting; empty where nothing is. */
  get problem(): string {
    return this.#own?.text ?? "";
  }

  /** Ids of those who do not answer where they say they are. */
  get unreached(): readonly string[] {
    return this.states.filter(({ problem }) => problem === UNREACHED || ELSE.test(problem))
      .map(({ id }) => id);
  }

  /** Looks at all others now, and at what they say of this one. */
  async look(): Promise<void> {
    const { others, changed } = this.#options;
    const states = await Promise.all(others().map((peer) => this.#stateOf(peer)));
    if (this.#over.signal.aborted) return;
    this.#lookAtSelf();
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

  /** What is found twice in a row is wrong: others may have been busy, or this one. */
  #lookAtSelf(): void {
    const found = this.#ownProblem();
    const lasts = !found || found.key === this.#found?.key;
    this.#found = found;
    if (!lasts) return;
    const news = found?.key !== this.#own?.key;
    // Numbers and names in it may change from look to look.
    this.#own = found;
    if (news) this.#options.changed({ kind: "own", problem: this.problem });
  }

  #ownProblem(): OwnProblem | undefined {
    const { clock, self: { id, address, since }, others, ahead } = this.#options;
    const seconds = Math.round(Math.abs(ahead()) / 1000);
    if (Math.abs(ahead()) > SKEW) {
      const side = ahead() > 0 ? "ahead of" : "behind";
      const text = `the clock of this machine is ${seconds} s ${side} that of cluster.url`;
      return { key: "clock", text: `${text}: set the wrong one` };
    }
    const settled = clock.now() - since > SETTLED;
    const twin = settled && others().find((other) => other.address === address);
    if (twin) {
      const text = `this Berth and ${twin.id} give the same address, ${address}`;
      return { key: "twin", text: `${text}: check cluster.advertise` };
    }
    const deaf = others().filter(({ unreached }) => unreached.includes(id)).map(({ id }) => id);
    if (deaf.length === 0) return undefined;
    const names = new Intl.ListFormat("en").format(deaf);
    const text = `this Berth cannot be reached at ${address} by ${names}`;
    return { key: "unreached", text: `${text}: check cluster.advertise` };
  }

  async #stateOf(peer: Member): Promise<PeerState> {
    const { clock, self: { mark }, greet } = this.#options;
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
export function describeChange(change: PeerChange): { bad: boolean; line: string } {
  if (change.kind === "own") {
    const { problem } = change;
    return { bad: problem !== "", line: problem || "what was wrong with this Berth is over" };
  }
  const { kind, peer } = change;
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
