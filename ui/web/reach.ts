/** How far back a list reaches, as the address says; times in it are RFC 3339, as the API takes them. */

const REACHES = ["24h", "7d", "30d", "between"] as const;
export type Reach = typeof REACHES[number];

const DAY_MS = 86400e3;
const LENGTHS: Record<Exclude<Reach, "between">, number> = {
  "24h": DAY_MS,
  "7d": 7 * DAY_MS,
  "30d": 30 * DAY_MS,
};
const MINUTE_MS = 60e3;

export interface Range {
  reach: Reach;
  /** For the API. Without `to` it ends now. */
  from: string;
  to: string | undefined;
}

/** The range that a query asks for; `now` in Unix milliseconds, of which the minute counts. */
export function rangeFromQuery(query: URLSearchParams, now: number): Range {
  const [from, to] = [momentOf(query.get("from")), momentOf(query.get("to"))];
  const asked = query.get("reach");
  if (asked === "between" || from !== undefined) {
    const begin = from ?? now - DAY_MS;
    return { reach: "between", from: iso(begin), to: to === undefined ? undefined : iso(to) };
  }
  const reach = asked === "7d" || asked === "30d" ? asked : "24h";
  return { reach, from: iso(now - LENGTHS[reach]), to: undefined };
}

/** What an `<input type=datetime-local>` shows of a moment, in the reader's time. */
export function toLocal(text: string | undefined): string {
  if (text === undefined) return "";
  const moment = new Date(text);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * MINUTE_MS).toISOString()
    .slice(0, 16);
}

/** The moment that such an input says; empty where it says none. */
export function fromLocal(text: string): string {
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? "" : iso(moment);
}

function momentOf(text: string | null): number | undefined {
  const moment = Date.parse(text ?? "");
  return Number.isNaN(moment) ? undefined : moment;
}

function iso(time: number): string {
  return new Date(time - time % MINUTE_MS).toISOString();
}
