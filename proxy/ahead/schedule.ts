/** When a rule runs next. Pure. */
import type { DayWindow } from "../../base/day_window.ts";

/** When a rule runs, all but the names of images. */
export interface Timing {
  /** Milliseconds between the beginnings of two runs. */
  every: number;
  /** None: at any time of the day. */
  window: DayWindow | undefined;
  /** IANA name of the time zone that the window is in, `Europe/Berlin`. */
  zone: string;
}

/** A run is put off by at most this much, so that not all begin at once. Milliseconds. */
const MOST_JITTER = 10 * 60e3;

/**
 * Unix milliseconds of the next run, at `now` or later: `every` after the beginning of the last one,
 * within the window, and put off by the share `jitter` (0 to 1) of a tenth of what there is room for.
 * What never ran and may run now is not put off: somebody waits for it.
 *
 * @param last Unix milliseconds at which the last run began; `undefined` where there was none
 */
export function nextRun(
  { every, window, zone }: Timing,
  last: number | undefined,
  now: number,
  jitter: number,
): number {
  const due = Math.max(now, last === undefined ? now : last + every);
  if (last === undefined && windowEnd({ every, window, zone }, now) !== undefined) return now;
  if (!window) return Math.round(due + jitter * Math.min(MOST_JITTER, every / 10));
  const span = windowsFrom(window, zone, due).next().value!;
  const start = Math.max(due, span.start);
  return Math.round(start + jitter * Math.min(MOST_JITTER, (span.end - start) / 10));
}

/** Unix milliseconds at which the window that `now` lies in ends; `undefined` outside of any. */
export function windowEnd({ window, zone }: Timing, now: number): number | undefined {
  if (!window) return Infinity;
  const { start, end } = windowsFrom(window, zone, now).next().value!;
  return start <= now ? end : undefined;
}

/** Windows that end after `time`, in their order. */
function* windowsFrom(
  { from, to }: DayWindow,
  zone: string,
  time: number,
): Generator<{ start: number; end: number }, undefined> {
  const local = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone);
  for (let days = -1; days < 400; days++) {
    const day = local.toPlainDate().add({ days });
    const start = at(day, from, zone);
    const end = at(to > from ? day : day.add({ days: 1 }), to, zone);
    // Where the clocks go forward, a window may have no time at all.
    if (end > time && end > start) yield { start, end };
  }
}

/** Of a time that the clocks skip, the moment after; of one that comes twice, the first. */
function at(day: Temporal.PlainDate, minutes: number, zone: string): number {
  const plainTime = Temporal.PlainTime.from({
    hour: Math.floor(minutes / 60),
    minute: minutes % 60,
  });
  return day.toZonedDateTime({ timeZone: zone, plainTime }).epochMilliseconds;
}
