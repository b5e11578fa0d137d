/**
 * Three Berths of a cluster behind nginx, beside one of the same behind the same nginx. All are on this
 * machine, so what is seen is what they cost and not how much three machines give.
 */
import { startCluster } from "../../e2e/harness/cluster.ts";
import { startValkey } from "../../e2e/harness/valkey.ts";
import { type Contender, contender, type StartContender } from "../contender.ts";
import { transfer } from "../load.ts";
import { rateAndCpu, type Row, withCpu } from "../row.ts";
import { mebibytes } from "../scale.ts";

const CLIENTS = 6;
const TIMES = 3;

/** `members` Berths; the figures are theirs, nginx's and the coordinator's together. */
function startReplicas(members: number, command: string[]): StartContender {
  return async (upstream) => {
    await using stack = new AsyncDisposableStack();
    const valkey = members > 1 ? stack.use(await startValkey()) : undefined;
    const cluster = stack.use(
      await startCluster({
        ...{ upstream, members, command },
        ...(valkey && { coordinator: valkey.url }),
        registry: { library: false },
      }),
    );
    const owned = stack.move();
    const pids = [cluster.pid, ...cluster.members.map(({ pid }) => pid)];
    if (valkey) pids.push(valkey.pid);
    const parts = pids.map((pid) => contender(cluster.url, pid, owned));
    const sum = async (figure: (part: Contender) => Promise<number>) =>
      (await Promise.all(parts.map(figure))).reduce((total, one) => total + one, 0);
    return {
      url: cluster.url,
      cpuSeconds: () => sum((part) => part.cpuSeconds()),
      peakMemory: () => sum((part) => part.peakMemory()),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  };
}

export const REPLICAS: Row = {
  name: "replicas",
  starters: ({ berth }) => ({
    "berth": startReplicas(1, berth!),
    "three berths": startReplicas(3, berth!),
  }),
  metrics: ({ large }) => [
    ...withCpu({
      name: `nginx in front: ${CLIENTS} clients, one cold blob, ${mebibytes(large)}`,
      unit: "MB/s",
      better: "more",
    }, "CPU s/GB"),
    { name: "… GETs that reach upstream", unit: "", better: "less" },
    ...withCpu(
      { name: `… hits, ${CLIENTS} clients`, unit: "MB/s", better: "more" },
      "CPU s/GB",
    ),
  ],
  prepare: (contender, upstream, { large }) => async () => {
    const path = await upstream.freshBlob(large);
    const requests = [{ url: contender.url + path }];
    const cold = await rateAndCpu(
      contender,
      () => transfer({ clients: CLIENTS, requests }, large),
    );
    const gets = await upstream.gets(path);
    // Whoever has none of it yet copies it from a peer.
    await transfer({ clients: CLIENTS, requests }, large);
    const hits = await rateAndCpu(
      contender,
      () => transfer({ clients: CLIENTS, requests, times: TIMES }, large),
    );
    return [...cold, gets, ...hits];
  },
};
