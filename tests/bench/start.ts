/** How long a start takes when the cache is full. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Berth, startBerth } from "../e2e/harness/berth.ts";
import type { Case } from "./cases.ts";

const BLOBS = 100_000;
const ROUNDS = 5;
const LONG_AGO = new Date(2020, 0);

export const START: Case = {
  name: "start",
  contenders: ["berth"],
  metrics: [
    { name: "ready, empty cache", unit: "ms", better: "less" },
    { name: "ready, 100,000 blobs", unit: "ms", better: "less" },
    { name: "ready, 100,000 blobs, after kill -9", unit: "ms", better: "less" },
  ],
  async run() {
    await using berth = await startBerth();
    const empty = await restarts(berth, "SIGTERM");
    await berth.stop();
    await fill(berth.cacheDir);
    await berth.restart(); // Makes the index from the files.
    return [empty, await restarts(berth, "SIGTERM"), await restarts(berth, "SIGKILL")];
  },
};

/** Milliseconds from the start of the process to its first 200 from `/readyz`. */
async function restarts(berth: Berth, signal: Deno.Signal): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    await berth.stop(signal);
    const began = performance.now();
    await berth.restart();
    samples.push(performance.now() - began);
  }
  return samples;
}

/**
 * Puts blobs into a cache directory, as if they had come long ago, and takes its index away: after a
 * crash Berth looks through what changed just before it.
 */
async function fill(cacheDir: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(cacheDir)) {
    if (isFile) await Deno.remove(join(cacheDir, name));
  }
  const store = join(cacheDir, "blobs", "sha256");
  for (let shard = 0; shard < 256; shard++) {
    Deno.mkdirSync(join(store, shard.toString(16).padStart(2, "0")), { recursive: true });
  }
  for (let i = 0; i < BLOBS; i++) {
    const bytes = new TextEncoder().encode(`blob ${i}`);
    const hex = createHash("sha256").update(bytes).digest("hex");
    Deno.writeFileSync(join(store, hex.slice(0, 2), hex), bytes);
  }
  for (const { name } of Deno.readDirSync(store)) {
    Deno.utimeSync(join(store, name), LONG_AGO, LONG_AGO);
  }
}
