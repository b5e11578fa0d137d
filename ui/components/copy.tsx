/** A digest, and what is copied with a click. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { shortDigest } from "../web/format.ts";
import { copyText } from "../web/clipboard.ts";
import { Icon } from "./icon.tsx";

/** Whether `text` was copied just now, and what copies it on a click. */
export function useCopy(text: string): { copied: boolean; copy: (event: Event) => void } {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) return;
    const timer = setTimeout(() => copied.value = false, 1500);
    return () => clearTimeout(timer);
  }, [copied.value]);
  const copy = async (event: Event) => {
    event.stopPropagation();
    copied.value = await copyText(text);
  };
  return { copied: copied.value, copy };
}

/** A digest, shortened in the middle; the title tells all of it, a click copies it. */
export function Digest({ value, short = true }: { value: string; short?: boolean }) {
  const { copied, copy } = useCopy(value);
  return (
    <button
      type="button"
      class={`digest${copied ? " copied" : ""}`}
      title={copied ? "Copied" : value}
      onClick={copy}
    >
      <span class="hidden-visually">Copy</span>
      <span class={short ? "nowrap" : "break"}>{short ? shortDigest(value) : value}</span>
      <Icon name={copied ? "check" : "copy"} size={14} />
      <span class="hidden-visually" role="status">{copied ? "Copied" : ""}</span>
    </button>
  );
}
