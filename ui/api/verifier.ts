/** The verification of the cache as a job: one at a time, with progress. */
import type { Cache } from "../../cache/api.ts";
import { ApiProblem } from "./problem.ts";
import type { Verification } from "./schema/events.ts";

/** Before the first run. */
export const NEVER_VERIFIED: Verification = {
  running: false,
  checkedBlobs: 0,
  totalBlobs: 0,
  checkedBytes: 0,
  startedAt: null,
  finishedAt: null,
  damaged: [],
};

interface VerifierOptions {
  /** Unix milliseconds. */
  now: () => number;
  /** Told when the job itself fails. */
  report: (error: unknown) => void;
}

export class Verifier {
  readonly #options: VerifierOptions;
  #state = NEVER_VERIFIED;
  #done = Promise.resolve();

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** How far it is, or how the last run went. */
  get state(): Verification {
    return this.#state;
  }

  /** Resolves when nothing runs. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** Starts to verify `digests`, or everything where there are none. Throws a 409 while one runs. */
  start(cache: Cache, digests: readonly string[]): Verification {
    if (this.#state.running) {
      throw new ApiProblem(409, "A verification is running already", {
        type: "already-running",
        detail: "Wait until it is finished.",
      });
    }
    this.#state = { ...NEVER_VERIFIED, running: true, startedAt: this.#options.now() };
    this.#done = this.#run(cache, digests);
    return this.#state;
  }

  async #run(cache: Cache, digests: readonly string[]): Promise<void> {
    try {
      await cache.verify(
        ({ blobs, bytes, totalBlobs, damaged }) => {
          this.#state = {
            ...this.#state,
            checkedBlobs: blobs,
            checkedBytes: bytes,
            totalBlobs,
            damaged,
          };
        },
        undefined,
        digests.length > 0 ? digests : undefined,
      );
    } catch (error) {
      this.#options.report(error);
    }
    this.#state = { ...this.#state, running: false, finishedAt: this.#options.now() };
  }
}
