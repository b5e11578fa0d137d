/** What webhooks are told: a notice that begins or is over, or something that happens once. */
import type { NoticeChange } from "./board.ts";
import { kindOf, type Notice } from "./notice.ts";

export interface Happening {
  /** As `webhooks[].events` has it: `registry-failing`, `tag-moved`. */
  event: string;
  /** The same at the beginning and the end of a matter: `registry-failing:docker`. */
  id: string;
  state: "opened" | "over" | "happened";
  severity: Notice["severity"];
  title: string;
  detail: string;
  /** Registry that it is about; empty where none. */
  registry: string;
  /** Unix milliseconds. */
  time: number;
  /** Milliseconds that it lasted, where it is over. */
  lastedMs?: number;
  /** Particulars, by event. */
  data?: Readonly<Record<string, string | number | readonly string[]>>;
}

/** A notice that began or is over, at `time`. */
export function ofNotice({ state, notice, lasted }: NoticeChange, time: number): Happening {
  const { id, severity, title, detail, registry } = notice;
  const over = state === "over" ? { lastedMs: lasted } : {};
  return { event: kindOf(notice), id, state, severity, title, detail, registry, time, ...over };
}

type Single = Pick<Happening, "event" | "id" | "title"> & Partial<Happening>;

/** Something that happened once, at `time`. */
export function happened(what: Single, time: number): Happening {
  return { state: "happened", severity: "info", detail: "", registry: "", time, ...what };
}
