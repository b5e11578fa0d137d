import type { Fill } from "../../api/schema/events.ts";
import { Digest } from "../../components/copy.tsx";
import { Meter } from "../../components/meter.tsx";
import {
  countOf,
  formatBytes,
  formatDuration,
  formatRate,
  formatShare,
  mediaTypeName,
} from "../../web/format.ts";
import { fills } from "../../web/live.ts";
import { WORDS } from "./words.ts";

/** What comes in from upstream right now. */
export function Fills() {
  const speed = fills.value.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  return (
    <section class="panel" aria-label={WORDS.downloadsInProgress}>
      <div class="panel-head">
        <h2>{WORDS.downloadsInProgress}</h2>
        <span class="muted num">
          {fills.value.length > 0
            ? `${countOf(fills.value.length, "blob")}, ${formatRate(speed)}`
            : WORDS.nothingRightNow}
        </span>
      </div>
      <ul>{fills.value.map((fill) => <FillRow key={fill.id} fill={fill} />)}</ul>
    </section>
  );
}

function FillRow({ fill }: { fill: Fill }) {
  const { receivedBytes, totalBytes, leftMs } = fill;
  const name = fill.repository ? `${fill.registry}/${fill.repository}` : "bundle";
  return (
    <li class="fill">
      <div class="title-cell">
        <span>{name}</span>
        <span class="muted">
          {mediaTypeName(fill.mediaType)} <Digest value={fill.digest} /> {fill.member}
        </span>
      </div>
      <div class="progress">
        <Meter
          value={totalBytes === null ? null : receivedBytes}
          max={totalBytes ?? 0}
          label={WORDS.of(mediaTypeName(fill.mediaType), name)}
        />
        <span class="muted small num">
          {formatBytes(receivedBytes)}
          {totalBytes !== null &&
            WORDS.of2(formatBytes(totalBytes), formatShare(receivedBytes, totalBytes))}
        </span>
      </div>
      <div class="figures-right">{speedOf(fill)}</div>
      <div class="figures-right">{countOf(fill.followers, "client")}</div>
      <div class="figures-right muted">
        {leftMs === null ? "–" : WORDS.left(formatDuration(Math.max(1000, leftMs)))}
      </div>
    </li>
  );
}

function speedOf(fill: Fill): string {
  switch (fill.state) {
    case "resuming":
      return WORDS.resuming;
    case "verifying":
      return WORDS.verifying;
    case "running":
      return formatRate(fill.bytesPerSecond);
  }
}
