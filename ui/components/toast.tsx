/** Short messages about what was just done. */
import { signal } from "@preact/signals";
import { messageOf } from "../web/client.ts";
import { Icon } from "./icon.tsx";

interface Toast {
  key: number;
  text: string;
  bad: boolean;
}

const SHOWN_MS = 5000;
const toasts = signal<Toast[]>([]);
let count = 0;

/** Says `text` at the bottom for a few seconds. */
export function toast(text: string, bad = false): void {
  const key = ++count;
  toasts.value = [...toasts.value.slice(-2), { key, text, bad }];
  setTimeout(() => toasts.value = toasts.value.filter((one) => one.key !== key), SHOWN_MS);
}

/** Says what went wrong. */
export function toastError(error: unknown): void {
  toast(messageOf(error).title, true);
}

/** Says what went wrong in particular, as far as the server said. */
export function toastDetail(error: unknown): void {
  const { title, detail } = messageOf(error);
  toast(detail || title, true);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ key, text, bad }) => (
        <div key={key} class={`toast${bad ? " bad" : ""}`}>
          <Icon name={bad ? "bad" : "ok"} />
          {text}
        </div>
      ))}
    </div>
  );
}
