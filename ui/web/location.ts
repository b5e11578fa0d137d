/** The address bar as signals, and ways to change it; preact-iso follows links and the history. */
import { computed, signal } from "@preact/signals";
import { useLocation } from "preact-iso/router";

const url = signal(new URL(globalThis.location?.href ?? "http://localhost/"));
const router = signal<(href: string, replace?: boolean) => void>(() => {});

export const query = computed(() => url.value.searchParams);
export const pathname = computed(() => url.value.pathname);

/** Tells the signals where the router is; to be called above whatever reads them. */
export function useAddress(): void {
  const { url: href, route } = useLocation();
  const next = new URL(href, url.peek());
  if (next.href !== url.peek().href) url.value = next;
  router.value = route;
}

/** Goes to `href`; `replace` leaves no step back, as for a filter being typed. */
export function navigate(href: string, options: { replace?: boolean } = {}): void {
  const next = new URL(href, url.value);
  if (next.href === url.value.href) return;
  url.value = next;
  router.peek()(next.pathname + next.search, options.replace ?? false);
}

/** Changes some parameters of the address; an empty value removes one. */
export function setQuery(changes: Record<string, string>, options = { replace: true }): void {
  navigate(withQuery(changes), options);
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
