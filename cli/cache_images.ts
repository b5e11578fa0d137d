/** `berth cache images|pin|unpin`: what is stored as images, and which of them stay. */
import { didYouMean } from "../base/suggest.ts";
import { formatDuration, formatSize } from "../base/units.ts";
import { pinDoubt } from "../proxy/config/doubts.ts";
import type { Config } from "../proxy/config/schema.ts";
import type { Call } from "./cache_call.ts";
import { imageName, NotCached, notCached } from "./cached_image.ts";
import { UsageError } from "./command_line.ts";
import { type ImageRow, nameOf } from "./image_rows.ts";

/** Lists images; a pattern that none matches is the exit code 1, as grep's is. */
export async function images({ io, values, words, config, cache }: Call): Promise<number> {
  const pattern = single(words);
  const rows = await rowsOf(pattern, { config, cache });
  if (values.has("--json")) io.print(JSON.stringify(rows, null, 2));
  if (rows.length === 0 && pattern !== undefined) {
    if (isGlob(pattern)) throw new NotCached(`no cached image matches ${pattern}`);
    throw await notCached(imageName(pattern, config), cache);
  }
  if (values.has("--json")) return 0;
  const width = Math.max(0, ...rows.map((row) => nameOf(row).length));
  for (const row of rows) io.print(lineOf(row, width, io.now()));
  io.print(rows.length === 1 ? "1 image" : `${rows.length} images`);
  return 0;
}

function lineOf(row: ImageRow, width: number, now: number): string {
  const { bytes, hits, lastUsed, pinned } = row;
  return [
    nameOf(row).padEnd(width),
    formatSize(bytes).padStart(9),
    `${hits} hits`.padStart(9),
    `${formatDuration(Math.max(0, now - lastUsed))} ago`.padStart(11),
    ...pinned ? ["pinned"] : [],
  ].join("  ");
}

/** Images as the cache lists them go before those that the name would stand for in a pull. */
async function rowsOf(
  pattern: string | undefined,
  { config, cache }: Pick<Call, "config" | "cache">,
): Promise<ImageRow[]> {
  const rows = await cache.images(pattern);
  if (rows.length > 0 || pattern === undefined || isGlob(pattern)) return rows;
  return await cache.images(nameOf(imageName(pattern, config)));
}

/** Pins what a pattern matches, now and later; without one, lists the pins. */
export async function pin({ io, values, words, config, cache }: Call): Promise<number> {
  const word = single(words);
  if (word === undefined) {
    const pins = await cache.pins();
    if (values.has("--json")) return io.print(JSON.stringify(pins, null, 2)) ?? 0;
    for (const { pattern, configured } of pins) {
      io.print(configured ? `${pattern}  (cache.pin of the configuration)` : pattern);
    }
    return 0;
  }
  const pattern = pinOf(word, config);
  const doubt = pinDoubt(pattern, Object.keys(config.registries));
  if (doubt) throw new UsageError(doubt);
  await cache.pin(pattern);
  const count = DIGEST.test(pattern) ? 0 : (await cache.images(pattern)).length;
  if (values.has("--json")) {
    return io.print(JSON.stringify({ pattern, images: count }, null, 2)) ?? 0;
  }
  io.print(`pinned ${pattern}`);
  if (DIGEST.test(pattern)) return 0;
  io.print(count === 1 ? "1 cached image matches" : `${count} cached images match`);
  return 0;
}

/** Takes a pin back; what it held can be evicted from then on, unless another pin holds it. */
export async function unpin({ io, values, words, config, cache }: Call): Promise<number> {
  const word = single(words);
  if (word === undefined) throw new UsageError("nothing selected: give the pattern of a pin");
  const pins = await cache.pins();
  const isPin = (pattern: string) => pins.find((pin) => pin.pattern === pattern);
  const found = isPin(word) ?? isPin(pinOf(word, config));
  if (!found) {
    const hint = didYouMean(word, pins.map(({ pattern }) => pattern));
    throw new NotCached(`there is no pin ${word}${hint}`);
  }
  if (found.configured) {
    throw new NotCached(`cache.pin of the configuration has ${found.pattern}: remove it there`);
  }
  await cache.unpin(found.pattern);
  const { pattern } = found;
  io.print(values.has("--json") ? JSON.stringify({ pattern }, null, 2) : `unpinned ${pattern}`);
  return 0;
}

const DIGEST = /^sha(256|512):[0-9a-f]+$/;

/** `word` as a pin: a digest or a glob as it is, an image by its name in the cache. */
function pinOf(word: string, config: Config): string {
  if (DIGEST.test(word) || isGlob(word)) return word;
  const { repository, tag = "*" } = imageName(word, config);
  return nameOf({ repository, tag });
}

function isGlob(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

function single(words: readonly string[]): string | undefined {
  if (words.length > 1) throw new UsageError(`unexpected ${JSON.stringify(words[1])}`);
  return words[0];
}
