import { useSignal } from "@preact/signals";
import type { PinRequest } from "../api/schema/cache.ts";
import { call } from "../web/client.ts";
import { may } from "../web/session.ts";
import { Icon } from "./icon.tsx";
import { toastError } from "./toast.tsx";

/** Pins or unpins what `what` names. Throws `ApiError`. */
export async function setPinned(what: Omit<PinRequest, "pinned">, pinned: boolean): Promise<void> {
  await call("post", "/cache/pins", { json: { ...what, pinned } });
}

interface PinButtonProps {
  pinned: boolean;
  what: Omit<PinRequest, "pinned">;
  /** `docker/library/alpine`, for screen readers. */
  name: string;
  onDone: () => void;
}

/** Keeps something in the cache whatever its age, or lets it go. */
export function PinButton({ pinned, what, name, onDone }: PinButtonProps) {
  const busy = useSignal(false);
  if (!may("cache")) {
    return pinned
      ? (
        <span title="Pinned: never evicted">
          <Icon name="pin" />
        </span>
      )
      : null;
  }
  const act = async () => {
    busy.value = true;
    try {
      await setPinned(what, !pinned);
      onDone();
    } catch (error) {
      toastError(error);
    }
    busy.value = false;
  };
  return (
    <button
      type="button"
      class={`button quiet icon${pinned ? " on" : ""}`}
      disabled={busy.value}
      aria-pressed={pinned}
      aria-label={`Pin ${name}`}
      title={pinned ? "Pinned: never evicted. Click to unpin" : "Pin: never evict"}
      onClick={act}
    >
      <Icon name="pin" />
    </button>
  );
}
