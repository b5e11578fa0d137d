/** Who fetches what, among several Berths that share one coordinator. */

/** Another Berth, or this one: where its peers reach it, `10.0.0.7:8082`. */
export interface Holder {
  readonly id: string;
  readonly address: string;
}

/** Who has the right to do something. */
export interface Leader extends Holder {
  /** What the coordinator knows the right by: only that one may be taken over. */
  readonly right: string;
}

export interface Member extends Holder {
  readonly version: string;
  /** Since when it has been running, in Unix milliseconds. */
  readonly since: number;
  /** Stands for the secret that it has, and gives nothing of it away. */
  readonly mark: string;
  /** Ids of the others that it cannot reach where they say they are, as it last said. */
  readonly unreached: readonly string[];
}

/** The right to do something for all, renewed until it is released. */
export interface Lease {
  /** False once somebody else may have it. */
  readonly held: boolean;
  /** Lets go of it; never throws. */
  release(): Promise<void>;
}

export type Claim =
  | { kind: "mine"; lease: Lease }
  | { kind: "held"; leader: Leader }
  /** There is nobody to ask: everybody acts alone. */
  | { kind: "alone" };

export interface Coordinator {
  /**
   * Asks for the right to do `what` for all, such as `fill:sha256:…`. `gone`: who had it and turned out
   * not to answer; its right is taken over unless somebody else has it by now. Never throws, and waits
   * no longer than a moment for a coordinator that does not answer.
   */
  claim(what: string, gone?: Leader): Promise<Claim>;
  /** Whether `leader` still has the right to do `what`; true where nobody can tell. */
  leads(leader: Leader, what: string): Promise<boolean>;
  /** All others that run, as last heard of. */
  readonly others: readonly Member[];
}
