/** Keys that work on every page. */
import { signal } from "@preact/signals";
import { navigate } from "./location.ts";

/** What a key has opened. */
export const opened = signal<"search" | "shortcuts" | undefined>(undefined);

/** Pages by the key that follows `g`. */
const PAGES: Record<string, string> = {
  o: "/",
  r: "/registries",
  c: "/cache",
  a: "/activity",
  s: "/settings",
};
const TOGETHER_MS = 1500;

/** `/` searches everything, `?` lists the keys, `g` and a letter opens a page; not while typing. */
export function listenToShortcuts(): void {
  let went = 0;
  document.addEventListener("keydown", (event) => {
    const { key, target, timeStamp } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ((target as Element).closest("input, select, textarea, dialog")) return;
    const page = timeStamp - went < TOGETHER_MS ? PAGES[key] : undefined;
    went = key === "g" ? timeStamp : -TOGETHER_MS;
    if (page) navigate(page);
    else if (key === "/") opened.value = "search";
    else if (key === "?") opened.value = "shortcuts";
    else return;
    event.preventDefault();
  });
}
