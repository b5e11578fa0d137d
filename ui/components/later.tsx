/** What is loaded when it is first shown, so that the first page comes fast. */
import type { ComponentType } from "preact";
import lazy from "preact-iso/lazy";
import { Failure } from "./states.tsx";

type Later = typeof import("../pages/later.tsx");

/** A component out of the second script; it waits inside the nearest router or `ErrorBoundary`. */
export function later<P>(pick: (script: Later) => ComponentType<P>): ComponentType<P> {
  return lazy<ComponentType<P>>(() => load().then(pick, () => Outdated));
}

let loading: Promise<Later> | undefined;

/** The second script with its style sheet, so that nothing shows without it; tried again if it fails. */
function load(): Promise<Later> {
  if (!loading) {
    loading = Promise.all([import("../pages/later.tsx"), loadStyles()]).then(([script]) => script);
    loading.catch(() => loading = undefined);
  }
  return loading;
}

function loadStyles(): Promise<unknown> {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = document.querySelector<HTMLMetaElement>("meta[name=later-styles]")!.content;
  const loaded = new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => reject(new Error(`${link.href} could not be loaded`));
  });
  document.head.append(link);
  return loaded;
}

/** In place of a part that could not be loaded. */
export function Outdated() {
  return (
    <Failure
      error={new Error(
        "This part of the dashboard could not be loaded. Berth may have been updated.",
      )}
      retry={() => location.reload()}
    />
  );
}

const IDLE_AFTER_MS = 3000;

/** Loads what is left once the first page has had its time. */
export function loadWhenIdle(): void {
  setTimeout(() => load().catch(() => {}), IDLE_AFTER_MS); // tried again when shown
}
