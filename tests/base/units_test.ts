import assert from "node:assert/strict";
import {
  formatDuration,
  formatSize,
  parseDuration,
  parseSize,
  seconds,
  writeDuration,
  writeSize,
} from "../../base/units.ts";

Deno.test("parseSize, binary for short units, decimal for MB", () => {
  const table: [string, number | undefined][] = [
    ["32g", 32 * 2 ** 30],
    ["32GiB", 32 * 2 ** 30],
    ["500MB", 500e6],
    ["1.5k", 1536],
    ["0", 0],
    ["12", 12],
    ["12 parsecs", undefined],
    ["-1g", undefined],
    ["", undefined],
    ["99999999999999t", undefined],
  ];
  for (const [text, bytes] of table) assert.equal(parseSize(text), bytes, text);
});

Deno.test("parseDuration, one or several units", () => {
  const table: [string, number | undefined][] = [
    ["30s", 30e3],
    ["1h30m", 5400e3],
    ["60d", 60 * 86400e3],
    ["250ms", 250],
    ["0", 0],
    ["0s", 0],
    ["10", undefined],
    ["s", undefined],
    ["1 h", undefined],
  ];
  for (const [text, ms] of table) assert.equal(parseDuration(text), ms, text);
});

Deno.test("formatSize and formatDuration, short and readable", () => {
  assert.deepEqual([0, 1023, 1536, 432013312].map(formatSize), [
    "0 B",
    "1023 B",
    "1.5 KiB",
    "412 MiB",
  ]);
  assert.deepEqual([0, 250, 45e3, 7800e3, 60 * 86400e3].map(formatDuration), [
    "0s",
    "250ms",
    "45s",
    "2h10m",
    "60d",
  ]);
});

Deno.test("writeSize and writeDuration, lose nothing", () => {
  for (const bytes of [0, 1, 1234, 1000, 500e6, 2 ** 20, 32 * 2 ** 30, 1536 * 2 ** 20]) {
    assert.equal(parseSize(writeSize(bytes)), bytes);
  }
  assert.deepEqual([0, 500e6, 32 * 2 ** 30].map(writeSize), ["0B", "500MB", "32GiB"]);
  for (const ms of [0, 1, 1500, 5400e3, 60 * 86400e3, 86400e3 + 1]) {
    assert.equal(parseDuration(writeDuration(ms)), ms);
  }
  assert.deepEqual([0, 1500, 5400e3].map(writeDuration), ["0s", "1s500ms", "1h30m"]);
});

Deno.test("seconds, to a tenth", () => {
  assert.deepEqual([10_000, 500, 0].map(seconds), ["10 s", "0.5 s", "0 s"]);
});
