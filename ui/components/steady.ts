import { useSignal } from "@preact/signals";

interface Steady<T> {
  /** The value, or while the pointer is over the element what it was when it came. */
  value: T;
  /** For the element. */
  over: { onPointerEnter: (event: PointerEvent) => void; onPointerLeave: () => void };
}

/** Keeps what is shown while the pointer is over it, so that rows do not jump from under it. */
export function useSteady<T>(value: T): Steady<T> {
  const held = useSignal<{ value: T } | undefined>(undefined);
  return {
    value: held.value ? held.value.value : value,
    over: {
      onPointerEnter: ({ pointerType }) => {
        if (pointerType === "mouse") held.value = { value };
      },
      onPointerLeave: () => held.value = undefined,
    },
  };
}
