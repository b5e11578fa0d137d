/** The rows of the activity page. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RequestEntry } from "../../api/schema/activity.ts";
import { toastError } from "../../components/toast.tsx";
import { type ActivityFilter, passes } from "../../web/activity_filter.ts";
import { call } from "../../web/client.ts";
import { mergeRequests, recent, status } from "../../web/live.ts";

/** Rows while requests come in; what was asked for beyond that stays, too. */
const LIVE_ROWS = 200;
/** Rows while new ones are held back. */
const HELD_ROWS = 2000;
/** Another member is asked this often; its requests do not come by themselves. */
const OTHER_MS = 2000;

/**
 * The requests that pass `filter`, with new ones as they come. While `paused`, or between `hold` and
 * `release`, new ones are held back, so that rows do not jump under the pointer.
 */
export function useRequests(filter: ActivityFilter, paused: boolean) {
  const loaded = useSignal<RequestEntry[] | undefined>(undefined);
  const next = useSignal<number | null>(null);
  const error = useSignal<unknown>(undefined);
  const wanted = useSignal(LIVE_ROWS);
  /** Numbers above this are held back, so that rows do not jump under the pointer. */
  const ceiling = useSignal(Infinity);

  const load = async (before?: number) => {
    try {
      error.value = undefined;
      const page = await call("get", "/activity", { query: queryFor(filter, before) });
      if (before !== undefined) wanted.value = (loaded.value?.length ?? 0) + page.items.length;
      loaded.value = mergeRequests(loaded.value ?? [], page.items, HELD_ROWS);
      next.value = page.next;
    } catch (reason) {
      if (loaded.value) toastError(reason);
      else error.value = reason;
    }
  };
  useEffect(() => {
    load();
  }, []);
  const other = filter.member !== "" && filter.member !== status.value?.cluster?.id;
  useEffect(() => {
    if (!other) return;
    const poll = async () => {
      const page = await call("get", "/activity", { query: queryFor(filter) });
      loaded.value = mergeRequests(loaded.value ?? [], page.items, HELD_ROWS);
    };
    // One that is late is asked again; the overview tells of one that stays away.
    const timer = setInterval(() => document.hidden || poll().catch(() => {}), OTHER_MS);
    return () => clearInterval(timer);
  }, [other]);
  const fresh = other ? [] : recent.value.filter((entry) => passes(entry, filter));
  useEffect(() => {
    if (!loaded.value) return;
    const limit = ceiling.value === Infinity ? wanted.value : HELD_ROWS;
    const merged = mergeRequests(loaded.value, fresh, limit);
    const oldest = merged.at(-1)?.seq;
    if (loaded.value.length > 0 && oldest !== loaded.value.at(-1)!.seq) next.value = oldest ?? null;
    loaded.value = merged;
  }, [recent.value]);
  const newest = loaded.value?.[0]?.seq ?? 0;
  const hold = () => ceiling.value = Math.min(ceiling.value, newest);
  const release = () => ceiling.value = Infinity;
  useEffect(() => {
    if (paused) hold();
    else release();
  }, [paused]);

  const rows = loaded.value?.filter(({ seq }) => seq <= ceiling.value);
  const held = (loaded.value?.length ?? 0) - (rows?.length ?? 0);
  return { rows, held, next: next.value, error: error.value, load, hold, release };
}

function queryFor(filter: ActivityFilter, before?: number) {
  const { member, registry, kind, cache, text, errors, refused, from, to } = filter;
  return {
    member: member || status.peek()?.cluster?.id,
    registry,
    text,
    kind: kind || undefined,
    cache: cache || undefined,
    errors: errors ? "true" as const : undefined,
    refused: refused ? "true" as const : undefined,
    from: from || undefined,
    to: to || undefined,
    before,
  };
}
