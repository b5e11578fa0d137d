/** How long a start takes when the cache is full. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Berth, startBerth } from "../../e2e/harness/berth.ts";
import { contender } from "../contender.ts";
import { eachBerth } from "../contenders.ts";
import { quantile } from "../load.ts";
import type { Row } from "../row.ts";

const STARTS = 5;
const LONG_AGO = new Date(2020, 0);

export const START: Row = {
  name: "start",
  once: true,
  starters: (berths) =>
    eachBerth(berths, (command) => async () => {
      const berth = await startBerth({}, command);
      return contender(berth.url, berth.pid, berth, { berth });
    }),
  metrics: ({ stored }) => [
    { name: "ready, empty cache", unit: "ms", better: "less" },
    { name: `ready, ${stored.toLocaleString("en")} blobs`, unit: "ms", better: "less" },
    { name: "… after kill -9", unit: "ms", better: "less" },
  ],
  prepare: ({ berth }, _, { stored }) => async () => {
    if (!berth) throw new Error("only Berth is started again");
    const empty = await restarts(berth, "SIGTERM");
    await berth.stop();
    await fill(berth.cacheDir, stored);
    await berth.restart(); // Makes the index from the files.
    return [empty, await restarts(berth, "SIGTERM"), await restarts(berth, "SIGKILL")];
  },
};

/** Milliseconds from the start of the process to its first 200 from `/readyz`: the middle of five. */
async function restarts(berth: Berth, signal: Deno.Signal): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    await berth.stop(signal);
    const began = performance.now();
    await berth.restart();
    samples.push(performance.now() - began);
  }
  return quantile(samples, 0.5);
}

/**
 * Puts blobs into a cache directory, as if they had come long ago, and takes its index away: after a
 * crash Berth looks through what changed just before it.
 */
async function fill(cacheDir: string, count: number): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(cacheDir)) {
    if (isFile) await Deno.remove(join(cacheDir, name));
  }
  const store = join(cacheDir, "blobs", "sha256");
  for (let shard = 0; shard < 256; shard++) {
    Deno.mkdirSync(join(store, shard.toString(16).padStart(2, "0")), { recursive: true });
  }
  for (let i = 0; i < count; i++) {
    const bytes = new TextEncoder().encode(`blob ${i}`);
    const hex = createHash("sha256").update(bytes).digest("hex");
    Deno.writeFileSync(join(store, hex.slice(0, 2), hex), bytes);
  }
  for (const { name } of Deno.readDirSync(store)) {
    Deno.utimeSync(join(store, name), LONG_AGO, LONG_AGO);
  }
}
