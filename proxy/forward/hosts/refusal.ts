/** Why a request of a client is refused, in words that say what to change. */
import { type Endpoint, formatEndpoint, isWithin, type Reach } from "./endpoint.ts";

/** Reasons that are about the host asked for. */
const HOST_REASONS = ["host", "port", "private", "loop", "unresolved", "unreachable"] as const;
/** The same, and those that are about the client or its request. */
export const REFUSAL_REASONS = [
  ...HOST_REASONS,
  "network",
  "sign-in",
  "attempts",
  "malformed",
  "timeout",
  "busy",
] as const;

export type HostReason = typeof HOST_REASONS[number];
export type RefusalReason = typeof REFUSAL_REASONS[number];

/** Whether `reason` is about the host asked for. */
export function isAboutHost(reason: RefusalReason): reason is HostReason {
  return (HOST_REASONS as readonly string[]).includes(reason);
}

const STATUS: Readonly<Record<RefusalReason, number>> = {
  host: 403,
  port: 403,
  private: 403,
  loop: 403,
  network: 403,
  "sign-in": 407,
  attempts: 429,
  malformed: 400,
  timeout: 408,
  busy: 503,
  unresolved: 502,
  unreachable: 502,
};

/** A request of the forward proxy that ends here. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(readonly reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = STATUS[reason];
  }

  /** Headers that belong to the status. */
  get headers(): Record<string, string> {
    if (this.reason === "sign-in") return { "proxy-authenticate": 'Basic realm="Berth"' };
    return this.reason === "busy" ? { "retry-after": "5" } : {};
  }
}

/** 403 for a host, or a port of it, that is not on the list. */
export function notAllowed(endpoint: Endpoint, reason: "host" | "port"): Refusal {
  const what = reason === "host"
    ? `${formatEndpoint(endpoint)} is not an allowed host`
    : `port ${endpoint.port} of ${endpoint.host} is not allowed`;
  const entry = JSON.stringify(entryFor(endpoint, reason));
  const message = `${what}: add ${entry} to forward.allowed_hosts to let clients reach it`;
  return new Refusal(reason, message);
}

/**
 * What to add to `forward.allowed_hosts` for `endpoint`, which is refused for `reason`. A host alone
 * stands for its usual ports; where an entry with a port is what stood in the way, another one helps.
 */
export function entryFor(endpoint: Endpoint, reason: "host" | "port"): string {
  const full = formatEndpoint(endpoint);
  const usual = endpoint.port === 443 || endpoint.port === 80;
  return reason === "host" && usual ? full.replace(/:\d+$/, "") : full;
}

/** 403 for a host that turned out to have an address outside `reach`. */
export function privateAddress(endpoint: Endpoint, address: string, reach: Reach): Refusal {
  const found = `${endpoint.host} has the address ${address}, `;
  const allowable = isWithin(address, "private") && reach === "public";
  return new Refusal(
    "private",
    allowable
      ? `${found}which is not public: set forward.allow_private to let clients reach such addresses`
      : `${found}which no client may reach: link-local, metadata service or reserved`,
  );
}
