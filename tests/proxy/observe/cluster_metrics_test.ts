import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { type ClusterFigures, clusterMetrics } from "../../../proxy/observe/cluster_metrics.ts";

Deno.test("clusterMetrics, whom this one reaches, and what went between them", async () => {
  const peer = { id: "b", address: "b:8082", version: "1", since: 0, problem: "" };
  const figures = {
    problem: "",
    answers: true,
    self: { id: "a", address: "a:8082" },
    peers: [peer, { ...peer, problem: "cannot be reached" }],
    fills: { led: 3, followed: 2 },
    sent: 70,
    received: 30,
    feed: { lag: 0, published: 0, applied: 0 },
  };
  const register = new Registry();
  clusterMetrics(register, () => figures as ClusterFigures);
  const told = async () => (await register.metrics()).split("\n");
  const lines = await told();
  for (
    const line of [
      "berth_cluster_up 1",
      'berth_peers{state="reached"} 1',
      'berth_peers{state="not reached"} 1',
      'berth_peer_fills_total{how="led"} 3',
      'berth_peer_fills_total{how="followed"} 2',
      'berth_peer_bytes_total{direction="sent"} 70',
      'berth_peer_bytes_total{direction="received"} 30',
    ]
  ) {
    assert.ok(lines.includes(line), line);
  }
  figures.problem = "what other Berths learn has not arrived for 31 s";
  assert.ok((await told()).includes("berth_cluster_up 1"));
  figures.answers = false;
  assert.ok((await told()).includes("berth_cluster_up 0"));
});
