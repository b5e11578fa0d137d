/** `berth tags`: what the tags of an image stand for, and how long that is believed. */
import { formatDuration, formatSize } from "../base/units.ts";
import { type FreshnessRules, freshnessRules } from "../proxy/cached/freshness.ts";
import type { CachedTag } from "../ui/api/schema/cache.ts";
import type { Call } from "./cache_call.ts";
import type { TagPast } from "../proxy/trust/tags.ts";
import { nameOf } from "./image_rows.ts";
import { cachedImage } from "./cached_image.ts";
import { UsageError } from "./command_line.ts";

/** A tag as `--json` has it; times in Unix milliseconds. */
interface TagRow extends CachedTag {
  repository: string;
  /** Until when clients get it without a question upstream; null for what is known by digest only. */
  freshUntil: number | null;
  /** What it has stood for, newest first, where one tag was asked for. */
  past?: TagPast["digests"];
}

/** Lists the tags of a repository, or one of them, then what is known of it by digest only. */
export async function tags({ io, values, words, config, cache }: Call): Promise<number> {
  if (words.length !== 1) throw new UsageError("expected an image, such as alpine or alpine:3.22");
  const { repository, tag } = await cachedImage(words[0]!, config, cache);
  const rules = freshnessRules(config);
  const rows = (await cache.tags(repository))
    .filter((row) => tag === undefined || row.tag === tag)
    .map((row): TagRow => ({ repository, ...row, freshUntil: freshUntil(repository, row, rules) }));
  if (tag !== undefined && rows[0]) {
    rows[0].past = (await cache.past(nameOf({ repository, tag }))).digests;
  }
  if (values.has("--json")) return io.print(JSON.stringify(rows, null, 2)) ?? 0;
  io.print(repository);
  const width = Math.max(...rows.map((row) => row.tag.length));
  for (const row of rows) io.print(lineOf(row, width, io.now()));
  for (const was of rows[0]?.past?.slice(1) ?? []) {
    const { digest, firstSeen, lastSeen, seenBy, bytes, platforms } = was;
    const [from, to] = [firstSeen, lastSeen].map((at) => new Date(at).toISOString().slice(0, 16));
    const size = bytes === undefined || bytes === null ? [] : [formatSize(bytes)];
    const by = seenBy ? [`seen by ${seenBy}`] : [];
    io.print([`was ${digest} from ${from}Z to ${to}Z`, ...by, ...size, ...platforms].join(", "));
  }
  return 0;
}

function freshUntil(
  repository: string,
  { tag, checkedAt }: CachedTag,
  rules: FreshnessRules,
): number | null {
  if (checkedAt === null) return null;
  const registry = repository.slice(0, repository.indexOf("/"));
  return checkedAt + rules.ttl(registry, tag);
}

function lineOf(row: TagRow, width: number, now: number): string {
  const { tag, digest, bytes, platforms, pinned } = row;
  return [
    tag.padEnd(width),
    digest,
    formatSize(bytes).padStart(9),
    checkWords(row, now),
    ...platforms.length > 0 ? [platforms.join(", ")] : [],
    ...pinned ? ["pinned"] : [],
  ].join("  ");
}

function checkWords({ tag, checkedAt, freshUntil }: TagRow, now: number): string {
  if (tag === "") return "by digest";
  if (checkedAt === null || freshUntil === null) return "never checked";
  const checked = `checked ${formatDuration(Math.max(0, now - checkedAt))} ago`;
  if (freshUntil === checkedAt) return `${checked}, asked for at each pull`;
  return freshUntil > now
    ? `${checked}, fresh for ${formatDuration(freshUntil - now)}`
    : `${checked}, to be asked for at the next pull`;
}
