/** `berth cache ls|stat|images|…`, `berth tags`: work whether or not a server runs on the directory. */
import type { Selector } from "../cache/eviction.ts";
import type { BlobQuery } from "../cache/listing.ts";
import type { VerifyProgress } from "../cache/types.ts";
import type { Config } from "../proxy/config/schema.ts";
import { formatDuration, formatSize, parseDuration } from "../base/units.ts";
import { loadOrComplain } from "./command_io.ts";
import { parseCommandLine, UsageError } from "./command_line.ts";
import { SORTS } from "./cache_commands.ts";
import { commandNamed } from "./commands.ts";
import type { CacheIo, Call } from "./cache_call.ts";
import { images, pin, unpin } from "./cache_images.ts";
import { tags } from "./cache_tags.ts";
import { type CacheControl, openControl } from "./cache_socket.ts";
import { policyTry } from "./policy_try.ts";
import { freeze, release, unfreeze } from "./tag_commands.ts";
import { cachedImage, NotCached } from "./cached_image.ts";
import { DataDirError, expectCache, usingDataDir } from "./data_dir.ts";

const COMMANDS = {
  "cache ls": ls,
  "cache stat": stat,
  "cache images": images,
  "cache pin": pin,
  "cache unpin": unpin,
  "cache evict": evict,
  "cache verify": verify,
  tags,
  freeze,
  unfreeze,
  release,
  "policy try": policyTry,
};

/**
 * Runs `berth NAME …args`. The result is the exit code: 0, 1 for damage, failure
 * and what is not there, 2 for a command line or a configuration that cannot be used.
 */
export async function cacheCommand(
  name: keyof typeof COMMANDS,
  args: readonly string[],
  io: CacheIo,
): Promise<number> {
  try {
    const { values, operands: words, settings } = parseCommandLine(
      commandNamed(name),
      args,
    );
    const config = await loadStore(settings, io);
    if (!config) return 2;
    const { dir } = config.cache;
    await expectCache(dir);
    await using cache = await usingDataDir(dir, () => openControl(io.options(config)));
    return await COMMANDS[name]({ io, values, words, config, cache });
  } catch (error) {
    if (error instanceof NotCached || error instanceof DataDirError) {
      io.complain(`berth ${name}: ${error.message}`);
      return 1;
    }
    if (!(error instanceof UsageError)) throw error;
    io.complain(`berth ${name}: ${error.message}\nSee berth ${name} --help`);
    return 2;
  }
}

/** The configuration, where it keeps something; else its problems are told, and there is none. */
export async function loadStore(
  args: readonly string[],
  io: CacheIo,
): Promise<Config | undefined> {
  const config = (await loadOrComplain(args, io))?.config;
  if (config?.cache.dir === "") {
    io.complain("cache.dir is empty: this configuration keeps nothing");
    return undefined;
  }
  return config;
}

async function ls({ io, values, cache }: Call): Promise<number> {
  const order = values.get("--sort");
  const sort = SORTS.find((known) => known === order);
  if (!sort) throw new UsageError(`--sort ${order}: expected one of ${SORTS.join(", ")}`);
  const limit = values.get("--limit")!;
  if (!/^[1-9]\d{0,5}$/.test(limit)) {
    throw new UsageError(`--limit ${limit}: expected a number of blobs`);
  }
  const query: BlobQuery = { sort, desc: true, limit: Number(limit) };
  const { items, total, bytes } = await cache.list(query);
  if (values.has("--json")) return io.print(JSON.stringify(items, null, 2)) ?? 0;
  for (const { digest, size, hits, lastUsed, repositories } of items) {
    io.print([
      digest,
      formatSize(size).padStart(9),
      `${hits} hits`.padStart(9),
      `${formatDuration(Math.max(0, io.now() - lastUsed))} ago`.padStart(11),
      repositories.join(" "),
    ].join("  "));
  }
  io.print(`${items.length} of ${total} blobs, ${formatSize(bytes)} in all`);
  return 0;
}

async function stat({ io, values, config, cache }: Call): Promise<number> {
  const usage = await cache.usage();
  if (values.has("--json")) return io.print(JSON.stringify(usage, null, 2)) ?? 0;
  const { blobs, bytes, maxSize, pinnedBytes, diskFree, diskTotal } = usage;
  io.print(`directory  ${config.cache.dir}`);
  io.print(`content    ${blobs} blobs, ${formatSize(bytes)} of ${formatSize(maxSize)}`);
  io.print(`pinned     ${formatSize(pinnedBytes)}`);
  io.print(`disk       ${formatSize(diskFree)} free of ${formatSize(diskTotal)}`);
  return 0;
}

async function evict(call: Call): Promise<number> {
  const { io, values, cache } = call;
  const selector = await selectorOf(call);
  const dry = values.has("--dry-run");
  const plan = await (dry ? cache.plan : cache.evict)(selector, values.has("--pinned"));
  if (values.has("--json")) {
    return io.print(JSON.stringify({ evicted: !dry, ...plan }, null, 2)) ?? 0;
  }
  const blobs = plan.digests.length === 1 ? "1 blob" : `${plan.digests.length} blobs`;
  io.print(`${dry ? "would evict" : "evicted"} ${blobs}, ${formatSize(plan.bytes)}`);
  if (plan.pinned > 0) io.print(`${plan.pinned} kept: pinned (use --pinned to include them)`);
  if (plan.inUse > 0) io.print(`${plan.inUse} kept: in use right now`);
  if (plan.shared > 0) io.print(`${plan.shared} kept: other images use them too`);
  return 0;
}

async function selectorOf(
  { values, words, config, cache }: Call,
): Promise<Selector> {
  const age = values.get("--older-than");
  const [word] = words;
  if (words.length + (age === undefined ? 0 : 1) !== 1) {
    throw new UsageError("nothing selected: give a digest, an image, or --older-than");
  }
  if (age !== undefined) {
    const olderThan = parseDuration(age);
    if (olderThan !== undefined) return { olderThan };
    throw new UsageError(`--older-than ${age}: expected a duration such as 30d`);
  }
  if (/^sha(256|512):[0-9a-f]+$/.test(word!)) return { digest: await oneDigest(word!, cache) };
  return await cachedImage(word!, config, cache);
}

/** A digest may be shortened as long as only one blob matches. */
async function oneDigest(prefix: string, cache: CacheControl): Promise<string> {
  const { items, total } = await cache.list({ digestPrefix: prefix, limit: 2 });
  if (total === 1) return items[0]!.digest;
  if (total === 0) throw new NotCached(`${prefix}: no blob begins with that`);
  throw new UsageError(`${prefix}: ${total} blobs begin with that`);
}

async function verify({ io, values, cache }: Call): Promise<number> {
  const shown = (now: VerifyProgress) => {
    const share = now.totalBytes === 0 ? 1 : now.bytes / now.totalBytes;
    const bar = "█".repeat(Math.round(share * 30)).padEnd(30, "░");
    return `${bar} ${Math.floor(share * 100)} %  ${formatSize(now.bytes)}, ${now.blobs} blobs`;
  };
  const result = await cache.verify((now) => io.progress?.(shown(now)));
  io.progress?.("");
  const { blobs, bytes, damaged } = result;
  if (values.has("--json")) {
    io.print(JSON.stringify(result, null, 2));
    return damaged.length === 0 ? 0 : 1;
  }
  io.print(`${blobs} blobs compared, ${formatSize(bytes)}; ${damaged.length} damaged`);
  for (const digest of damaged) io.print(`damaged and set aside: ${digest}`);
  return damaged.length === 0 ? 0 : 1;
}
