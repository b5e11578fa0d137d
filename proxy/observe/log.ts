/** The log: one line an event, as text for people or JSON for machines. */
import {
  configure,
  getLogger,
  getStreamSink,
  type Logger,
  type LogRecord,
  reset,
  type TextFormatter,
} from "@logtape/logtape";
import { formatSize } from "../../base/units.ts";
import type { CacheEvent } from "../../cache/events.ts";
import type { Config } from "../config/schema.ts";
import type { RequestRecord } from "./record.ts";

const LEVELS = { debug: "debug", info: "info", warn: "warning", error: "error" } as const;

/**
 * Sets level and format for the process, to standard error. Called again after a reload.
 * `stream` is for tests.
 */
export async function configureLog(
  log: Config["log"],
  stream: WritableStream<Uint8Array> = Deno.stderr.writable,
): Promise<void> {
  await reset(); // the old sink lets go of the stream before the new one takes it
  await configure({
    sinks: {
      out: getStreamSink(keepOpen(stream), { formatter: log.format === "json" ? json : text }),
    },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["out"] },
      { category: ["berth"], lowestLevel: LEVELS[log.level], sinks: ["out"] },
    ],
  });
}

/** Writes what is still to be written; after that nothing is. */
export const closeLog: () => Promise<void> = reset;

/** A reload disposes of the old sink; the stream beneath it stays open. */
function keepOpen(stream: WritableStream<Uint8Array>): WritableStream<Uint8Array> {
  const writer = stream.getWriter();
  return new WritableStream({
    write: (chunk) => writer.write(chunk),
    close: () => writer.releaseLock(),
  });
}

type Write = (line: string, properties?: { error?: unknown; request?: RequestRecord }) => void;

/** The log of a part: `cache`, `config`, `upstream`. Braces in a line mean nothing. */
export function logger(part: string): Record<"debug" | "info" | "warn" | "error", Write> {
  const log: Logger = getLogger(["berth", part]);
  return {
    debug: (line, properties) => log.debug("{line}", { ...properties, line }),
    info: (line, properties) => log.info("{line}", { ...properties, line }),
    warn: (line, properties) => log.warn("{line}", { ...properties, line }),
    error: (line, properties) => log.error("{line}", { ...properties, line }),
  };
}

/** Writes what the cache reports of itself. */
export function cacheLog(event: CacheEvent): void {
  const log = logger("cache");
  switch (event.kind) {
    case "fill-resumed":
      return log.warn(`${name(event)}: upstream broke off at byte ${event.offset}; going on`, {
        error: event.error,
      });
    case "fill-failed":
      return log.warn(`${name(event)}: not stored, failed after ${event.received} bytes`, {
        error: event.error,
      });
    case "not-stored":
      return log.error(`${name(event)}: passed on without being stored`, { error: event.error });
    case "damaged":
      if (event.where === "depot") {
        return log.error(`${name(event)}: was damaged in the depot, and is removed there`, {
          error: event.error,
        });
      }
      return log.error(`${name(event)}: stored content is damaged and was set aside`, {
        error: event.error,
      });
    case "evicted":
      return log.info(
        `${event.digest}: evicted (${event.reason}), ${formatSize(event.size)} freed`,
      );
    case "tag-moved": {
      const { registry, repository, tag } = event.key;
      return log.debug(`${registry}/${repository}:${tag} moved from ${event.from} to ${event.to}`);
    }
    case "trouble":
      return log.error(event.what, { error: event.error });
    default:
      return log.debug(`${event.kind} ${name(event)}`);
  }
}

function name({ repository, digest }: { repository: string; digest: string }): string {
  return repository ? `${repository}@${digest}` : digest;
}

const requests = getLogger(["berth", "request"]);

/** Writes one line for each request. Pages, health checks and pings only at debug. */
export function logRequest(record: RequestRecord): void {
  const quiet = record.kind === "page" || record.kind === "ping";
  const failed = record.status >= 500 && !notReady(record);
  const broken = /^(upstream broke off|damaged|stopped)$/.test(record.ended);
  const level = failed ? "error" : broken ? "warn" : quiet ? "debug" : "info";
  if (!requests.isEnabledFor(level === "warn" ? "warning" : level)) return;
  logger("request")[level](summary(record), { request: record });
}

/** What `/readyz` says while parts are starting or ending is an answer, not a failure. */
function notReady({ kind, status, path }: RequestRecord): boolean {
  return kind === "page" && status === 503 && path === "/readyz";
}

/** `GET docker library/alpine:3.20 200 hit 1.5 KiB 12ms 10.0.0.1` */
export function summary(record: RequestRecord): string {
  const { repository, reference } = record;
  const name = reference
    ? `${repository}${reference.includes(":") ? "@" : ":"}${reference}`
    : repository || record.path;
  const parts = [
    record.method,
    record.registry || "-",
    name,
    record.status,
    record.cache === "none" ? "-" : record.cache,
    formatSize(record.bytes),
    `${Math.round(record.durationMs)}ms`,
    record.client,
  ];
  if (record.ended !== "complete") parts.push(`(${record.ended})`);
  if (record.user) parts.push(`user=${record.user}`);
  if (record.upstreamStatus) parts.push(`upstream=${record.upstreamStatus}`);
  if (record.error) parts.push(`${record.error}: ${record.message}`);
  return parts.join(" ");
}

const text: TextFormatter = (entry) => {
  const time = new Date(entry.timestamp).toISOString();
  const level = LABELS[entry.level];
  return `${time} ${level} ${printable(messageOf(entry))}${errorOf(entry)}\n`;
};

/** Of every line `time` is when it was written and `message` what the text format says, too. */
const json: TextFormatter = (entry) => {
  const { request, error, line: _, ...rest } = entry.properties;
  return JSON.stringify({
    time: new Date(entry.timestamp).toISOString(),
    level: LABELS[entry.level].trim().toLowerCase(),
    logger: entry.category.slice(1).join("."),
    message: messageOf(entry),
    ...(request ? fieldsOf(request as RequestRecord) : {}),
    ...(error === undefined ? {} : { cause: String(error) }),
    ...rest,
  }) + "\n";
};

function fieldsOf({ time, message, ...fields }: RequestRecord): Record<string, unknown> {
  return { started: new Date(time).toISOString(), ...fields, errorMessage: message };
}

const LABELS: Record<LogRecord["level"], string> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO ",
  warning: "WARN ",
  error: "ERROR",
  fatal: "ERROR",
};

function messageOf(entry: LogRecord): string {
  return entry.message.map((part) => typeof part === "string" ? part : String(part)).join("");
}

function errorOf(entry: LogRecord): string {
  const { error } = entry.properties;
  return error === undefined ? "" : printable(` (${String(error)})`);
}

/** One line, whatever a client or an upstream put into a name: no control characters. */
function printable(line: string): string {
  // deno-lint-ignore no-control-regex
  return line.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?");
}
