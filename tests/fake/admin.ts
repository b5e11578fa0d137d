/** A dashboard server with a clock of its own, for tests. */
import { Buffer } from "node:buffer";
import { scryptSync } from "node:crypto";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { openCache } from "../../cache/cache.ts";
import type { Cache } from "../../cache/api.ts";
import type { CacheOptions } from "../../cache/options.ts";
import { LiveConfig } from "../../proxy/config/live.ts";
import { tokenFile, Tokens } from "../../proxy/access/tokens.ts";
import { realSystem } from "../../proxy/config/system.ts";
import type { Config, Registry } from "../../proxy/config/schema.ts";
import type { Posting } from "../../proxy/notify/post.ts";
import { Webhooks } from "../../proxy/notify/webhooks.ts";
import { type Audit, openAudit } from "../../proxy/observe/audit/audit.ts";
import { createMetrics, type Metrics } from "../../proxy/observe/metrics.ts";
import { NO_BOOK, TrustBook } from "../../proxy/trust/book.ts";
import { QuotaBook } from "../../proxy/upstream/quota.ts";
import type { Verdict } from "../../proxy/upstream/watch/standing.ts";
import { createAdmin } from "../../ui/admin.ts";
import type { ForwardState } from "../../ui/api/views/forward.ts";
import { openStats } from "../../proxy/observe/stats/stats.ts";

export const PASSWORD = "correct horse";
const HASH = cheapHash(PASSWORD);

export interface AdminFixture extends AsyncDisposable {
  clock: { now: number };
  /** The configuration in force, to be changed in place. */
  config: Config;
  live: LiveConfig;
  cache: Cache;
  stats: ReturnType<typeof openStats>;
  metrics: Metrics;
  quotas: QuotaBook;
  /** What the forward proxy tells; to be changed in place. */
  forward: ForwardState;
  app: ReturnType<typeof createAdmin>;
  errors: unknown[];
  /** Registries that were probed. */
  probed: Registry[];
  /** What the watch holds of registries; to be changed in place. */
  standings: Map<string, Verdict>;
  /** None until they are configured; what they post goes to `posted` and is taken. */
  webhooks: Webhooks;
  /** Kept in `tokens.json` of `dir`. */
  tokens: Tokens;
  posted: Posting[];
  audit: Audit;
  /** What people decided about tags, until the test ends. */
  trust: TrustBook;
  /** What the audit log has told in the log. */
  lines: string[];
  /** A directory of its own; `config.yaml` in it is the configuration file. */
  dir: string;
  /** Asks as a client at `from`, with JSON where a body is given. */
  ask: (path: string, init?: Ask) => Promise<Response>;
  /** Asks `/api/v1` + path in a session, as our own page does. */
  call: (path: string, init?: Ask) => Promise<Response>;
  /** Signs in and returns the cookie. */
  login: () => Promise<string>;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  from?: string;
}

/**
 * `yaml` is the text of the configuration file; `env` the environment. `readOnly`: the file cannot be
 * written; the rest is the cache's.
 */
export async function adminFixture(
  yaml = "",
  env: Record<string, string> = {},
  { readOnly = false, ...options }: Partial<CacheOptions> & { readOnly?: boolean } = {},
): Promise<AdminFixture> {
  const clock = { now: Date.UTC(2026, 0, 15, 12) };
  const now = () => clock.now;
  const dir = await Deno.makeTempDir();
  await Deno.writeTextFile(join(dir, "config.yaml"), yaml || "# nothing yet\n");
  const whyUnwritable = (path: string) =>
    readOnly && path === join(dir, "config.yaml")
      ? Promise.resolve("its file system is read-only")
      : realSystem.whyUnwritable(path);
  const system = { ...realSystem, whyUnwritable };
  const live = await LiveConfig.open({ cwd: dir, env, system }, { settle: 3600e3, poll: 3600e3 });
  const cache = await openCache({ dir: join(dir, "data"), scrubRate: 0, ...options });
  const stats = openStats({ file: ":memory:", now, flushMs: 0 });
  const quotas = new QuotaBook();
  const errors: unknown[] = [];
  const probed: Registry[] = [];
  const posted: Posting[] = [];
  const webhooks = new Webhooks({
    clock: { ...systemClock, now },
    post: (posting) => Promise.resolve(posted.push(posting) && 204),
    version: "1.2.3",
    failed: (line) => errors.push(line),
  });
  const tokens = await Tokens.open(tokenFile(join(dir, "tokens.json")), now);
  const lines: string[] = [];
  const trust = await TrustBook.open(NO_BOOK);
  const audit = openAudit({
    file: ":memory:",
    now,
    log: (level, line) => lines.push(`${level} ${line}`),
    failed: (error) => errors.push(error),
  });
  const standings = new Map<string, Verdict>();
  const forward: ForwardState = {
    tunnels: () => [{
      id: 1,
      kind: "interception",
      host: "quay.io",
      port: 443,
      client: "192.0.2.7",
      user: "",
      since: 5,
      up: 10,
      down: 20,
    }],
    refused: () => [{
      host: "evil.example",
      port: 8443,
      reason: "host",
      message: "not on the list",
      count: 2,
      last: 7,
      client: "192.0.2.7",
    }],
  };
  const metrics = createMetrics({
    commit: "",
    counts: () => stats.sinceStart(),
    version: "1.2.3",
    usage: () => cache.usage(),
    runningFills: () => cache.fills().length,
    lostLines: () => 0,
    quotas: () => quotas.entries(),
  });
  const app = createAdmin({
    live,
    cache,
    stats,
    quotas,
    standing: (registry) => standings.get(registry),
    metrics,
    webhooks,
    tokens,
    audit,
    trust,
    forward,
    probe: (registry) => {
      probed.push(registry);
      return Promise.resolve({ ok: true, text: "Reachable", ms: 1, steps: [], quota: undefined });
    },
    version: "1.2.3",
    madePasswordHash: HASH,
    registryPort: () => 8080,
    active: () => 0,
    reverse: (address) => Promise.resolve([`node-${address.split(".").at(-1)}.test.`]),
    report: (error) => errors.push(error),
    now,
  });
  const ask = async (path: string, { method, headers, body, from = "192.0.2.1" }: Ask = {}) =>
    await app.request(
      path.startsWith("http") ? path : `http://berth.example:8081${path}`,
      {
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers: {
          ...body === undefined ? {} : { "content-type": "application/json" },
          ...headers,
        },
        ...body === undefined ? {} : { body: JSON.stringify(body) },
      },
      { peer: from },
    );
  const login = async () => {
    const response = await ask("/api/v1/login", {
      body: { username: "admin", password: PASSWORD },
    });
    await response.body?.cancel();
    return response.headers.get("set-cookie")!.split(";")[0]!;
  };
  let cookie = "";
  const call = async (path: string, init: Ask = {}) => {
    cookie ||= await login();
    const headers = { cookie, "sec-fetch-site": "same-origin", ...init.headers };
    return await ask(`/api/v1${path}`, { ...init, headers });
  };
  return {
    ...{
      clock,
      config: live.current,
      live,
      cache,
      stats,
      metrics,
      quotas,
      forward,
      app,
      errors,
      probed,
      standings,
      posted,
      webhooks,
      tokens,
      audit,
      trust,
      lines,
      dir,
    },
    ...{ ask, call, login },
    [Symbol.asyncDispose]: async () => {
      await live.close();
      await tokens.close();
      await cache.close();
      stats.close();
      audit.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** A hash that `verifyPassword` accepts and that takes no time. */
export function cheapHash(password: string): string {
  const salt = Buffer.from("salt of the tests");
  const hash = scryptSync(password, salt, 32, { N: 2, r: 8, p: 1 });
  const text = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");
  return `$scrypt$ln=1,r=8,p=1$${text(salt)}$${text(hash)}`;
}
