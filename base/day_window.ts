/** A part of each day, as `02:00-05:00`. */

/** A span of the day, in minutes since midnight; one that ends before it begins goes past midnight. */
export interface DayWindow {
  from: number;
  to: number;
}

/** `02:00-05:00`; `undefined` where it is none. */
export function parseWindow(text: string): DayWindow | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (!match) return undefined;
  const [, fromHour, fromMinute, toHour, toMinute] = match.map(Number);
  const window = { from: fromHour! * 60 + fromMinute!, to: toHour! * 60 + toMinute! };
  return window.from === window.to ? undefined : window;
}
