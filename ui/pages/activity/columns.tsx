import type { RequestEntry } from "../../api/schema/activity.ts";
import { ImageName } from "../../components/image_name.tsx";
import { HttpStatus, Result } from "../../components/health.tsx";
import type { Column } from "../../components/table.tsx";
import {
  formatBytes,
  formatClock,
  formatDuration,
  formatMoment,
  imageName,
} from "../../web/format.ts";
import { requestPath } from "../../web/paths.ts";
import { WORDS } from "./words.ts";

/** A request in a row. */
export const COLUMNS: Column<RequestEntry>[] = [
  {
    id: "time",
    title: WORDS.time,
    class: "fit",
    cell: ({ time }) => <time class="muted" title={formatMoment(time)}>{formatClock(time)}</time>,
  },
  {
    id: "image",
    title: WORDS.askedFor,
    class: "main",
    cell: (entry) => (
      <span class="title-cell">
        <a href={requestPath(entry.id)}>
          {entry.repository === "" ? entry.path : <ImageName {...entry} />}
        </a>
        {entry.message && entry.status >= 400 && (
          <span class="muted small break">{entry.message}</span>
        )}
      </span>
    ),
  },
  {
    id: "kind",
    title: WORDS.kind,
    class: "medium skip-phone",
    cell: ({ method, kind }) => (
      <span class="muted nowrap">{method === "GET" ? kind : `${kind}, ${method}`}</span>
    ),
  },
  { id: "cache", title: WORDS.cache, cell: ({ cache }) => <Result result={cache} /> },
  {
    id: "status",
    title: WORDS.status,
    cell: ({ status, ended }) => <HttpStatus status={status} ended={ended} />,
  },
  { id: "bytes", title: WORDS.sent, class: "right", cell: ({ bytes }) => formatBytes(bytes) },
  {
    id: "duration",
    title: WORDS.duration,
    class: "right",
    cell: ({ durationMs }) => formatDuration(durationMs),
  },
  {
    id: "client",
    title: WORDS.client,
    class: "wide skip-phone",
    cell: ({ client, user }) => (
      <span class="muted nowrap">{user ? `${user}, ${client}` : client}</span>
    ),
  },
];

/** The image that was asked for, or the path where it was none. */
export function titleOf({ registry, repository, reference, path }: RequestEntry): string {
  return repository === "" ? path : imageName(registry, repository, reference);
}
