/** What a look at a registry found, in the few words that metrics and alerts know. */
import { UpstreamError, type UpstreamErrorKind } from "../errors.ts";

/** Values of the label `reason` of `berth_registry_up`. */
export type Reason = "ok" | "dns" | "connect" | "tls" | "timeout" | "auth" | "http";

export interface Finding {
  reason: Reason;
  /** What is wrong, in words; empty where nothing is. */
  message: string;
  /** How the registry itself could not be reached at all; undefined where it could. */
  dead?: UpstreamErrorKind | undefined;
  /** What `/v2/` was answered with; undefined where it was not. */
  status?: number;
}

export const FINE: Finding = { reason: "ok", message: "" };

/** `rate-limited` is an answer: the quota tells of it. */
const REASONS: Record<UpstreamErrorKind, Reason> = {
  dns: "dns",
  refused: "connect",
  unreachable: "connect",
  reset: "connect",
  proxy: "connect",
  tls: "tls",
  timeout: "timeout",
  auth: "auth",
  "rate-limited": "ok",
  protocol: "http",
  redirect: "http",
  storage: "http",
  "forbidden-target": "http",
  "token-server": "http",
  unavailable: "http",
  offline: "http",
};

/** Failures that say of a registry that nobody is there; those that may be about one request do not. */
const DEAD: ReadonlySet<UpstreamErrorKind> = new Set(["dns", "refused", "unreachable", "timeout"]);

/** Whether a failure of this kind means that the host cannot be reached. */
export function isDead(kind: UpstreamErrorKind): boolean {
  return DEAD.has(kind);
}

/** What a failed request for `/v2/` says; `dead` is how the registry's own host failed, if it did. */
export function findingOf(error: unknown, dead: UpstreamErrorKind | undefined): Finding {
  const known = error instanceof UpstreamError ? error : undefined;
  const reason = known ? REASONS[known.kind] : "http";
  if (reason === "ok") return FINE;
  return { reason, message: known?.reason ?? "it could not be asked", dead };
}

/** What an answer to `/v2/` says, where Berth came with credentials of its own or without. */
export function findingOfStatus(
  status: number,
  { challenged, signedIn }: { challenged: boolean; signedIn: boolean },
): Finding {
  if (status < 400 || status === 429) return { ...FINE, status };
  const refused = status === 401 || status === 403;
  if (refused && signedIn) {
    return { reason: "auth", message: `it rejected Berth's credentials (${status})`, status };
  }
  if (status === 401 || (status === 403 && challenged)) return { ...FINE, status };
  const message = status === 404
    ? "there is no registry at this URL: /v2/ is not found"
    : `it answered ${status}`;
  return { reason: "http", message, status };
}
