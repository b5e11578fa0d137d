import assert from "node:assert/strict";
import {
  cacheLog,
  configureLog,
  logger,
  logRequest,
  logWriter,
} from "../../../proxy/observe/log.ts";
import { FakeClock } from "../../fake/clock.ts";
import { record } from "../../fake/records.ts";

/** A log in memory: the writer for `configureLog`, and its lines. */
function memoryLog() {
  const writes: string[] = [];
  const clock = new FakeClock();
  const writer = logWriter((bytes) => {
    writes.push(new TextDecoder().decode(bytes));
    return Promise.resolve(bytes.length);
  }, clock);
  const lines = async () => {
    await writer.flush();
    return writes.join("").split("\n").slice(0, -1);
  };
  return { writer, writes, clock, lines };
}

Deno.test("configureLog, again and again on one writer", async () => {
  const { writer, lines } = memoryLog();
  for (const level of ["info", "debug", "warn"] as const) {
    configureLog({ level, format: "text", requests: true }, writer);
    logger("config").info(`at ${level}`);
  }
  configureLog({ level: "info", format: "json", requests: true }, writer);
  assert.deepEqual((await lines()).map((line) => line.split(/\s+/).slice(1).join(" ")), [
    "INFO at info",
    "INFO at debug",
  ]);
});

Deno.test("log, lines of every kind in the order in which they were told, in one write", async () => {
  const { writer, writes, clock, lines } = memoryLog();
  configureLog({ level: "info", format: "text", requests: true }, writer);
  logRequest(record({ reference: "1.0", kind: "manifest" }));
  logger("config").info("reloaded {nothing}");
  logRequest(record({ kind: "ping" }));
  logRequest(record({ status: 502, error: "UNKNOWN", message: "a\nb", cache: "none", bytes: 0 }));
  cacheLog({ kind: "trouble", what: "disk", error: new Error("slow") });
  logRequest(record({ ended: "damaged", user: "ann", upstreamStatus: 200 }));
  assert.deepEqual(writes, []);
  await clock.advance(100);
  assert.equal(writes.length, 1);
  assert.deepEqual((await lines()).map((line) => line.replace(/^\S+Z /, "")), [
    "INFO  GET docker library/alpine:1.0 200 hit 1000 B 2ms 10.0.0.1",
    "INFO  reloaded {nothing}",
    "ERROR GET docker library/alpine@sha256:abc 502 - 0 B 2ms 10.0.0.1 UNKNOWN: a?b",
    "ERROR disk (Error: slow)",
    "WARN  GET docker library/alpine@sha256:abc 200 hit 1000 B 2ms 10.0.0.1 (damaged) user=ann " +
    "upstream=200",
  ]);
  assert.match((await lines())[0]!, /^2023-11-14T22:13:20\.002Z INFO /, "the request's end");
});

Deno.test("log, every line of JSON says when and what in the same fields", async () => {
  const { writer, lines } = memoryLog();
  configureLog({ level: "info", format: "json", requests: true }, writer);
  const failed = record({ id: "x-1", status: 502, error: "UNAVAILABLE", message: "no answer" });
  logRequest(failed);
  logger("cache").warn("odd", { error: new Error("why") });
  const [request, other] = (await lines()).map((line) => JSON.parse(line));
  const { time: _, message: __, ...fields } = failed;
  assert.deepEqual(request, {
    time: "2023-11-14T22:13:20.002Z",
    level: "error",
    logger: "request",
    message: "GET docker library/alpine@sha256:abc 502 hit 1000 B 2ms 10.0.0.1 " +
      "UNAVAILABLE: no answer",
    started: "2023-11-14T22:13:20.000Z",
    ...fields,
    errorMessage: "no answer",
  });
  assert.equal(new Date(other.time).toISOString(), other.time);
  const { level, logger: part, message, cause } = other;
  assert.deepEqual([level, part, message, cause], ["warn", "cache", "odd", "Error: why"]);
});

Deno.test("logRequest, without log.requests what failed or broke off is logged all the same", async () => {
  const { writer, lines } = memoryLog();
  configureLog({ level: "debug", format: "text", requests: false }, writer);
  logRequest(record({}));
  logRequest(record({ status: 404 }));
  logRequest(record({ kind: "ping" }));
  logger("config").info("other lines stay");
  logRequest(record({ status: 502, error: "UNKNOWN", message: "no answer" }));
  logRequest(record({ ended: "damaged" }));
  assert.deepEqual((await lines()).map((line) => line.split(/\s+/)[1]), ["INFO", "ERROR", "WARN"]);
});

Deno.test("logger, fields are part of JSON lines alone", async () => {
  const { writer, lines } = memoryLog();
  configureLog({ level: "info", format: "text", requests: true }, writer);
  logger("start").info("started", { version: "1" });
  configureLog({ level: "info", format: "json", requests: true }, writer);
  logger("start").info("started", { version: "1" });
  const [text, json] = await lines();
  assert.match(text!, /Z INFO {2}started$/);
  const { time: _, ...fields } = JSON.parse(json!);
  assert.deepEqual(fields, { level: "info", logger: "start", message: "started", version: "1" });
});
