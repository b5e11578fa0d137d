/** API tokens of a cluster: made, used or revoked at one Berth, they are so at all. */
import { type Clock, every } from "../base/clock.ts";
import { parseTokens, type Tokens } from "../proxy/access/tokens.ts";

/** What shares them with others; see `Cluster`. */
export interface TokenPeers {
  tellOthers(topic: string, about: string, value: unknown): void;
  onTold(topic: string, listener: (about: string, value: unknown) => void): void;
  told(id: string, name: string, signal: AbortSignal): Promise<unknown>;
  status(): { peers: readonly { id: string; problem: string }[] };
}

/** What each tells the others at once; that they have it, they are asked every so many milliseconds. */
const TOPIC = "tokens";
const ASK_EVERY = 10_000;
const PATIENCE = 2000;

/**
 * Shares `tokens` until it is disposed of. Resolves once those that are reached have said which tokens
 * there are: one that was revoked while this Berth was away is not good here for a moment.
 */
export async function shareTokens(
  tokens: Tokens,
  { peers, clock }: { peers: TokenPeers; clock: Clock },
): Promise<AsyncDisposable> {
  const learn = (told: unknown) => {
    const state = parseTokens(told);
    if (state) tokens.learn(state);
  };
  const over = new AbortController();
  const ask = async () => {
    const { signal } = over;
    const reached = peers.status().peers.filter(({ problem }) => problem === "");
    await Promise.all(reached.map(async ({ id }) => {
      const late = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
      const said = peers.told(id, `${TOPIC}?known=${tokens.mark}`, late);
      // One of an older version has nothing to say of them.
      learn(await said.catch(() => undefined));
    }));
  };
  tokens.tellBy((change) => {
    const about = change.tokens[0] ?? change.revoked[0];
    peers.tellOthers(TOPIC, about!.id, change);
  });
  peers.onTold(TOPIC, (_, value) => learn(value));
  await ask();
  const task = every(clock, ASK_EVERY, over.signal, async () => {
    tokens.tellUses();
    await ask();
  }, () => {});
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await task;
    },
  };
}
