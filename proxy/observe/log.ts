/**
 * The log: one line an event, as text for people or JSON for machines. Lines of every kind go through
 * one writer in the order in which they are told; those of requests, of which there may be thousands
 * a second, go there directly.
 */
import { configureSync, getLogger, type Logger } from "@logtape/logtape";
import { systemClock } from "../../base/clock.ts";
import { LineWriter, type LineWriterOptions } from "../../base/line_writer.ts";
import { formatSize } from "../../base/units.ts";
import type { CacheEvent, EvictionReason } from "../../cache/events.ts";
import type { Config } from "../config/schema.ts";
import { type Format, FORMATS, levelOf, lostLine, requestLine } from "./log_format.ts";
import type { RequestRecord } from "./record.ts";

const LEVELS = { debug: "debug", info: "info", warn: "warning", error: "error" } as const;

/** Where the log goes, and how a line is written there. */
interface Output {
  writer: LineWriter;
  format: Format;
  /** Whether requests that were answered have a line, too. */
  requests: boolean;
}

let output: Output | undefined;

/**
 * Sets level and format for the process, to standard error. Called again after a reload; the writer
 * stays. `writer` is for tests.
 */
export function configureLog(log: Config["log"], writer?: LineWriter): void {
  const { format: name, requests } = log;
  const out = { writer: writer ?? output?.writer ?? logWriter(), format: name, requests };
  output = out;
  const format = FORMATS[name];
  configureSync({
    reset: true, // within one call, so that no line falls between the old and the new
    sinks: { out: (entry) => out.writer.add(format(entry)) },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["out"] },
      { category: ["berth"], lowestLevel: LEVELS[log.level], sinks: ["out"] },
    ],
  });
}

/** A writer of log lines, to standard error unless something else is said. */
export function logWriter(
  write: LineWriterOptions["write"] = toStandardError,
  clock: LineWriterOptions["clock"] = systemClock,
): LineWriter {
  return new LineWriter({
    write,
    clock,
    lostLine: (count, error) => lostLine(count, error, output?.format ?? "text", Date.now()),
  });
}

/** A pipe that somebody else has set to return at once, instead of waiting for its reader, is waited for. */
async function toStandardError(bytes: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return await Deno.stderr.write(bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await systemClock.delay(20);
    }
  }
}

/** Where the log's reader is so slow that requests should wait: a promise for the end of that. */
export function logRoom(): Promise<void> | undefined {
  return output?.writer.room;
}

/** Lines that were lost because the log could not be written. */
export function lostLines(): number {
  return output?.writer.lost ?? 0;
}

/** Writes what has been gathered; at the end of the process, and before something else is printed. */
export async function flushLog(): Promise<void> {
  await output?.writer.flushWithin(FLUSH_MS);
}

/** Milliseconds that a reader who does not read may hold up the end. */
const FLUSH_MS = 2000;

/** `properties` are fields of a JSON line; an `error` is told in text, too. */
type Write = (line: string, properties?: Record<string, unknown>) => void;

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
      return log.warn(`${name(event)}: upstream broke off at byte ${event.offset}; resuming`, {
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
        `evicted ${name(event)} (${REASONS[event.reason]}), ${formatSize(event.size)} freed`,
      );
    case "tag-moved": {
      const { registry, repository, tag } = event.key;
      return log.info(`${registry}/${repository}:${tag} moved from ${event.from} to ${event.to}`);
    }
    case "trouble":
      return log.error(event.what, { error: event.error });
    default:
      return log.debug(`${event.kind} ${name(event)}`);
  }
}

/** Why something is evicted: the limit that it had to make room for. */
const REASONS: Record<EvictionReason, string> = {
  size: "cache.max_size",
  age: "cache.max_age",
  disk: "cache.min_free",
  asked: "manual",
};

function name({ repository, digest }: { repository: string; digest: string }): string {
  return repository ? `${repository}@${digest}` : digest;
}

const requests = getLogger(["berth", "request"]);

/**
 * Writes one line for each request, past the logger, which costs several times as much. Without
 * `log.requests` only what is more than information has one.
 */
export function logRequest(record: RequestRecord): void {
  const level = levelOf(record);
  if (!output || !requests.isEnabledFor(level)) return;
  if (!output.requests && (level === "info" || level === "debug")) return;
  output.writer.add(requestLine(record, output.format));
}
