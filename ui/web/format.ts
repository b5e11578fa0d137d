/** Numbers, sizes and times as people read them. Spaces before units are no-break spaces. */

/** What stands in a sentence: a name, or a figure as it is written. */
export type Text = string | number;

const NBSP = "\u00a0";
const numbers = new Intl.NumberFormat("en");

/** `12,345`. */
export function formatCount(value: number): string {
  return numbers.format(Math.round(value));
}

/** `1 digest`, `3 digests`; `plural` where adding an s will not do. */
export function countOf(value: number, one: string, plural = `${one}s`): string {
  return `${formatCount(value)}${NBSP}${value === 1 ? one : plural}`;
}

/** Bytes in the largest binary unit that keeps them readable: `412 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${Number(value.toFixed(digits))}${NBSP}${units[unit]}`;
}

/** Bytes per second: `11.8 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** `$1,234.50`, in the currency of three letters. */
export function formatMoney(amount: number, currency: string): string {
  return amount.toLocaleString("en", { style: "currency", currency });
}

/** A share of a whole: `87 %`; one decimal where rounding would claim all or nothing. `–` of none. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return "–";
  const percent = part / whole * 100;
  const edge = (percent > 0 && percent < 1) || (percent > 99 && percent < 100);
  const shown = edge ? clamp(Number(percent.toFixed(1)), 0.1, 99.9) : Math.round(percent);
  return `${shown}${NBSP}%`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

const SPANS: [name: string, ms: number][] = [
  ["d", 86400e3],
  ["h", 3600e3],
  ["min", 60e3],
  ["s", 1e3],
];

/** Milliseconds in one or two units: `43 ms`, `1.2 s`, `45 s`, `2 h 10 min`, `60 d`. */
export function formatDuration(ms: number): string {
  if (ms < 0.5) return `0${NBSP}ms`;
  if (ms < 999.5) return `${Math.round(ms)}${NBSP}ms`;
  if (ms < 9950) return `${Number((ms / 1000).toFixed(1))}${NBSP}s`;
  let rest = Math.round(ms / 1000) * 1000;
  const first = SPANS.findIndex(([, span]) => rest >= span);
  const parts: string[] = [];
  for (const [name, span] of SPANS.slice(first, first + 2)) {
    const amount = Math.floor(rest / span);
    rest -= amount * span;
    if (amount > 0) parts.push(`${amount}${NBSP}${name}`);
  }
  return parts.join(NBSP);
}

/** Milliseconds in one unit, for what is an estimate: `43 ms`, `21 min`, `2 h`. */
export function formatRoughly(ms: number): string {
  const [name, span] = SPANS.find(([, span]) => ms >= span * 1.5) ?? ["ms", 1];
  return `${formatCount(ms / span)}${NBSP}${name}`;
}

/** How long ago `then` was: `just now`, `5 min ago`, `3 d ago`. */
export function formatAgo(then: number, now: number): string {
  const ms = now - then;
  if (ms < 5e3) return "just now";
  const [name, span] = SPANS.find(([, span]) => ms >= span) ?? ["s", 1e3];
  return `${Math.floor(ms / span)}${NBSP}${name}${NBSP}ago`;
}

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const clockShort = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const dayAndClock = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** `14:03:27`, local time. */
export const formatClock = (time: number): string => clock.format(time);

/** Everything about a moment, for titles: `Friday, 21 November 2025 at 14:03:27 CET`. */
export const formatMoment = (time: number): string => full.format(time);

/** A moment as precise as a step of `stepMs` is: `14:03`, `20 Nov, 14:00`, `20 Nov`. */
export function formatStep(time: number, stepMs: number, now: number): string {
  if (stepMs >= 86400e3) return day.format(time);
  return now - time < 20 * 3600e3 ? clockShort.format(time) : dayAndClock.format(time);
}

/** A mark on the time axis of a chart that covers `spanMs`: `14:00`, `20 Nov`. */
export function formatMark(time: number, spanMs: number): string {
  return spanMs > 3 * 86400e3 ? day.format(time) : clockShort.format(time);
}

/** `sha256:4bcff6…c1d9`: shortened in the middle, still telling. Other references stay whole. */
export function shortDigest(reference: string): string {
  const match = /^([a-z0-9+._-]+):([0-9a-f]{32,})$/.exec(reference);
  if (!match) return reference;
  return `${match[1]}:${match[2]!.slice(0, 8)}…${match[2]!.slice(-4)}`;
}

/** Which registry, repository and reference, as one would type it: `alpine:3.22` with its host. */
export function imageName(registry: string, repository: string, reference: string): string {
  const name = [registry, repository].filter((part) => part !== "").join("/");
  if (reference === "") return name;
  return `${name}${reference.includes(":") ? "@" : ":"}${shortDigest(reference)}`;
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatEndpoint(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What a platform of an index is called; BuildKit files attestations under an unknown one. */
export function platformName(platform: string): string {
  return platform === "unknown/unknown" ? "attestation" : platform;
}

const MEDIA_TYPES: [pattern: RegExp, name: string][] = [
  [/manifest\.list|image\.index/, "index"],
  [/image\.manifest|distribution\.manifest/, "manifest"],
  [/container\.image|image\.config/, "config"],
  [/helm\.chart\.content/, "chart"],
  [/helm\.config/, "chart config"],
  [/layer|rootfs/, "layer"],
  [/in-toto|dsse/, "attestation"],
  [/sigstore|cosign|simplesigning/, "signature"],
  [/spdx|cyclonedx|sbom/, "SBOM"],
];

/** What a media type holds, in a word: `layer`, `manifest`, `index`; the type itself where unknown. */
export function mediaTypeName(mediaType: string): string {
  return MEDIA_TYPES.find(([pattern]) => pattern.test(mediaType))?.[1] ?? (mediaType || "blob");
}
