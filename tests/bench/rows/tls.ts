/** Hits over TLS, by each protocol that clients may choose: HTTP/2 costs more, whoever serves it. */
import { tlsCaches } from "../contenders.ts";
import { curls } from "../load.ts";
import { rateAndCpu, type Row, withCpu } from "../row.ts";
import { mebibytes } from "../scale.ts";

const TIMES = 3;

const PROTOCOLS = { "HTTP/1.1": "--http1.1", "HTTP/2": "--http2" };

export const TLS: Row[] = Object.entries(PROTOCOLS).map(([protocol, flag]) => ({
  name: flag === "--http2" ? "tls-http2" : "tls",
  starters: tlsCaches,
  metrics: ({ large }) =>
    [1, 4].flatMap((clients) =>
      withCpu({
        name: `hit over TLS, ${protocol}, ${clients} client${clients > 1 ? "s" : ""}, ${
          mebibytes(large)
        }`,
        unit: "MB/s",
        better: "more",
      }, "CPU s/GB")
    ),
  async prepare(contender, upstream, { large }) {
    const url = contender.url + await upstream.freshBlob(large);
    const args = ["--cacert", contender.caFile!, flag];
    const hits = (clients: number, times = TIMES) => () => curls(clients, times, args, url, large);
    await hits(1, 2)();
    return async () => [
      ...await rateAndCpu(contender, hits(1)),
      ...await rateAndCpu(contender, hits(4)),
    ];
  },
}));
