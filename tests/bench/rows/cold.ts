/** Blobs that are not there yet: one client, and many that want the same. */
import { transfer } from "../load.ts";
import { megabytes, PEAK_MEMORY, rateAndCpu, type Row, withCpu } from "../row.ts";
import { mebibytes } from "../scale.ts";

/** Bytes a second. Slow enough that fifty clients can be fed from one stream. */
const UPSTREAM_RATE = 32 << 20;

export const COLD: Row[] = [
  {
    name: "cold",
    metrics: ({ large }) => [
      ...withCpu(
        { name: `cold, 1 client, ${mebibytes(large)}`, unit: "MB/s", better: "more" },
        "CPU s/GB",
      ),
      PEAK_MEMORY,
    ],
    prepare: (contender, upstream, { large }) => async () => {
      const requests = [{ url: contender.url + await upstream.freshBlob(large) }];
      return [
        ...await rateAndCpu(contender, () => transfer({ clients: 1, requests }, large)),
        megabytes(await contender.peakMemory()),
      ];
    },
  },
  {
    name: "herd",
    once: true,
    metrics: ({ herd }) => [
      {
        name: `${herd} clients, one cold blob, upstream at 32 MiB/s`,
        unit: "s",
        better: "less",
      },
      { name: "… total time relative to one client's", unit: "", better: "less" },
      { name: "… GETs that reach upstream", unit: "", better: "less" },
      { name: "… last first byte after the first", unit: "ms", better: "less" },
      PEAK_MEMORY,
    ],
    prepare: (contender, upstream, { large, herd: clients }) => async () => {
      await upstream.limit(UPSTREAM_RATE);
      try {
        const one = [{ url: contender.url + await upstream.freshBlob(large) }];
        const alone = await transfer({ clients: 1, requests: one }, large);
        const path = await upstream.freshBlob(large);
        const all = [{ url: contender.url + path }];
        const herd = await transfer({ clients, requests: all }, large);
        const firstBytes = herd.transfers.map(({ firstByte }) => firstByte);
        return [
          herd.milliseconds / 1000,
          herd.milliseconds / alone.milliseconds,
          await upstream.gets(path),
          Math.max(...firstBytes) - Math.min(...firstBytes),
          megabytes(await contender.peakMemory()),
        ];
      } finally {
        await upstream.limit(0);
      }
    },
  },
];
