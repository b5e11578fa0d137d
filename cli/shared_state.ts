/** What Berths of a cluster keep in files of their own and yet have in common: tokens, decisions about tags. */
import { type Clock, every } from "../base/clock.ts";

/** What shares it with others; see `Cluster`. */
export interface StatePeers {
  tellOthers(topic: string, about: string, value: unknown): void;
  onTold(topic: string, listener: (about: string, value: unknown) => void): void;
  told(id: string, name: string, signal: AbortSignal): Promise<unknown>;
  status(): { peers: readonly { id: string; problem: string }[] };
}

/** Something that each knows all of, and merges with what others know. */
interface SharedState {
  /** Stands for what is known: others that say the same have nothing to tell. */
  readonly mark: string;
  /** Takes over what another one told, if it is that. */
  learn(told: unknown): void;
  /** Calls `tell` with each change here, and what that is about. */
  tellBy(tell: (about: string, change: unknown) => void): void;
  /** Tells of what need not be known at once. */
  tellRest?(): void;
}

/** What each tells the others at once; that they have it, they are asked every so many milliseconds. */
const ASK_EVERY = 10_000;
const PATIENCE = 2000;

/**
 * Shares `state` as `topic` until it is disposed of. Resolves once those that are reached have said what
 * they know: what was revoked while this Berth was away is not good here for a moment.
 */
export async function shareState(
  topic: string,
  state: SharedState,
  { peers, clock }: { peers: StatePeers; clock: Clock },
): Promise<AsyncDisposable> {
  const over = new AbortController();
  const ask = async () => {
    const { signal } = over;
    const reached = peers.status().peers.filter(({ problem }) => problem === "");
    await Promise.all(reached.map(async ({ id }) => {
      const late = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
      const said = peers.told(id, `${topic}?known=${state.mark}`, late);
      // One of an older version has nothing to say of it.
      state.learn(await said.catch(() => undefined));
    }));
  };
  state.tellBy((about, change) => peers.tellOthers(topic, about, change));
  peers.onTold(topic, (_, change) => state.learn(change));
  await ask();
  const task = every(clock, ASK_EVERY, over.signal, async () => {
    state.tellRest?.();
    await ask();
  }, () => {});
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await task;
    },
  };
}
