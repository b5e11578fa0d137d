/** Sizes and durations as people write them. */

const SIZE_UNITS: Record<string, number> = {
  "": 1,
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  kb: 1e3,
  m: 2 ** 20,
  mib: 2 ** 20,
  mb: 1e6,
  g: 2 ** 30,
  gib: 2 ** 30,
  gb: 1e9,
  t: 2 ** 40,
  tib: 2 ** 40,
  tb: 1e12,
};

const DURATION_UNITS: Record<string, number> = {
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
  d: 86400e3,
  w: 7 * 86400e3,
};

/**
 * Bytes in `text`: `32g` and `32GiB` are binary (nginx's and Kubernetes' habit), `500MB` decimal,
 * a bare number is bytes. `undefined` when it is not a size.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = SIZE_UNITS[match?.[2]?.toLowerCase() ?? "?"];
  if (!match || unit === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Milliseconds in `text` (`30s`, `1h30m`, `60d`, `0`). `undefined` when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/i.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/gi)) {
    total += Number(amount) * DURATION_UNITS[unit!.toLowerCase()]!;
  }
  return Math.round(total);
}

const RATE_UNITS: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3 };

/** How many in how many milliseconds `text` means: `100/m`, `5/s`, `1000/h`. `undefined`: none. */
export function parseRate(text: string): { count: number; ms: number } | undefined {
  const match = /^(\d{1,9})\s*\/\s*([smh])$/i.exec(text.trim());
  const count = Number(match?.[1]);
  return match && count > 0 ? { count, ms: RATE_UNITS[match[2]!.toLowerCase()]! } : undefined;
}

/** Bytes in a second of `text`, such as `50MiB/s`. `undefined` when it is no speed, and of none. */
export function parseSpeed(text: string): number | undefined {
  const match = /^(.+?)\s*\/\s*s$/i.exec(text.trim());
  return (match && parseSize(match[1]!)) || undefined;
}

/** `bytes` in the largest binary unit that keeps it readable: `412 MiB`, `1.5 GiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const rounded = unit === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
  return `${rounded} ${BINARY_UNITS[unit]}`;
}

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `ms` in one or two units: `45s`, `2h10m`, `60d`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return ms === 0 ? "0s" : `${Math.round(ms)}ms`;
  const parts: string[] = [];
  let rest = Math.round(ms / 1000);
  for (const [unit, seconds] of [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]] as const) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push(`${count}${unit}`);
    if (parts.length === 2) break;
  }
  return parts.join("");
}

/** `bytes` without loss, in the largest unit that divides it: `32GiB`, `500MB`, `1234B`. */
export function writeSize(bytes: number): string {
  for (const unit of ["TiB", "GiB", "MiB", "KiB", "GB", "MB"]) {
    const factor = SIZE_UNITS[unit.toLowerCase()]!;
    if (bytes > 0 && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}B`;
}

/** `ms` without loss: `60d`, `1h30m`, `1s500ms`. */
export function writeDuration(ms: number): string {
  let rest = ms;
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const count = Math.floor(rest / DURATION_UNITS[unit]!);
    rest -= count * DURATION_UNITS[unit]!;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || "0s";
}

/** `ms` in seconds, for messages: `10 s`, `0.5 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/** `1 pull`, `3 pulls`. */
export function formatCount(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
