import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { roomMetrics } from "../../../proxy/observe/room_metrics.ts";

Deno.test("roomMetrics, what there is of room and time, and nothing where there is neither", async () => {
  const register = new Registry();
  const state: { disk?: { free: number; reserved: number }; end?: number } = {};
  roomMetrics(register, {
    disk: () => Promise.resolve(state.disk),
    certificateEnd: () => Promise.resolve(state.end),
  });
  const samples = async () =>
    (await register.metrics()).split("\n").filter((line) => line.startsWith("berth_"));
  assert.deepEqual(await samples(), []);
  state.disk = { free: 7, reserved: 5 };
  state.end = 1_700_000_000_000;
  assert.deepEqual(await samples(), [
    "berth_disk_free_bytes 7",
    "berth_disk_reserved_bytes 5",
    "berth_certificate_expiry_timestamp_seconds 1700000000",
  ]);
});
