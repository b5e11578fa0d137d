/** Hits over TLS. */
import { tlsCaches } from "../contenders.ts";
import { curls } from "../load.ts";
import { rateAndCpu, type Row, withCpu } from "../row.ts";
import { mebibytes } from "../scale.ts";

const TIMES = 3;

export const TLS: Row = {
  name: "tls",
  starters: tlsCaches,
  metrics: ({ large }) =>
    [1, 4].flatMap((clients) =>
      withCpu({
        name: `hit over TLS, ${clients} client${clients > 1 ? "s" : ""}, ${mebibytes(large)}`,
        unit: "MB/s",
        better: "more",
      }, "CPU s/GB")
    ),
  async prepare(contender, upstream, { large }) {
    const url = contender.url + await upstream.freshBlob(large);
    const trust = ["--cacert", contender.caFile!];
    const hits = (clients: number, times = TIMES) => () => curls(clients, times, trust, url, large);
    await hits(1, 2)();
    return async () => [
      ...await rateAndCpu(contender, hits(1)),
      ...await rateAndCpu(contender, hits(4)),
    ];
  },
};
