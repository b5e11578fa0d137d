/** What stands where data is not: waiting, failed, nothing there. */
import type { ComponentChildren } from "preact";
import { ApiError, messageOf } from "../web/client.ts";
import { Icon, type IconName } from "./icon.tsx";

/** Grey lines where rows will be. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => <i key={i} />)}
    </div>
  );
}

/** Something could not be loaded: what happened, what to do, and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { title, detail } = messageOf(error);
  return (
    <div class="placeholder error" role="alert">
      <Icon name="bad" size={24} />
      <h3>{title}</h3>
      {detail && <p>{detail}</p>}
      {retry && <button type="button" class="button" onClick={retry}>Try again</button>}
    </div>
  );
}

/** Nothing there, and what to make of it. */
export function Nothing(
  { icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren },
) {
  return (
    <div class="placeholder">
      <Icon name={icon} size={24} />
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** A failed action, in a line where it was tried. */
export function ErrorLine({ error }: { error: unknown }) {
  if (error === undefined || error === null) return null;
  const { title, detail } = messageOf(error);
  return (
    <div class="error-line" role="alert">
      <Icon name="bad" />
      <span>
        <strong>{title}.</strong> {detail}
      </span>
    </div>
  );
}

/** Data of a page, or what stands in its place until it is there, and where there is none. */
export function Loaded<T>(
  { resource, lines, gone, children }: {
    resource: { data: T | undefined; error: unknown; reload: () => void };
    lines?: number;
    /** Where the server has no such thing (any more). */
    gone?: ComponentChildren;
    children: (data: T) => ComponentChildren;
  },
) {
  if (gone && resource.error instanceof ApiError && resource.error.status === 404) {
    return <section class="panel">{gone}</section>;
  }
  if (resource.data !== undefined) return <>{children(resource.data)}</>;
  if (resource.error !== undefined) {
    return <Failure error={resource.error} retry={resource.reload} />;
  }
  return <Skeleton lines={lines ?? 6} />;
}
