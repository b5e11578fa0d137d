/** What `berth doctor` finds: one line for each thing that it looked at. */

export interface Finding {
  /** What was looked at: `listen`, `cache.dir`, `docker`. */
  check: string;
  result: "ok" | "warning" | "problem";
  text: string;
  /** What to do about it; empty where all is well. */
  next: string;
}

export function ok(check: string, text: string): Finding {
  return { check, result: "ok", text, next: "" };
}

export function warning(check: string, text: string, next: string): Finding {
  return { check, result: "warning", text, next };
}

export function problem(check: string, text: string, next: string): Finding {
  return { check, result: "problem", text, next };
}
