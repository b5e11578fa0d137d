/** Carries rows out. */
import type { Contender } from "./contender.ts";
import { type Berths, caches } from "./contenders.ts";
import type { Row } from "./row.ts";
import type { Scale } from "./scale.ts";
import type { Measured } from "./table.ts";
import type { Upstream } from "./upstream.ts";

/**
 * The samples of a row. Its contenders run side by side and are measured in turn, A B A B, so that
 * whatever else happens on the machine meanwhile concerns all of them.
 */
export async function measure(
  row: Row,
  berths: Berths,
  upstream: Upstream,
  scale: Scale,
): Promise<Measured[]> {
  await using stack = new AsyncDisposableStack();
  const contenders: [string, Contender][] = [];
  for (const [name, start] of Object.entries((row.starters ?? caches)(berths))) {
    contenders.push([name, stack.use(await start(upstream.url))]);
  }
  const rounds = new Map(
    await inTurn(contenders, async ([name, contender]) => {
      return [name, await row.prepare(contender, upstream, scale)] as const;
    }),
  );
  const measured: Measured[] = row.metrics(scale).map((metric) => ({
    row: row.name,
    ...metric,
    samples: {},
  }));
  for (let i = 0; i < (row.once ? 1 : scale.rounds); i++) {
    for (const [name, round] of rounds) {
      const samples = await round();
      measured.forEach((one, metric) => (one.samples[name] ??= []).push(samples[metric]!));
    }
  }
  return measured;
}

async function inTurn<T, R>(list: T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const one of list) results.push(await work(one));
  return results;
}
