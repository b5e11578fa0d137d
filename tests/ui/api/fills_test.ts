import assert from "node:assert/strict";
import type { RunningFill } from "../../../cache/types.ts";
import { FillMeter } from "../../../ui/api/views/fills.ts";

const START = 1_700_000_000_000;

function fill(fields: Partial<RunningFill> = {}): RunningFill {
  return {
    digest: "sha256:ab",
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    repository: "docker/library/alpine",
    label: "",
    startedAt: START,
    received: 0,
    total: 10_000,
    followers: 1,
    resumed: 0,
    ...fields,
  };
}

const never = () => false;

Deno.test("FillMeter, speed over the last seconds and the time left", () => {
  const meter = new FillMeter();
  const at = (ms: number, received: number) =>
    meter.view([fill({ received })], START + ms, never)[0]!;
  const first = at(1000, 1000);
  assert.deepEqual([first.bytesPerSecond, first.leftMs], [1000, 9000]);
  assert.deepEqual([first.registry, first.repository], ["docker", "library/alpine"]);
  for (let second = 2; second <= 9; second++) at(second * 1000, 1000 + (second - 1) * 100);
  const slow = at(10_000, 1900);
  assert.deepEqual([slow.bytesPerSecond, slow.leftMs], [100, 81_000]);
});

Deno.test("FillMeter, states, and fills of unknown size", () => {
  const meter = new FillMeter();
  const states = (fields: Partial<RunningFill>, resuming = never) =>
    meter.view([fill(fields)], START + 1000, resuming).map(({ state, leftMs }) => [state, leftMs]);
  assert.deepEqual(states({}), [["running", null]]);
  assert.deepEqual(states({ received: 10_000 }), [["verifying", 0]]);
  assert.deepEqual(states({ received: 500, total: undefined }), [["running", null]]);
  assert.deepEqual(states({}, () => true), [["resuming", null]]);
});
