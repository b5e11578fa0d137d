/** How a line of the log is written: as text for people, or as JSON for machines. Pure. */
import type { LogRecord, TextFormatter } from "@logtape/logtape";
import { isoTime } from "../../base/iso_time.ts";
import { formatSize } from "../../base/units.ts";
import type { Config } from "../config/schema.ts";
import type { RequestRecord } from "./record.ts";
import { isError } from "./stats/counts.ts";

export type Format = Config["log"]["format"];
export type Level = LogRecord["level"];

/** Entries of the logger, by format. */
export const FORMATS: Record<Format, TextFormatter> = {
  text: (entry) => {
    const { error } = entry.properties;
    const cause = error === undefined ? "" : ` (${String(error)})`;
    return textLine(isoTime(entry.timestamp), entry.level, messageOf(entry) + cause);
  },
  json: (entry) => {
    const { error, line: _, ...rest } = entry.properties;
    return jsonLine({
      time: isoTime(entry.timestamp),
      level: entry.level,
      part: entry.category.slice(1).join("."),
      message: messageOf(entry),
      error,
      rest,
    });
  },
};

/** The line of a request, told at its end. */
export function requestLine(record: RequestRecord, format: Format): string {
  const time = isoTime(record.time + record.durationMs);
  const level = levelOf(record);
  const message = summary(record);
  return format === "json"
    ? jsonLine({ time, level, part: "request", message, rest: fieldsOf(record) })
    : textLine(time, level, message);
}

/** Of every line `time` is when it was written and `message` what the text format says, too. */
function fieldsOf({ time, message, attempts, ...fields }: RequestRecord): object {
  const tried = attempts.map(({ at, ...attempt }) => ({ ...attempt, at: isoTime(at) }));
  return { started: isoTime(time), ...fields, attempts: tried, errorMessage: message };
}

/** What stands in place of `count` lines that could not be written. */
export function lostLine(count: number, error: unknown, format: Format, now: number): string {
  const time = isoTime(now);
  const message = `${count} lines of the log were lost: it could not be written`;
  return format === "json"
    ? jsonLine({ time, level: "error", part: "log", message, error })
    : textLine(time, "error", `${message} (${String(error)})`);
}

/** Pages, health checks and pings are told at debug only. */
export function levelOf(record: RequestRecord): Level {
  if (record.status >= 500 && isError(record)) return "error";
  const { ended, kind } = record;
  if (ended === "upstream broke off" || ended === "damaged" || ended === "stopped") {
    return "warning";
  }
  return kind === "page" || kind === "ping" ? "debug" : "info";
}

/** `GET docker library/alpine:3.20 200 hit 1.5 KiB 12ms 10.0.0.1` */
function summary(record: RequestRecord): string {
  const { repository, reference } = record;
  const name = reference
    ? `${repository}${reference.includes(":") ? "@" : ":"}${reference}`
    : repository || record.path;
  const cache = record.cache === "none" ? "-" : record.cache;
  let line = `${record.method} ${record.registry || "-"} ${name} ${record.status} ${cache} ` +
    `${formatSize(record.bytes)} ${Math.round(record.durationMs)}ms ${record.client}`;
  if (record.ended !== "complete") line += ` (${record.ended})`;
  if (record.user) line += ` user=${record.user}`;
  if (record.upstreamStatus) line += ` upstream=${record.upstreamStatus}`;
  if (record.error) line += ` ${record.error}: ${record.message}`;
  return line;
}

function textLine(time: string, level: Level, message: string): string {
  return `${time} ${LABELS[level]} ${printable(message)}\n`;
}

function jsonLine({ time, level, part, message, error, rest }: {
  time: string;
  level: Level;
  part: string;
  message: string;
  error?: unknown;
  rest?: object;
}): string {
  return JSON.stringify({
    time,
    level: LABELS[level].trim().toLowerCase(),
    logger: part,
    message,
    ...(error === undefined ? {} : { cause: String(error) }),
    ...rest,
  }) + "\n";
}

const LABELS: Record<Level, string> = {
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

/** One line, whatever a client or an upstream put into a name: no control characters. */
function printable(line: string): string {
  // deno-lint-ignore no-control-regex
  return line.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?");
}
