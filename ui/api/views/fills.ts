/** Running fills, with their speed. */
import type { RunningFill } from "../../../cache/types.ts";
import type { Fill } from "../schema/events.ts";

/** Speed is measured over at least this long, and at most twice as long. */
const WINDOW_MS = 3000;

interface Sample {
  at: number;
  received: number;
}

/** Remembers how far fills were a moment ago. One meter serves all who look. */
export class FillMeter {
  readonly #samples = new Map<string, { older: Sample; newer: Sample }>();

  /**
   * `fills` as the API tells them, the longest running first. `now` in Unix milliseconds;
   * `resuming` says whether one waits for its source to resume.
   */
  view(
    fills: readonly RunningFill[],
    now: number,
    resuming: (fill: RunningFill) => boolean,
  ): Fill[] {
    const ids = new Set(fills.map(idOf));
    for (const id of this.#samples.keys()) if (!ids.has(id)) this.#samples.delete(id);
    return fills.map((fill) => fillView(fill, this.#speed(fill, now), resuming(fill)))
      .sort((a, b) => a.startedAt - b.startedAt || a.digest.localeCompare(b.digest));
  }

  #speed(fill: RunningFill, now: number): number {
    const sample = { at: now, received: fill.received };
    const known = this.#samples.get(idOf(fill)) ??
      { older: { at: fill.startedAt, received: 0 }, newer: sample };
    const kept = now - known.newer.at >= WINDOW_MS ? { older: known.newer, newer: sample } : known;
    this.#samples.set(idOf(fill), kept);
    const ms = now - kept.older.at;
    return ms > 0 ? Math.max(0, fill.received - kept.older.received) / ms * 1000 : 0;
  }
}

function fillView(fill: RunningFill, bytesPerSecond: number, resuming: boolean): Fill {
  const { digest, received, total, followers, startedAt, resumed, repository: key } = fill;
  const slash = key.indexOf("/");
  const left = total === undefined ? undefined : total - received;
  return {
    id: idOf(fill),
    digest,
    mediaType: fill.mediaType,
    registry: key.slice(0, Math.max(0, slash)),
    repository: key.slice(slash + 1),
    member: "",
    receivedBytes: received,
    totalBytes: total ?? null,
    bytesPerSecond: Math.round(bytesPerSecond),
    leftMs: left === undefined || bytesPerSecond === 0
      ? null
      : Math.round(left / bytesPerSecond * 1000),
    followers,
    startedAt,
    state: left === 0 ? "verifying" : resuming ? "resuming" : "running",
    resumes: resumed,
  };
}

function idOf({ digest, startedAt }: RunningFill): string {
  return `${digest}@${startedAt}`;
}
