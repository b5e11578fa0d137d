/** What one of several Berths does for all, such as keeping their depot in order. */
import type { Coordinator, Lease } from "./coordinator.ts";

/** Whether it falls to this one; `unknown` while there is nobody to ask. */
export type Turn = "mine" | "another's" | "unknown";

export class Duty {
  readonly #coordinator: Pick<Coordinator, "claim">;
  readonly #what: string;
  #lease: Lease | undefined;

  /** @param what a name that no other duty has, such as `upkeep` */
  constructor(coordinator: Pick<Coordinator, "claim">, what: string) {
    this.#coordinator = coordinator;
    this.#what = what;
  }

  /** Takes the duty where nobody has it; who has it keeps it until it stops or is not heard of. */
  async turn(): Promise<Turn> {
    if (this.#lease?.held) return "mine";
    const claim = await this.#coordinator.claim(this.#what);
    if (claim.kind === "held") return "another's";
    if (claim.kind === "alone") return "unknown";
    this.#lease = claim.lease;
    return "mine";
  }
}
