/** How fast the cache grows, and when it will be full at that rate. Pure. */

/** Bytes in the cache at a time, Unix milliseconds. */
export interface Sample {
  time: number;
  bytes: number;
}

export interface Growth {
  /** Negative where it shrinks. */
  bytesPerDay: number;
  /** Null where it does not grow, or takes more than a year. */
  daysUntilFull: number | null;
}

const DAY = 86400e3;
/** Less than this many days say nothing of a trend. */
const MIN_DAYS = 2;
const MIN_SAMPLES = 3;
const MAX_DAYS = 365;

/**
 * The slope of `samples` by least squares, and the days until `room` bytes more are used; undefined
 * room has no end. Undefined where there are too few samples.
 */
export function growthOf(samples: readonly Sample[], room: number | undefined): Growth | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || samples.length < MIN_SAMPLES) return undefined;
  if (last.time - first.time < MIN_DAYS * DAY) return undefined;
  const points = samples.map(({ time, bytes }) => ({ day: (time - first.time) / DAY, bytes }));
  const middle = mean(points.map(({ day }) => day));
  const average = mean(points.map(({ bytes }) => bytes));
  const spread = sum(points.map(({ day }) => (day - middle) ** 2));
  const slope = sum(points.map(({ day, bytes }) => (day - middle) * (bytes - average))) / spread;
  const days = room === undefined || slope <= 0 ? Infinity : Math.max(0, room) / slope;
  return { bytesPerDay: slope, daysUntilFull: days <= MAX_DAYS ? days : null };
}

const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);
const mean = (values: number[]): number => sum(values) / values.length;
