/** The server's present, as a signal that ticks once a second while the tab is visible. */
import { signal } from "@preact/signals";
import { serverNow } from "./live.ts";

export const now = signal(Date.now());

/** Starts the ticking; the returned function ends it. */
export function startClock(): () => void {
  const tick = () => {
    if (!document.hidden) now.value = serverNow();
  };
  tick();
  const timer = setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
  };
}
