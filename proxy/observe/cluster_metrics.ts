/** What a Berth among several counts of itself and the others, for Prometheus. */
import { Counter, Gauge, type Registry } from "prom-client";
import { gaugeOf } from "./process_metrics.ts";

/** How a Berth among several stands to the others. */
export interface ClusterFigures {
  /** What keeps it from sharing, in words; empty where nothing does. */
  problem: string;
  /** Whether the coordinator answers. */
  answers: boolean;
  self: { id: string; address: string } | undefined;
  peers: readonly PeerFigures[];
  /** Fills since the start, by how their bytes came. */
  fills: Readonly<Record<string, number>>;
  /** Bytes of content since the start. */
  sent: number;
  received: number;
  /** Rows on their way between them: seconds of lag, and changes since the start. */
  feed: { lag: number; published: number; applied: number };
  /** Milliseconds by which this one is behind the changes of the others; absent: none to follow. */
  lagMs?: number | undefined;
}

interface PeerFigures {
  id: string;
  address: string;
  version: string;
  /** Since when it has been running, in Unix milliseconds. */
  since: number;
  /** What is wrong between the two; empty where nothing is. */
  problem: string;
  /** When it answered last, in Unix milliseconds; undefined where it never did. */
  seen?: number | undefined;
}

/** Registers `berth_cluster_*` and `berth_peer_*`, which read `status` when they are scraped. */
export function clusterMetrics(register: Registry, status: () => ClusterFigures): void {
  const registers = [register];
  gaugeOf(register, "berth_cluster_up", "Whether the coordinator of the cluster answers.", () => {
    return status().answers ? 1 : 0;
  });
  new Gauge({
    name: "berth_peers",
    help: "Other Berths of the cluster, by whether they are reached.",
    labelNames: ["state"],
    registers,
    collect() {
      const { peers } = status();
      const bad = peers.filter(({ problem }) => problem !== "").length;
      this.set({ state: "reached" }, peers.length - bad);
      this.set({ state: "not reached" }, bad);
    },
  });
  new Counter({
    name: "berth_peer_fills_total",
    help: "Downloads by how their bytes came: led (from upstream, for all), followed (from the " +
      "peer that led), copied (from a peer's disk), taken over (from a peer that broke off), alone (no peer to ask).",
    labelNames: ["how"],
    registers,
    collect() {
      this.reset();
      for (const [how, count] of Object.entries(status().fills)) this.inc({ how }, count);
    },
  });
  new Counter({
    name: "berth_peer_bytes_total",
    help: "Bytes of content that went to other Berths or came from them.",
    labelNames: ["direction"],
    registers,
    collect() {
      const { sent, received } = status();
      this.reset();
      this.inc({ direction: "sent" }, sent);
      this.inc({ direction: "received" }, received);
    },
  });
  feedMetrics(register, () => status().feed);
}

function feedMetrics(register: Registry, feed: () => ClusterFigures["feed"]): void {
  gaugeOf(
    register,
    "berth_feed_lag_seconds",
    "Since when what other Berths learn has not all arrived; 0 while it has.",
    () => feed().lag,
  );
  new Counter({
    name: "berth_feed_changes_total",
    help: "Changes of tags, memberships, pins and the like that were told to other Berths " +
      "(published) or made here because others told of them (applied).",
    labelNames: ["direction"],
    registers: [register],
    collect() {
      const { published, applied } = feed();
      this.reset();
      this.inc({ direction: "published" }, published);
      this.inc({ direction: "applied" }, applied);
    },
  });
}
