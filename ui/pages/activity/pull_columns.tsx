import type { Pull, PullResult } from "../../api/schema/clients.ts";
import { ClientName } from "../../components/client_name.tsx";
import { Icon, type IconName } from "../../components/icon.tsx";
import { ImageName } from "../../components/image_name.tsx";
import type { Column } from "../../components/table.tsx";
import { now } from "../../web/clock.ts";
import { formatBytes, formatDuration, formatMoment, formatStep } from "../../web/format.ts";
import { WORDS } from "./words.ts";

const RESULTS: Record<PullResult, { icon: IconName; tone: string; text: string }> = {
  complete: { icon: "ok", tone: "ok", text: WORDS.complete },
  broken: { icon: "warn", tone: "warn", text: WORDS.brokenOff },
  failed: { icon: "bad", tone: "bad", text: WORDS.failed },
};

/** A pull in a row; `client`: with who pulled it. */
export function pullColumns({ client }: { client: boolean }): Column<Pull>[] {
  return [
    {
      id: "time",
      title: WORDS.time,
      class: "fit",
      cell: ({ time }) => (
        <time class="muted nowrap" title={formatMoment(time)}>
          {formatStep(time, 1e3, now.peek())}
        </time>
      ),
    },
    {
      id: "image",
      title: WORDS.image,
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
        title: WORDS.client,
        cell: ({ client, clientName, user }: Pull) => (
          <ClientName client={client} name={clientName} user={user} />
        ),
      }]
      : [],
    {
      id: "blobs",
      title: WORDS.layers,
      cell: ({ blobs, cachedBlobs, result }) => (
        <span class="nowrap">
          {blobs > 0
            ? WORDS.ofFromTheCache(cachedBlobs, blobs)
            : <span class="muted">{result === "complete" ? WORDS.hadThemAll : "–"}</span>}
        </span>
      ),
    },
    { id: "bytes", title: WORDS.sent, class: "right", cell: ({ bytes }) => formatBytes(bytes) },
    {
      id: "duration",
      title: WORDS.duration,
      class: "right medium",
      cell: ({ durationMs }) => formatDuration(durationMs),
    },
    { id: "result", title: WORDS.result, cell: ({ result }) => <PullState result={result} /> },
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
