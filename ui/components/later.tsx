/** What is loaded when it is first shown, so that the first page comes fast. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import lazy from "preact-iso/lazy";
import { Failure } from "./states.tsx";

type Later = typeof import("../pages/later.tsx");

/** A component out of the second script; it waits inside the nearest router or `ErrorBoundary`. */
export function later<P>(pick: (script: Later) => ComponentType<P>): ComponentType<P> {
  return lazy<ComponentType<P>>(() => load().then(pick, () => Outdated));
}

/** Whether the second script is here: what can wait for it without asking for it does. */
export const here = signal(false);

/** The second script with its style sheet; tried again if it fails. */
const load = once(async () => {
  const script = await withStyles(() => import("../pages/later.tsx"));
  here.value = true;
  return script;
});

/** What `get` gets, once there is the style sheet of all but the overview: nothing shows without. */
export function withStyles<T>(get: () => Promise<T>): Promise<T> {
  return Promise.all([get(), styles()]).then(([got]) => got);
}

const styles = once(() => {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = document.querySelector<HTMLMetaElement>("meta[name=later-styles]")!.content;
  const loaded = new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => reject(new Error(`${link.href} could not be loaded`));
  });
  document.head.append(link);
  return loaded;
});

/** `get`, called once for all who ask, and again after it failed. */
function once<T>(get: () => Promise<T>): () => Promise<T> {
  let got: Promise<T> | undefined;
  return () => {
    if (!got) {
      got = get();
      got.catch(() => got = undefined);
    }
    return got;
  };
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
