import { useSignal } from "@preact/signals";

/** What a form or a button does: whether it is at it, and what went wrong when it last was. */
export function useAction() {
  const busy = useSignal(false);
  const error = useSignal<unknown>(undefined);
  const run = async (action: () => Promise<unknown>) => {
    busy.value = true;
    error.value = undefined;
    try {
      await action();
    } catch (reason) {
      error.value = reason;
    }
    busy.value = false;
  };
  return { busy, error, run };
}
