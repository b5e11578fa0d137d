/** A long load on an upstream that fails: what memory it takes, and what is left of it afterwards. */
import { Dice } from "../../e2e/soak/dice.ts";
import { startBerth } from "../../e2e/harness/berth.ts";
import { type Contender, contender } from "../contender.ts";
import { eachBerth } from "../contenders.ts";
import { type FaultyUpstream, startFaultyUpstream } from "../faulty_upstream.ts";
import { megabytes, PEAK_MEMORY, rateAndCpu, type Row, withCpu } from "../row.ts";

const CLIENTS = 48;
const BLOBS = 300;
const LARGEST = 20 << 20;

/** By the contender in front of it. */
const upstreams = new WeakMap<Contender, FaultyUpstream>();

async function startFaulty(command: string[]): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startFaultyUpstream(BLOBS, LARGEST));
  const berth = stack.use(
    await startBerth({
      // A third of all, so that there is always something to fetch.
      cache: { max_size: "1GiB", min_free: "0" },
      upstream: { response_timeout: "2s", idle_timeout: "2s" },
      default_registry: "docker",
      registries: { docker: { url: upstream.url, library: false } },
    }, command),
  );
  const started = contender(berth.url, berth.pid, stack.move(), { berth });
  upstreams.set(started, upstream);
  return started;
}

export const FAULTS: Row = {
  name: "faults",
  once: true,
  starters: (berths) => eachBerth(berths, (command) => () => startFaulty(command)),
  metrics: ({ faultSeconds, idleSeconds }) => [
    ...withCpu({
      name: `${CLIENTS} clients, ${BLOBS} blobs, an upstream that fails, ${faultSeconds} s`,
      unit: "MB/s",
      better: "more",
    }, "CPU s/GB"),
    PEAK_MEMORY,
    { name: `… memory, ${idleSeconds} s later`, unit: "MB", better: "less" },
  ],
  prepare: (contender, _, { faultSeconds, idleSeconds }) => async () => {
    const { blobs } = upstreams.get(contender)!;
    const urls = blobs.map(({ path, size }) => ({ url: contender.url + path, size }));
    const load = await rateAndCpu(contender, () => pullFor(faultSeconds * 1000, urls));
    const peak = megabytes(await contender.peakMemory());
    await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
    return [...load, peak, megabytes(await contender.memory())];
  },
};

/** Clients that take one of `blobs` after the other, whatever comes of it; some leave in between. */
async function pullFor(ms: number, blobs: { url: string; size: number }[]) {
  const dice = new Dice(14);
  const began = performance.now();
  const end = began + ms;
  const client = async () => {
    let bytes = 0;
    while (performance.now() < end) {
      const { url, size } = dice.pick(blobs);
      bytes += await take(url, dice.chance(0.1) ? dice.between(0, size) : Infinity, end);
    }
    return bytes;
  };
  const taken = await Promise.all(Array.from({ length: CLIENTS }, client));
  const bytes = taken.reduce((sum, one) => sum + one, 0);
  return { bytes, milliseconds: performance.now() - began };
}

/** Bytes that came of a blob, no more than about `most`, and none after `end`. */
async function take(url: string, most: number, end: number): Promise<number> {
  let bytes = 0;
  try {
    const signal = AbortSignal.timeout(Math.max(0, Math.ceil(end - performance.now())));
    const response = await fetch(url, { signal });
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes >= most) break;
    }
  } catch {
    // What broke off is what this row is about.
  }
  return bytes;
}
