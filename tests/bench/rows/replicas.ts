/**
 * Three Berths of a cluster behind nginx, beside one of the same behind the same nginx, and the same of
 * docker-registry, two of which share a bucket. All are on this machine, so what is seen is what they
 * cost and not how much several machines give. The figures are of all processes: nginx, coordinator and
 * bucket, too.
 */
import { roundRobin, startCluster } from "../../e2e/harness/cluster.ts";
import { type S3Store, startS3 } from "../../e2e/harness/go_tools.ts";
import { startNginx } from "../../e2e/harness/nginx.ts";
import { type RealRegistry, startRegistry } from "../../e2e/harness/registry.ts";
import { scratchDir } from "../../e2e/harness/scratch.ts";
import { startValkey } from "../../e2e/harness/valkey.ts";
import { listens } from "../../e2e/harness/wait.ts";
import { freePort } from "../../fake/ports.ts";
import { combined, type StartContender } from "../contender.ts";
import { transfer } from "../load.ts";
import { rateAndCpu, type Row, withCpu } from "../row.ts";
import { mebibytes } from "../scale.ts";

const CLIENTS = 6;
const TIMES = 3;

/** `members` Berths, and a coordinator where they are several. */
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
    const pids = cluster.members.map(({ pid }) => pid);
    return combined(
      cluster.url,
      [cluster.pid, ...pids, ...valkey ? [valkey.pid] : []],
      stack.move(),
    );
  };
}

/** docker-registry on its disk, or two of them that keep everything in the same bucket. */
function startRegistries(members: 1 | 2): StartContender {
  return async (upstream) => {
    await using stack = new AsyncDisposableStack();
    const s3 = members > 1 ? stack.use(await startS3()) : undefined;
    const storage = s3 && { s3: s3Driver(s3), redirect: { disable: true } };
    const registries: RealRegistry[] = [];
    for (let i = 0; i < members; i++) {
      const registry = await startRegistry({ proxy: upstream, ...(storage && { storage }) });
      registries.push(stack.use(registry));
    }
    const { path } = stack.use(await scratchDir("front"));
    const port = freePort();
    const conf = roundRobin(port, registries);
    const nginx = stack.use(await startNginx(path, port, conf, () => listens(port)));
    const pids = registries.map(({ pid }) => pid);
    const url = `http://127.0.0.1:${port}`;
    return combined(url, [nginx.pid, ...pids, ...s3 ? [s3.pid] : []], stack.move());
  };
}

/** As distribution's storage driver is told of a bucket. */
function s3Driver({ url, bucket, keys }: S3Store): Record<string, unknown> {
  return {
    ...{ region: "us-east-1", regionendpoint: url, bucket },
    ...{ accesskey: keys.accessKeyId, secretkey: keys.secretAccessKey, secure: false },
  };
}

export const REPLICAS: Row = {
  name: "replicas",
  starters: ({ berth }) => ({
    "berth": startReplicas(1, berth!),
    "three berths": startReplicas(3, berth!),
    "docker-registry": startRegistries(1),
    "two docker-registries": startRegistries(2),
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
