/** Times as ISO 8601 writes them, for lines that come in thousands a second. */

let second = NaN;
let upToSecond = "";

/**
 * `ms`, whole Unix milliseconds, as `2026-01-31T12:34:56.789Z`: what `Date.toISOString` says, of
 * which all but the milliseconds is formatted once a second.
 */
export function isoTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  if (whole !== second) {
    upToSecond = new Date(whole * 1000).toISOString().slice(0, 20);
    second = whole;
  }
  const rest = ms - whole * 1000;
  return `${upToSecond}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`;
}
