import type { Pull, PullResult } from "../../api/schema/clients.ts";
import { ClientName } from "../../components/client_name.tsx";
import { Icon, type IconName } from "../../components/icon.tsx";
import { ImageName } from "../../components/image_name.tsx";
import type { Column } from "../../components/table.tsx";
import { now } from "../../web/clock.ts";
import { formatBytes, formatDuration, formatMoment, formatStep } from "../../web/format.ts";

const RESULTS: Record<PullResult, { icon: IconName; tone: string; text: string }> = {
  complete: { icon: "ok", tone: "ok", text: "Complete" },
  broken: { icon: "warn", tone: "warn", text: "Broken off" },
  failed: { icon: "bad", tone: "bad", text: "Failed" },
};

/** A pull in a row; `client`: with who pulled it. */
export function pullColumns({ client }: { client: boolean }): Column<Pull>[] {
  return [
    {
      id: "time",
      title: "Time",
      class: "fit",
      cell: ({ time }) => (
        <time class="muted nowrap" title={formatMoment(time)}>
          {formatStep(time, 1e3, now.peek())}
        </time>
      ),
    },
    {
      id: "image",
      title: "Image",
      class: "main",
      cell: (pull) => (
        <span class="title-cell">
          <span class="break">
            <ImageName {...pull} />
          </span>
          {pull.message && <span class="muted small break">{pull.message}</span>}
        </span>
      ),
    },
    ...client
      ? [{
        id: "client",
        title: "Client",
        cell: ({ client, clientName, user }: Pull) => (
          <ClientName client={client} name={clientName} user={user} />
        ),
      }]
      : [],
    {
      id: "blobs",
      title: "Layers",
      cell: ({ blobs, cachedBlobs, result }) => (
        <span class="nowrap">
          {blobs > 0
            ? `${cachedBlobs} of ${blobs} from the cache`
            : <span class="muted">{result === "complete" ? "had them all" : "–"}</span>}
        </span>
      ),
    },
    { id: "bytes", title: "Sent", class: "right", cell: ({ bytes }) => formatBytes(bytes) },
    {
      id: "duration",
      title: "Duration",
      class: "right medium",
      cell: ({ durationMs }) => formatDuration(durationMs),
    },
    { id: "result", title: "Result", cell: ({ result }) => <PullState result={result} /> },
  ];
}

function PullState({ result }: { result: PullResult }) {
  const { icon, tone, text } = RESULTS[result];
  return (
    <span class={`state ${tone}`}>
      <Icon name={icon} />
      <span class="nowrap">{text}</span>
    </span>
  );
}
