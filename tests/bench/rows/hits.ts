/** Answers from the cache: large blobs, small ones, manifests. */
import type { Contender } from "../contender.ts";
import { requestRate, transfer, warm } from "../load.ts";
import { megabytes, PEAK_MEMORY, rateAndCpu, type Round, type Row, withCpu } from "../row.ts";
import { mebibytes, type Scale } from "../scale.ts";
import { REPOSITORY, SMALL, TAG } from "../upstream.ts";

const TIMES = 3;

export const HITS: Row[] = [
  {
    name: "hit",
    metrics: ({ large }) => [
      ...withCpu(rate(`hit, 1 client, ${mebibytes(large)}`), "CPU s/GB"),
      ...withCpu(rate(`hit, 4 clients, ${mebibytes(large)}`), "CPU s/GB"),
      PEAK_MEMORY,
    ],
    async prepare(contender, upstream, { large }) {
      const requests = [{ url: contender.url + await upstream.freshBlob(large) }];
      await transfer({ clients: 1, requests, times: 2 }, large);
      const hits = (clients: number) => () => transfer({ clients, requests, times: TIMES }, large);
      return async () => [
        ...await rateAndCpu(contender, hits(1)),
        ...await rateAndCpu(contender, hits(4)),
        megabytes(await contender.peakMemory()),
      ];
    },
  },
  {
    name: "small",
    metrics: () => withCpu(answers("hits of a 4 KiB blob"), "CPU s/1000"),
    async prepare(contender, upstream, scale) {
      return await requests(contender, await upstream.freshBlob(SMALL), scale);
    },
  },
  {
    name: "manifest",
    metrics: () => withCpu(answers("manifest by tag"), "CPU s/1000"),
    prepare: (contender, _, scale) =>
      requests(contender, `/v2/${REPOSITORY}/manifests/${TAG}`, scale),
  },
];

function rate(name: string) {
  return { name, unit: "MB/s", better: "more" } as const;
}

function answers(name: string) {
  return { name, unit: "req/s", better: "more" } as const;
}

async function requests(contender: Contender, path: string, { seconds }: Scale): Promise<Round> {
  const url = contender.url + path;
  await warm(url);
  return async () => {
    const before = await contender.cpuSeconds();
    const { requests, perSecond } = await requestRate(url, seconds);
    const cpu = await contender.cpuSeconds() - before;
    return [perSecond, cpu / (requests / 1000)];
  };
}
