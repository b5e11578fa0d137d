/** What happens in the forward proxy, and how that reads in the log. */
import { logger } from "../observe/log.ts";
import { type Endpoint, formatEndpoint } from "./hosts/endpoint.ts";
import type { Refusal, RefusalReason } from "./hosts/refusal.ts";
import type { RelayEnd } from "./tunnel/relay.ts";
import type { Tunnel } from "./tunnel/tunnels.ts";

export type ForwardEvent =
  | { kind: "opened"; tunnel: Tunnel }
  | { kind: "closed"; tunnel: Tunnel; end: RelayEnd }
  | { kind: "refused"; client: string; endpoint?: Endpoint | undefined; refusal: Refusal }
  /** A client that connected to an intercepted host and then did not speak TLS with it. */
  | { kind: "handshake"; client: string; endpoint: Endpoint; problem: string }
  | { kind: "warning"; message: string }
  /** An intercepted request or its answer, secrets redacted. */
  | { kind: "trace"; message: string }
  | { kind: "failed"; message: string; error: unknown };

export type EventSink = (event: ForwardEvent) => void;

interface LogLine {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  error?: unknown;
}

/** Writes an event to the log. */
export function forwardLog(event: ForwardEvent): void {
  const { level, message, error } = describe(event);
  logger("forward")[level](message, error === undefined ? {} : { error });
}

/** One line for an event. What comes from clients may hold anything: the log makes it printable. */
export function describe(event: ForwardEvent): LogLine {
  switch (event.kind) {
    case "opened":
      return {
        level: "debug",
        message: `${nameOf(event.tunnel)} opened by ${event.tunnel.client}`,
      };
    case "closed": {
      const { kind, client, up, down } = event.tunnel;
      const how = event.end === "closed" ? "closed" : event.end === "idle" ? "idle" : "broken off";
      // The requests within an interception are logged one by one.
      return {
        level: kind === "tunnel" ? "info" : "debug",
        message: `${nameOf(event.tunnel)} ${how}: ${up} bytes up, ${down} down, ${client}`,
      };
    }
    case "refused": {
      const { reason, message } = event.refusal;
      return { level: levelOf(reason), message: `refused ${event.client}: ${message}` };
    }
    case "handshake": {
      const where = formatEndpoint(event.endpoint);
      return { level: "warn", message: `intercepting ${where}, ${event.client}: ${event.problem}` };
    }
    case "warning":
      return { level: "warn", message: event.message };
    case "trace":
      return { level: "debug", message: event.message };
    case "failed":
      return { level: "error", message: event.message, error: event.error };
  }
}

function levelOf(reason: RefusalReason): LogLine["level"] {
  if (reason === "busy") return "debug"; // There is a warning from time to time, however many come.
  return reason === "timeout" || reason === "sign-in" ? "info" : "warn";
}

function nameOf(tunnel: Tunnel): string {
  const { kind, host, port } = tunnel;
  return `${kind} to ${formatEndpoint({ host, port })}`;
}
