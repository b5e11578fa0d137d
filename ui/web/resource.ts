/** What a page shows from the API: loaded when the address of the data changes, kept meanwhile. */
import { useSignal } from "@preact/signals";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { call } from "./client.ts";

export interface Resource<T> {
  /** The last answer; stays while the next one is awaited. */
  data: T | undefined;
  /** Why the last attempt failed; undefined after a success. */
  error: unknown;
  loading: boolean;
  reload: () => void;
}

/**
 * Loads `path` and again whenever it changes, or every `everyMs` while the tab is visible. A null
 * path loads nothing. `keep` false forgets the old data when the path changes.
 */
export function useResource<T>(
  path: string | null,
  options: { everyMs?: number; keep?: boolean } = {},
): Resource<T> {
  const data = useSignal<T | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const loading = useSignal(path !== null);
  const running = useRef<AbortController | undefined>(undefined);
  const shown = useRef<string | null>(null);

  const load = useCallback(async () => {
    running.current?.abort();
    if (path === null) return;
    const controller = running.current = new AbortController();
    loading.value = true;
    if (options.keep === false && shown.current !== path) data.value = undefined;
    try {
      const answer = await call<T>("GET", path, { signal: controller.signal });
      if (controller.signal.aborted) return;
      shown.current = path;
      data.value = answer;
      error.value = undefined;
    } catch (reason) {
      if (controller.signal.aborted) return;
      error.value = reason;
    }
    loading.value = false;
  }, [path]);

  useEffect(() => {
    load();
    return () => running.current?.abort();
  }, [load]);
  useRepeat(load, options.everyMs);

  return { data: data.value, error: error.value, loading: loading.value, reload: load };
}

function useRepeat(action: () => void, everyMs: number | undefined): void {
  useEffect(() => {
    if (everyMs === undefined) return;
    const repeat = () => document.hidden || action();
    const timer = setInterval(repeat, everyMs);
    document.addEventListener("visibilitychange", repeat);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", repeat);
    };
  }, [action, everyMs]);
}
