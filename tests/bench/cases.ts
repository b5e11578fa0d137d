/** What is measured. Each case is handed a proxy that has just started, with an empty cache. */
import type { Contender, StartContender } from "./contenders.ts";
import { requestRate, transfer, warm } from "./load.ts";
import { LARGE, REPOSITORY, SMALL, TAG, type Upstream } from "./upstream.ts";

/** A number that is measured, and how the table shows it. */
export interface Metric {
  name: string;
  unit: "MB/s" | "req/s" | "s" | "ms" | "MB" | "";
  better: "more" | "less";
}

export interface Case {
  /** What `--only` selects it by. */
  name: string;
  /** Whom it concerns; everyone when left out. */
  contenders?: string[];
  /** Proxies set up for this case alone, instead of the usual ones. */
  starters?: Record<string, StartContender>;
  metrics: Metric[];
  /** One list of samples for each metric. */
  run(proxy: Contender, upstream: Upstream): Promise<number[][]>;
}

const ROUNDS = 3;
/** Slow enough that fifty clients can be fed from one stream, as from a registry far away. */
const HERD_RATE = 32 << 20;
const HERD = 50;

const megabytes = (bytes: number) => bytes / 1e6;

export const CASES: Case[] = [
  {
    name: "hit",
    metrics: [
      { name: "hit, 1 client, 256 MiB", unit: "MB/s", better: "more" },
      { name: "hit, 4 clients, 256 MiB", unit: "MB/s", better: "more" },
    ],
    async run(proxy, upstream) {
      const url = proxy.url + await upstream.freshBlob(LARGE);
      await transfer(url, LARGE, 1, 2);
      const rate = (clients: number) => async () => {
        const { total, transfers } = await transfer(url, LARGE, clients, 3);
        return megabytes(transfers.length * LARGE) / (total / 1000);
      };
      return [await rounds(rate(1)), await rounds(rate(4))];
    },
  },
  {
    name: "small",
    metrics: [{ name: "hits of a 4 KiB blob", unit: "req/s", better: "more" }],
    async run(proxy, upstream) {
      const url = proxy.url + await upstream.freshBlob(SMALL);
      await warm(url);
      return [await rounds(() => requestRate(url, 2))];
    },
  },
  {
    name: "manifest",
    metrics: [{ name: "manifest by tag", unit: "req/s", better: "more" }],
    async run(proxy) {
      const url = `${proxy.url}/v2/${REPOSITORY}/manifests/${TAG}`;
      await warm(url);
      return [await rounds(() => requestRate(url, 2))];
    },
  },
  {
    name: "cold",
    metrics: [
      { name: "cold, 1 client, 256 MiB", unit: "MB/s", better: "more" },
      { name: "peak memory, 1 client", unit: "MB", better: "less" },
    ],
    async run(proxy, upstream) {
      const samples = await rounds(async () => {
        const { total } = await transfer(proxy.url + await upstream.freshBlob(LARGE), LARGE, 1);
        return megabytes(LARGE) / (total / 1000);
      });
      return [samples, [megabytes(await proxy.peakMemory())]];
    },
  },
  {
    name: "herd",
    metrics: [
      { name: "50 clients, one cold blob, upstream at 32 MiB/s", unit: "s", better: "less" },
      { name: "… total time relative to one client's", unit: "", better: "less" },
      { name: "… GETs that reach upstream", unit: "", better: "less" },
      { name: "… last first byte after the first", unit: "ms", better: "less" },
      { name: "… peak memory", unit: "MB", better: "less" },
    ],
    async run(proxy, upstream) {
      await upstream.limit(HERD_RATE);
      try {
        const alone = await transfer(proxy.url + await upstream.freshBlob(LARGE), LARGE, 1);
        const path = await upstream.freshBlob(LARGE);
        const herd = await transfer(proxy.url + path, LARGE, HERD);
        const firstBytes = herd.transfers.map(({ firstByte }) => firstByte);
        return [
          [herd.total / 1000],
          [herd.total / alone.total],
          [await upstream.gets(path)],
          [Math.max(...firstBytes) - Math.min(...firstBytes)],
          [megabytes(await proxy.peakMemory())],
        ];
      } finally {
        await upstream.limit(0);
      }
    },
  },
];

async function rounds(sample: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < ROUNDS; i++) samples.push(await sample());
  return samples;
}
