/** Pages that are loaded when they are opened, so that the first one comes fast. */
import { signal } from "@preact/signals";
import { type ComponentChild, type ComponentType, createElement } from "preact";
import { useEffect } from "preact/hooks";
import { Failure, Skeleton } from "./states.tsx";

const loaders: (() => Promise<void>)[] = [];

/** A component that loads itself when it is first shown. */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>,
): (props: P) => ComponentChild {
  const component = signal<ComponentType<P> | undefined>(undefined);
  const failed = signal(false);
  const start = async () => {
    if (component.value) return;
    try {
      component.value = await load();
    } catch {
      failed.value = true;
    }
  };
  loaders.push(start);
  return function Lazy(props: P) {
    useEffect(() => {
      start();
    }, []);
    if (component.value) return createElement(component.value, props);
    return failed.value ? <Outdated /> : <Skeleton />;
  };
}

function Outdated() {
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

/** Loads what is left, one after the other, once the first page has had its time. */
export function loadWhenIdle(): void {
  setTimeout(async () => {
    for (const load of loaders) await load();
  }, IDLE_AFTER_MS);
}
