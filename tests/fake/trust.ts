/** What decides what may come through, with decisions that end with the test. */
import { systemClock } from "../../base/clock.ts";
import { NO_BOOK, TrustBook } from "../../proxy/trust/book.ts";
import { Signatures } from "../../proxy/cached/signatures.ts";
import { TrustGate } from "../../proxy/cached/trust_gate.ts";
import { Elsewhere, type ElsewhereOptions } from "../../proxy/trust/elsewhere.ts";
import { signersIn } from "../../proxy/cached/trust_of.ts";
import type { FakeClock } from "./clock.ts";
import { type CachedPair, cachedPair, type Pair, pair, type PairOptions } from "./pair.ts";

export interface TrustPair extends CachedPair {
  clock: FakeClock;
  book: TrustBook;
  /** Lines of the log, and what was held, as `image digest`. */
  warned: string[];
  held: string[];
  /** A proxy as after a restart, on the same cache, whose registry is away. */
  restarted(): Promise<Pair>;
}

/** A pair whose registry is governed by `options`; `files` are what its requirements name. */
export async function trustPair(
  clock: FakeClock,
  options: PairOptions,
  files: Readonly<Record<string, string>> = {},
  elsewhere?: Omit<ElsewhereOptions, "now" | "warn">,
): Promise<TrustPair> {
  const book = await TrustBook.open(NO_BOOK);
  const warned: string[] = [];
  const held: string[] = [];
  const { now } = clock;
  const warn = (line: string) => void warned.push(line);
  const signersOf = signersIn((file) => files[file]!);
  const governed: PairOptions = {
    ...options,
    parts: { now, ...options.parts },
    trust: (config, cache) =>
      new TrustGate(config, {
        cache,
        book,
        now,
        signatures: new Signatures(config, { cache, signersOf, now, warn }),
        elsewhere: elsewhere && new Elsewhere({ ...elsewhere, now, warn }),
        warn,
        onHeld: ({ registry, repository, tag }, digest) =>
          held.push(`${registry}/${repository}:${tag} ${digest}`),
      }),
  };
  // The cache's own timers go by real time: a day of them would take a while.
  const made = await cachedPair(governed, { clock: { ...systemClock, now } });
  const restarted = async () => {
    const next = await pair(governed, made.cache);
    next.upstream.fault({ path: /./, times: Infinity, action: { kind: "close" } });
    return next;
  };
  return Object.assign(made, { clock, book, warned, held, restarted });
}
