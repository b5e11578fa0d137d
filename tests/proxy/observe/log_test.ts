import assert from "node:assert/strict";
import { configureLog, logger } from "../../../proxy/observe/log.ts";

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
