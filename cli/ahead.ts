/** What Berth fetches ahead of clients: its parts put together, for the server and for one command. */
import type { Registry as Register } from "prom-client";
import { systemClock } from "../base/clock.ts";
import { formatCount, formatDuration, formatSize } from "../base/units.ts";
import type { Cache } from "../cache/api.ts";
import { Asker } from "../proxy/ahead/asker.ts";
import { jsonFile } from "../proxy/ahead/json_file.ts";
import { Learned, type LearnedParts } from "../proxy/ahead/learned.ts";
import { learnedSchema, NO_STATE } from "../proxy/ahead/learned_state.ts";
import { aheadMetrics } from "../proxy/ahead/metrics.ts";
import { type ImageProgress, sumsOf } from "../proxy/ahead/progress.ts";
import { Pulls, type PullsParts } from "../proxy/ahead/pulls.ts";
import type { RunResult } from "../proxy/ahead/rule.ts";
import { ruleFile } from "../proxy/ahead/rule_store.ts";
import { NO_PULLS, pullFile } from "../proxy/ahead/store.ts";
import { Warm, type WarmList } from "../proxy/ahead/warm.ts";
import { createProxy } from "../proxy/app.ts";
import { freshnessRules } from "../proxy/cached/freshness.ts";
import { ruleName } from "../proxy/config/prefetch_rules.ts";
import type { LiveConfig } from "../proxy/config/live.ts";
import type { Config } from "../proxy/config/schema.ts";
import { registryMap } from "../proxy/names/target.ts";
import { logger } from "../proxy/observe/log.ts";
import type { Audit } from "../proxy/observe/audit/audit.ts";
import { timeSaved } from "../proxy/observe/stats/counts.ts";
import type { Stats } from "../proxy/observe/stats/stats.ts";
import type { TrustBook } from "../proxy/trust/book.ts";
import type { PastPull } from "../proxy/trust/dry_run.ts";
import type { ProxyServer } from "../proxy/server.ts";
import { timeoutsOf } from "../proxy/upstream/deadline.ts";
import { createUpstream } from "../proxy/upstream/native.ts";
import type { Environment } from "../proxy/upstream/proxies.ts";
import { QuotaBook } from "../proxy/upstream/quota.ts";
import { auditBundle } from "./auditing.ts";
import type { Named } from "./bundle/transfer.ts";
import type { Books } from "./books.ts";
import { serveControl } from "./cache_socket.ts";
import type { Storage } from "./storage.ts";

/** `linux/` and the architecture that this machine has, as images call it. */
export const OWN_PLATFORM = `linux/${Deno.build.arch === "aarch64" ? "arm64" : "amd64"}`;

/** Repositories of one registry that a pattern is tried on. */
const MOST_CACHED = 10_000;

/** How far back pulls tell which tags are wanted. Milliseconds. */
const LEARNED_FROM = 7 * 24 * 3600e3;

/** What a running server fetches itself. */
export interface Ahead extends AsyncDisposable {
  readonly pulls: Pulls;
  readonly warm: Warm;
  readonly learned: Learned;
  /** Whether what is done in time falls to another Berth of the cluster, as far as known. */
  elsewhere(): boolean;
  /** Pins of the warm list, beside those of the configuration. */
  pins(): readonly string[];
}

interface AheadParts {
  cache: Cache;
  handle: ProxyServer["handle"];
  quota: QuotaBook;
  register: Register;
  stats: Stats;
  /** What people decided about tags. */
  trust: TrustBook | undefined;
  audit: Audit;
  /** The pulls of clients that began since then (Unix ms). */
  past(since: number): Iterable<PastPull>;
  /** Whether the warm list falls to this one of several Berths. */
  duty(): Promise<boolean>;
}

/** What is pinned by the configuration and by the warm list. */
export function pinsOf({ cache }: Config, ahead: Ahead | undefined): string[] {
  return [...cache.pin, ...ahead?.pins() ?? []];
}

/** Begins what a server fetches itself, where it keeps anything; `started` ends it. */
export async function startAhead(
  live: LiveConfig,
  { storage: { cache, cluster, trust }, proxy: { handle }, books, started }: {
    storage: Storage;
    proxy: ProxyServer;
    books: Books;
    started: AsyncDisposableStack;
  },
): Promise<Ahead | undefined> {
  if (!cache) return undefined;
  const duty = cluster?.prefetchDuty ?? (() => Promise.resolve(true));
  const { quota, metrics: { register }, audit, stats, seeing } = books;
  const past = (since: number) => stats.clients().all({ from: since, to: Date.now() + 1 });
  const parts = { cache, handle, quota, duty, trust, past, stats, register, audit };
  const ahead = started.use(await openAhead(() => live.current, parts));
  seeing.add((record) => ahead.learned.saw(record));
  return ahead;
}

/**
 * The pulls and the warm list of a server, which go on from where a former one left them, and the
 * socket at which `berth cache` and `berth pull` reach it.
 */
async function openAhead(config: () => Config, parts: AheadParts): Promise<Ahead> {
  const { cache, handle, register } = parts;
  const { dir } = config().cache;
  const { image, run, learned: counted } = aheadMetrics(register);
  let elsewhere = false;
  const duty = async () => !(elsewhere = !await parts.duty());
  const common = partsOf(config, cache, parts.quota);
  const pulls = new Pulls({
    ...common,
    handle,
    store: pullFile(`${dir}/pulls.json`),
    imageOver(progress, by) {
      image(progress);
      log(progress.state !== "failed", `${wordsOf(progress)}, for ${by}`);
    },
  });
  let pins: readonly string[] = [];
  const warm = new Warm({
    ...common,
    pulls,
    duty,
    list: () => warmList(config()),
    asker: new Asker(handle),
    cached: (registry) =>
      cache.repositories({ registry, limit: MOST_CACHED }).items.map(({ repository }) =>
        repository
      ),
    store: ruleFile(`${dir}/prefetch.json`),
    random: Math.random,
    pin(patterns) {
      pins = patterns;
      cache.configure({ pin: [...config().cache.pin, ...patterns] });
    },
    runOver(rule, result) {
      run(result);
      log(result.state !== "failed", runWords(rule.name, result));
    },
  });
  const learned = learnedOf(config, { ...parts, common, pulls, duty, counted });
  await pulls.resume();
  await warm.start();
  await learned.start();
  const loaded = (images: readonly Named[]) => auditBundle(parts.audit, images);
  const { trust: book, past } = parts;
  const control = serveControl(cache, dir, { pulls, book, past, loaded });
  return {
    pulls,
    warm,
    learned,
    pins: () => pins,
    elsewhere: () => elsewhere,
    async [Symbol.asyncDispose]() {
      await Promise.all([
        ...[control?.[Symbol.asyncDispose](), pulls.close(), warm.close(), learned.close()],
      ]);
    },
  };
}

/** What keeps the tags fresh that are pulled most. */
function learnedOf(
  config: () => Config,
  { cache, handle, stats, common, pulls, duty, counted }:
    & Pick<AheadParts, "cache" | "handle" | "stats" | "duty">
    & Required<Pick<LearnedParts, "counted">>
    & { common: ReturnType<typeof partsOf>; pulls: Pulls },
): Learned {
  const { clock } = common;
  return new Learned({
    ...common,
    pulls,
    duty,
    cache,
    counted,
    learning() {
      const { learn, reserve } = config().prefetch;
      return { ...learn, reserve };
    },
    pulled: (limit) => stats.clients().topTags(clock.now() - LEARNED_FROM, limit),
    ttl: (registry, tag) => freshnessRules(config()).ttl(registry, tag),
    timeSaved: (record) => timeSaved(record, stats.pace(record.registry)),
    asker: (recorded) => new Asker(handle, recorded),
    store: jsonFile(`${config().cache.dir}/learned.json`, learnedSchema, NO_STATE),
    random: Math.random,
  });
}

function log(good: boolean, line: string): void {
  logger("prefetch")[good ? "info" : "warn"](line);
}

/** The rules in force, as the warm list takes them. */
function warmList({ prefetch: { rules, reserve, time_zone } }: Config): WarmList {
  if (rules.length === 0) return { reserve, zone: "", rules: [] };
  return {
    reserve,
    zone: time_zone || Intl.DateTimeFormat().resolvedOptions().timeZone,
    rules: rules.map(({ max_tags, ...rule }) => ({
      ...rule,
      name: ruleName(rule),
      maxTags: max_tags,
    })),
  };
}

/** One line of the log about a run that is over. */
function runWords(name: string, { state, images, came, here, pulls, problems }: RunResult): string {
  const wrong = problems.map(({ what, why }) => `; ${what}: ${why}`).join("");
  return `rule ${name} ${state}: ${formatCount(images, "image")}, ${formatSize(came)} came in ` +
    `${formatCount(pulls, "pull")}, ${formatSize(here)} were here${wrong}`;
}

/** Pulls into `cache` by this process alone, while no server runs. */
export function ownPulls(
  config: Config,
  cache: Cache,
  env: Environment,
): Pulls & AsyncDisposable {
  const quota = new QuotaBook();
  const now = Date.now;
  const upstreams = new AsyncDisposableStack();
  const handle = createProxy(config, {
    cache,
    now,
    uploadKeys: [],
    upstream: (registry) =>
      upstreams.use(createUpstream(registry, {
        timeouts: timeoutsOf(config.upstream),
        retries: config.upstream.retries,
        env,
        onAnswer: (headers, status) => quota.observe(registry.name, headers, status, now()),
      })),
  });
  const pulls = new Pulls({ ...partsOf(() => config, cache, quota), handle, store: NO_PULLS });
  return Object.assign(pulls, {
    async [Symbol.asyncDispose]() {
      await pulls.close();
      await upstreams.disposeAsync();
    },
  });
}

function partsOf(
  config: () => Config,
  cache: Cache,
  quota: QuotaBook,
): Omit<PullsParts, "handle" | "store"> {
  return {
    cache,
    map: () => registryMap(config()),
    clock: systemClock,
    closedUntil: (...asked) => quota.closedUntil(...asked),
    platform: OWN_PLATFORM,
    warn: (line, error) => logger("prefetch").warn(line, { error }),
  };
}

/** `docker/library/nginx:1.27: 8 came (67 MiB), 2 were here (1 MiB)`, or why it failed. */
export function wordsOf({ image, state, parts, error, lacking }: ImageProgress): string {
  const { here, came } = sumsOf(parts);
  const counts = `${came.parts} came (${formatSize(came.bytes)}), ${here.parts} ${
    here.parts === 1 ? "was" : "were"
  } here (${formatSize(here.bytes)})`;
  const without = lacking.length > 0 ? `; it has no ${lacking.join(", ")}` : "";
  return `${image}: ${
    state === "done" ? "" : `${state}${error && `: ${error}`}; `
  }${counts}${without}`;
}

/** What an image waits for, in words; empty where it does not. */
export function waitOf({ until, error }: ImageProgress, now: number): string {
  return until === null ? "" : `${error}, waiting for ${formatDuration(Math.max(0, until - now))}`;
}
