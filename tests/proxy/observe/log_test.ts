import assert from "node:assert/strict";
import { configureLog, logger, logRequest } from "../../../proxy/observe/log.ts";
import { record } from "../../fake/records.ts";

Deno.test("configureLog, again and again on one stream", async () => {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  const stream = new WritableStream<Uint8Array>({
    write: (chunk) => void lines.push(decoder.decode(chunk)),
  });
  for (const level of ["info", "debug", "warn"] as const) {
    await configureLog({ level, format: "text" }, stream);
    logger("config").info(`at ${level}`);
  }
  await configureLog({ level: "info", format: "json" }, stream);
  assert.deepEqual(lines.map((line) => line.trim().split(/\s+/).slice(1).join(" ")), [
    "INFO at info",
    "INFO at debug",
  ]);
});

Deno.test("configureLog, every line of JSON says when and what in the same fields", async () => {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  const stream = new WritableStream<Uint8Array>({
    write: (chunk) => void lines.push(decoder.decode(chunk)),
  });
  await configureLog({ level: "info", format: "json" }, stream);
  logger("config").info("reloaded");
  const failed = { status: 502, error: "UNAVAILABLE", message: "no answer" };
  logRequest(record({ id: "x-1", time: 1_700_000_000_000, bytes: 100, ...failed }));
  await configureLog({ level: "warn", format: "json" }, stream);
  const [plain, request] = lines.map((line) => JSON.parse(line));
  assert.equal(plain.message, "reloaded");
  for (const { time } of [plain, request]) assert.equal(new Date(time).toISOString(), time);
  assert.match(request.message, /^GET docker .* 502 .*UNAVAILABLE: no answer$/);
  assert.equal(request.started, "2023-11-14T22:13:20.000Z");
  const { id, status, bytes, error, errorMessage } = request;
  assert.deepEqual([id, status, bytes, error, errorMessage], [
    "x-1",
    502,
    100,
    "UNAVAILABLE",
    "no answer",
  ]);
});
