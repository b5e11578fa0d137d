/** Every metric there is: of a Berth with a depot, in a cluster, with everything turned on. */
import { acmeMetrics } from "../../proxy/acme/metrics.ts";
import { aheadMetrics } from "../../proxy/ahead/metrics.ts";
import { forwardMetrics } from "../../proxy/forward/metrics.ts";
import { type ClusterFigures, clusterMetrics } from "../../proxy/observe/cluster_metrics.ts";
import { createMetrics, type Metrics } from "../../proxy/observe/metrics.ts";
import { registryMetrics } from "../../proxy/observe/registry_metrics.ts";
import { roomMetrics } from "../../proxy/observe/room_metrics.ts";

export function everyMetric(): Metrics {
  const metrics = createMetrics({
    version: "1.2.3",
    commit: "abc",
    counts: () => new Map(),
    usage: () => Promise.resolve({ bytes: 0, blobs: 0, maxSize: 0, pinnedBytes: 512, memory: 64 }),
    runningFills: () => 0,
    lostLines: () => 0,
    quotas: () => [],
    depot: () => ({
      ...{ problem: "", objects: 0, bytes: 0, maxSize: 0, queued: 0, gets: 0, puts: 0, errors: 0 },
      lastError: undefined,
    }),
  });
  forwardMetrics(metrics.register, () => []);
  registryMetrics(metrics.register, () => []);
  aheadMetrics(metrics.register);
  acmeMetrics(metrics.register, () => undefined);
  const together = {
    ...{ problem: "", answers: true, self: undefined, peers: [], fills: {}, sent: 0, received: 0 },
    feed: { lag: 0, published: 0, applied: 0 },
  };
  clusterMetrics(metrics.register, () => together as ClusterFigures);
  const nothing = () => Promise.resolve(undefined);
  roomMetrics(metrics.register, { disk: nothing, certificateEnd: nothing });
  return metrics;
}
