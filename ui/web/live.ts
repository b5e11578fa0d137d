/** What happens now, as signals fed by the server's events. */
import { batch, signal } from "@preact/signals";
import type { RequestEntry } from "../api/schema/activity.ts";
import type { Events, Fill, Live, Member, Verification } from "../api/schema/events.ts";
import type { Status } from "../api/schema/status.ts";
import { call } from "./client.ts";

const REMEMBERED = 300;
const RETRY_MS = [1e3, 2e3, 5e3, 10e3];

export const status = signal<Status | undefined>(undefined);
export const live = signal<Live | undefined>(undefined);
export const fills = signal<Fill[]>([]);
/** The Berths of the cluster, the one that tells first; none where it is alone. */
export const members = signal<Member[]>([]);
/** The latest requests, newest first. */
export const recent = signal<RequestEntry[]>([]);
export const verification = signal<Verification | undefined>(undefined);
export const connection = signal<"connecting" | "open" | "lost">("connecting");

/** The server's clock as far as known, so that "5 min ago" does not depend on this computer's. */
export const serverNow = (): number => Date.now() + clockOffset;
let clockOffset = 0;

const handlers: { [Name in keyof Events]: (data: Events[Name]) => void } = {
  status: takeStatus,
  live: (data) => live.value = data,
  fills: (data) => fills.value = data,
  members: (data) => members.value = data,
  verification: (data) => verification.value = data,
  requests: (data) => recent.value = mergeRequests(recent.value, data, REMEMBERED),
};

/**
 * Requests of two lists, newest first, each once, at most `limit`. Numbers that fall back mean
 * that the server started anew: what was known before is dropped.
 */
export function mergeRequests(
  known: readonly RequestEntry[],
  more: readonly RequestEntry[],
  limit: number,
): RequestEntry[] {
  const bySeq = new Map(known.map((entry) => [entry.seq, entry]));
  for (const entry of more) {
    if (bySeq.has(entry.seq) && bySeq.get(entry.seq)!.id !== entry.id) bySeq.clear();
    bySeq.set(entry.seq, entry);
  }
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, limit);
}

/** Why the state is not known yet, where asking for it failed. */
export const statusError = signal<unknown>(undefined);

/** Shows `next` as the present state, in place of waiting for the event. */
function takeStatus(next: Status): void {
  clockOffset = next.now - Date.now();
  status.value = next;
}

/** Asks for the state at once, as after a change of one's own. */
export async function refreshStatus(): Promise<void> {
  try {
    takeStatus(await call("get", "/status", {}));
    statusError.value = undefined;
  } catch (error) {
    statusError.value = error;
    throw error;
  }
}

/**
 * Listens until the returned function is called. The browser reconnects by itself and says what it
 * saw last; where it gives up (an answer that is no stream), this tries again, and `call` notices
 * if the session has ended.
 */
export function connectLive(): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const open = () => {
    source = new EventSource("/api/v1/events");
    source.onopen = () => {
      failures = 0;
      connection.value = "open";
    };
    source.onerror = () => {
      connection.value = "lost";
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(retry, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => batch(() => handle(JSON.parse(event.data))));
    }
  };
  const retry = () =>
    refreshStatus().then(open, () => {
      timer = setTimeout(retry, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    });

  open();
  refreshStatus().catch(() => {}); // told by `statusError`
  return () => {
    source?.close();
    clearTimeout(timer);
    connection.value = "connecting";
  };
}
