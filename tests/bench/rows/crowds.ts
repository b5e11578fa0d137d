/** Many at once: clients on many blobs, slow ones, ranges of one blob, a manifest in between. */
import type { Contender } from "../contender.ts";
import { latencies, quantile, transfer, warm } from "../load.ts";
import { megabytes, PEAK_MEMORY, rateAndCpu, type Row, withCpu } from "../row.ts";
import { mebibytes, type Scale } from "../scale.ts";
import { REPOSITORY, TAG, type Upstream } from "../upstream.ts";

/** Bytes a second of each slow client, and of the blob that it takes: eight seconds. */
const SLOW_RATE = 512 << 10;
const SLOW_BLOB = 4 << 20;
const RANGES = 8;
const STREAMS = 20;
/** Milliseconds between two requests for the manifest. */
const INTERVAL = 5;

export const CROWDS: Row[] = [
  {
    name: "many",
    metrics: ({ herd, medium }) => [
      ...withCpu({
        name: `hits, ${herd} clients on ${herd} blobs of ${mebibytes(medium)}`,
        unit: "MB/s",
        better: "more",
      }, "CPU s/GB"),
      PEAK_MEMORY,
    ],
    async prepare(contender, upstream, { herd: clients, medium }) {
      const requests = await warmBlobs(contender, upstream, clients, medium);
      return async () => [
        ...await rateAndCpu(contender, () => transfer({ clients, requests, times: 2 }, medium)),
        megabytes(await contender.peakMemory()),
      ];
    },
  },
  {
    name: "slow",
    metrics: ({ slowClients }) => [
      ...withCpu({
        name: `${slowClients} clients at 512 KiB/s each, one blob of ${mebibytes(SLOW_BLOB)}`,
        unit: "MB/s",
        better: "more",
      }, "CPU s/GB"),
      PEAK_MEMORY,
    ],
    async prepare(contender, upstream, { slowClients: clients }) {
      const requests = await warmBlobs(contender, upstream, 1, SLOW_BLOB);
      const plan = { clients, requests, rate: SLOW_RATE };
      return async () => [
        ...await rateAndCpu(contender, () => transfer(plan, SLOW_BLOB)),
        megabytes(await contender.peakMemory()),
      ];
    },
  },
  {
    name: "ranges",
    metrics: ({ large }) =>
      withCpu(
        { name: `${RANGES} ranges of ${mebibytes(large)} at once`, unit: "MB/s", better: "more" },
        "CPU s/GB",
      ),
    async prepare(contender, upstream, { large }) {
      const [{ url } = { url: "" }] = await warmBlobs(contender, upstream, 1, large);
      const size = large / RANGES;
      const requests = Array.from({ length: RANGES }, (_, part) => ({
        url,
        range: [part * size, (part + 1) * size - 1] as [number, number],
      }));
      return () => rateAndCpu(contender, () => transfer({ clients: RANGES, requests }, size));
    },
  },
  {
    name: "latency",
    metrics: () => [
      { name: `manifest by tag while ${STREAMS} blobs stream, p50`, unit: "ms", better: "less" },
      { name: "… p99", unit: "ms", better: "less" },
    ],
    prepare: prepareLatency,
  },
];

async function prepareLatency(
  contender: Contender,
  upstream: Upstream,
  { medium, seconds }: Scale,
) {
  const requests = await warmBlobs(contender, upstream, STREAMS, medium);
  const manifest = `${contender.url}/v2/${REPOSITORY}/manifests/${TAG}`;
  await warm(manifest);
  return async () => {
    const streams = transfer({ clients: STREAMS, requests, seconds: 2 * seconds }, medium);
    const samples = await latencies(manifest, INTERVAL, streams);
    await streams;
    return [quantile(samples, 0.5), quantile(samples, 0.99)];
  };
}

/** Requests for `count` blobs that are in the cache, each read twice before. */
async function warmBlobs(
  contender: Contender,
  upstream: Upstream,
  count: number,
  size: number,
): Promise<{ url: string }[]> {
  const requests: { url: string }[] = [];
  for (let i = 0; i < count; i++) {
    requests.push({ url: contender.url + await upstream.freshBlob(size) });
  }
  await transfer({ clients: count, requests, times: 2 }, size);
  return requests;
}
