/** What a client that signs in at a registry itself has to show before it is served from here. */
import type { Target } from "../names/target.ts";

/** How the credentials of one request stand to the repository that it is about. */
export interface Proof {
  /** Stands for the credentials and gives nothing of them away. */
  readonly id: string;
  /** Upstream let them read the repository, and that was a short while ago. */
  holds(): boolean;
  /** Enough while upstream is away: with `auth.offline: known` it let them read it once. */
  holdsOffline(): boolean;
  /** Asks the other Berths of a cluster whether it holds; never throws. */
  recall(): Promise<void>;
  /** Upstream has let them read from the repository. */
  confirm(): void;
  /** Upstream has refused them. */
  forget(): void;
}

/** What is known of a token that went through our `/token`. */
export interface IssuedToken {
  registry: string;
  token: string;
  /** Unix milliseconds; unknown where the token server did not say. */
  expires: number | undefined;
  /** Whether it was given to somebody who showed no credentials. */
  anonymous: boolean;
}

/** The proofs of a process. */
export interface ProofBook {
  /** The proof for a request with `authorization` that is about `target`. */
  of(target: Target, authorization: string | undefined): Proof;
  /** Remembers how long `token` lasts, and whether it is anybody's. */
  remember(token: IssuedToken): void;
  /** Runs `prove` once for all who want to know the same with the same credentials. */
  once(key: string, prove: () => Promise<unknown>): Promise<void>;
}

/** Where Berth signs in itself there is nothing for a client to prove. */
export const NOTHING_TO_PROVE: Proof = {
  id: "",
  holds: () => true,
  holdsOffline: () => true,
  recall: () => Promise.resolve(),
  confirm: () => {},
  forget: () => {},
};

/** Where nothing is kept each request goes to upstream with its own credentials. */
export const NO_PROOFS: ProofBook = {
  of: () => NOTHING_TO_PROVE,
  remember: () => {},
  once: async (_, prove) => void await prove(),
};
