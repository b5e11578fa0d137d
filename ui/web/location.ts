/** The address bar as a signal; links move through the history without loading a page. */
import { computed, signal } from "@preact/signals";
import { matchRoute } from "./routes.ts";

const url = signal(new URL(globalThis.location?.href ?? "http://localhost/"));

export const route = computed(() => matchRoute(url.value.pathname));
export const query = computed(() => url.value.searchParams);
export const pathname = computed(() => url.value.pathname);

/** Goes to `href`; `replace` leaves no step back, as for a filter being typed. */
export function navigate(href: string, options: { replace?: boolean } = {}): void {
  const next = new URL(href, url.value);
  if (next.href === url.value.href) return;
  history[options.replace ? "replaceState" : "pushState"](null, "", next);
  const moved = next.pathname !== url.value.pathname;
  url.value = next;
  if (moved) scrollTo(0, 0);
}

/** Changes some parameters of the address; an empty value removes one. */
export function setQuery(changes: Record<string, string>, options = { replace: true }): void {
  const next = new URL(url.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  navigate(next.href, options);
}

/** `path?query` of this page with some parameters changed, for links. */
export function withQuery(changes: Record<string, string>): string {
  const next = new URL(url.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  return next.pathname + next.search;
}

/** Follows the history and takes over clicks on the dashboard's own links. */
export function listenToLocation(): void {
  addEventListener("popstate", () => url.value = new URL(location.href));
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button !== 0) {
      return;
    }
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
    if (/^\/(api|metrics)\b/.test(link.pathname) || link.getAttribute("href")!.startsWith("#")) {
      return;
    }
    event.preventDefault();
    navigate(link.href);
  });
}
