/** One pull: its images, and opened, their parts. */
import type { PulledImage, PullPart, PullSummary } from "../../api/schema/own_pulls.ts";
import { Ago } from "../../components/ago.tsx";
import { Digest } from "../../components/copy.tsx";
import { Icon } from "../../components/icon.tsx";
import { Meter } from "../../components/meter.tsx";
import { Loaded } from "../../components/states.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { toastError } from "../../components/toast.tsx";
import { call } from "../../web/client.ts";
import { now } from "../../web/clock.ts";
import { countOf, formatBytes, formatRoughly, platformName } from "../../web/format.ts";
import { useResource } from "../../web/resource.ts";
import { may } from "../../web/session.ts";
import { PART_STATES, WORDS } from "./words.ts";

interface PullPanelProps {
  pull: PullSummary;
  open: boolean;
  onToggle: () => void;
  onChange: () => void;
}

export function PullPanel({ pull, open, onToggle, onChange }: PullPanelProps) {
  const { id, by, images, startedAt, endedAt, state } = pull;
  const cancel = async () => {
    try {
      await call("delete", "/pulls/:id", { param: { id } });
      onChange();
    } catch (error) {
      toastError(error);
    }
  };
  const title = images.length === 1 ? images[0]!.image : countOf(images.length, "image");
  return (
    <section class="panel" aria-label={title}>
      <div class="panel-head pull-head">
        <h2 class="break">{title}</h2>
        <span class={`badge ${TONES[state]}`}>{state}</span>
        <span class="muted small">
          {WORDS.by(by)}
          <Ago time={endedAt ?? startedAt} />
        </span>
        <span class="actions end">
          <button type="button" class="button" aria-expanded={open} onClick={onToggle}>
            {open ? WORDS.hideParts : WORDS.showParts}
          </button>
          {state === "running" && may("cache") && (
            <button type="button" class="button" onClick={cancel}>
              <Icon name="cross" />
              {WORDS.cancel}
            </button>
          )}
        </span>
      </div>
      <ul class="pull-images">
        {images.map((image) => (
          <li key={image.image}>
            <ImageLine image={image} named={images.length > 1} />
          </li>
        ))}
      </ul>
      {open && <Parts id={id} running={state === "running"} />}
    </section>
  );
}

const TONES: Record<PullSummary["state"], string> = {
  running: "accent",
  done: "good",
  failed: "bad",
  cancelled: "",
};

function ImageLine({ image, named }: { image: PulledImage; named: boolean }) {
  const { here, came, left, state } = image;
  const done = here.bytes + came.bytes;
  const all = done + left.bytes;
  const tone = state === "failed" ? "bad" : state === "held" ? "warn" : "";
  return (
    <>
      {named && <span class="break">{image.image}</span>}
      <Meter value={all === 0 ? 0 : done} max={all} label={image.image} tone={tone} />
      <span class="muted small num">
        {WORDS.cameHereAlready(formatBytes(came.bytes), formatBytes(here.bytes))}
        {left.bytes > 0 && WORDS.toCome(formatBytes(left.bytes))}
        {image.platforms.length > 0 &&
          `; ${[...new Set(image.platforms)].map(platformName).join(", ")}`}
        {image.lacking.length > 0 && WORDS.itHasNo(image.lacking.join(", "))}
      </span>
      {image.error && <span class={tone === "bad" ? "tone-bad" : ""}>{whyOf(image)}</span>}
    </>
  );
}

function whyOf({ error, until }: PulledImage): string {
  if (until === null) return error;
  return WORDS.waitsFor(formatRoughly(Math.max(0, until - now.value)), error);
}

/** What the parts of one pull are, each second while it runs. */
function Parts({ id, running }: { id: string; running: boolean }) {
  const pull = useResource(
    "/pulls/:id",
    { param: { id } },
    running ? { everyMs: 1000 } : {},
  );
  return (
    <Loaded resource={pull} lines={4}>
      {({ images }) => (
        <Table
          caption={WORDS.parts}
          columns={COLUMNS}
          rows={images.flatMap(({ image, parts }) => parts.map((part) => ({ ...part, image })))}
          rowKey={({ image, digest }) => image + digest}
        />
      )}
    </Loaded>
  );
}

const COLUMNS: Column<PullPart & { image: string }>[] = [
  {
    id: "digest",
    title: WORDS.digest,
    class: "main",
    cell: ({ digest }) => <Digest value={digest} />,
  },
  { id: "kind", title: WORDS.what, cell: ({ kind }) => kind },
  {
    id: "platform",
    title: WORDS.platform,
    cell: ({ platform }) => platform ? platformName(platform) : <span class="muted">–</span>,
  },
  {
    id: "size",
    title: WORDS.size,
    class: "right",
    cell: ({ size, received, state }) =>
      state === "running" ? WORDS.of(formatBytes(received), formatBytes(size)) : formatBytes(size),
  },
  {
    id: "state",
    title: WORDS.state,
    cell: ({ state, error }) =>
      error
        ? <span class="tone-bad break">{`${PART_STATES[state]}: ${error}`}</span>
        : PART_STATES[state],
  },
];
