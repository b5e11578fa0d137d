/** What a page shows from the API: loaded when the address of the data changes, kept meanwhile. */
import { useSignal } from "@preact/signals";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { addressOf, type AnswerOf, call, type InputOf, type PathOf } from "./client.ts";

interface Resource<T> {
  /** The last answer; stays while the next one is awaited. */
  data: T | undefined;
  /** Why the last attempt failed; undefined after a success. */
  error: unknown;
  loading: boolean;
  reload: () => void;
}

/**
 * Loads what `path` of the API says, again whenever the path or `input` changes, and every `everyMs`
 * while the tab is visible.
 */
export function useResource<P extends PathOf<"get">>(
  path: P,
  input: InputOf<"get", P>,
  options: { everyMs?: number } = {},
): Resource<AnswerOf<"get", P>> {
  const data = useSignal<AnswerOf<"get", P> | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const loading = useSignal(true);
  const running = useRef<AbortController | undefined>(undefined);
  const address = addressOf(path, input);

  const load = useCallback(async () => {
    running.current?.abort();
    const { signal } = running.current = new AbortController();
    loading.value = true;
    try {
      const answer = await call("get", path, input, { signal });
      if (signal.aborted) return;
      data.value = answer;
      error.value = undefined;
    } catch (reason) {
      if (signal.aborted) return;
      error.value = reason;
    }
    loading.value = false;
  }, [address]);

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
