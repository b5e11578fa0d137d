import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { forwardMetrics } from "../../../proxy/forward/metrics.ts";
import { Refusal, REFUSAL_REASONS } from "../../../proxy/forward/hosts/refusal.ts";
import type { Tunnel } from "../../../proxy/forward/tunnel/tunnels.ts";

const tunnel = (more: Partial<Tunnel>): Tunnel => ({
  id: 1,
  kind: "tunnel",
  host: "chosen.by-a-client.example",
  port: 443,
  client: "192.0.2.7",
  user: "ann",
  since: 0,
  up: 10,
  down: 1000,
  ...more,
});

Deno.test("forwardMetrics, tunnels that run and have ended, their bytes, and refusals", async () => {
  const register = new Registry();
  const open = [tunnel({}), tunnel({ id: 2 }), tunnel({ id: 3, kind: "interception" })];
  const onEvent = forwardMetrics(register, () => open);
  const lines = async () => (await register.metrics()).split("\n");
  const has = async (...expected: string[]) => {
    const text = await lines();
    for (const line of expected) assert.ok(text.includes(line), `${line}\n${text.join("\n")}`);
  };
  await has(
    'berth_forward_tunnels_open{kind="tunnel"} 2',
    'berth_forward_tunnels_open{kind="interception"} 1',
    'berth_forward_tunnels_total{kind="tunnel",result="closed"} 0',
    'berth_forward_bytes_total{kind="tunnel",direction="up"} 20',
    'berth_forward_bytes_total{kind="tunnel",direction="down"} 2000',
    'berth_forward_bytes_total{kind="interception",direction="down"} 1000',
    'berth_forward_refused_total{reason="host"} 0',
  );

  onEvent({ kind: "closed", tunnel: open.shift()!, end: "idle" });
  onEvent({ kind: "closed", tunnel: { ...open.pop()!, down: 4000 }, end: "closed" });
  onEvent({ kind: "refused", client: "192.0.2.7", refusal: new Refusal("host", "no") });
  onEvent({ kind: "refused", client: "192.0.2.7", refusal: new Refusal("busy", "no") });
  const endpoint = { host: "quay.io", port: 443 };
  onEvent({ kind: "handshake", client: "192.0.2.7", endpoint, problem: "not TLS" });
  await has(
    'berth_forward_tunnels_open{kind="tunnel"} 1',
    'berth_forward_tunnels_open{kind="interception"} 0',
    'berth_forward_tunnels_total{kind="tunnel",result="idle"} 1',
    'berth_forward_tunnels_total{kind="interception",result="closed"} 1',
    'berth_forward_bytes_total{kind="tunnel",direction="down"} 2000',
    'berth_forward_bytes_total{kind="interception",direction="down"} 4000',
    'berth_forward_refused_total{reason="host"} 1',
    'berth_forward_refused_total{reason="busy"} 1',
    "berth_forward_handshake_failures_total 1",
  );
});

Deno.test("forwardMetrics, as many series however many hosts clients ask for", async () => {
  const register = new Registry();
  const onEvent = forwardMetrics(register, () => []);
  const series = async () =>
    (await register.metrics()).split("\n").filter((line) => /^berth/.test(line)).length;
  const before = await series();
  for (let id = 0; id < 100; id++) {
    const host = `h${id}.example`;
    onEvent({ kind: "closed", tunnel: tunnel({ id, host, user: `u${id}` }), end: "reset" });
    for (const reason of REFUSAL_REASONS) {
      const refusal = new Refusal(reason, `${host} is refused`);
      onEvent({ kind: "refused", client: `192.0.2.${id}`, endpoint: { host, port: id }, refusal });
    }
  }
  assert.equal(await series(), before);
  assert.doesNotMatch(await register.metrics(), /example|192\.0/);
});
