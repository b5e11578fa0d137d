/** A dashboard server with a clock of its own, for tests. */
import { Buffer } from "node:buffer";
import { scryptSync } from "node:crypto";
import { type Config, configSchema } from "../../proxy/config/schema.ts";
import { createMetrics } from "../../proxy/metrics.ts";
import { createAdmin } from "../../ui/admin.ts";
import { openStats } from "../../ui/stats.ts";

export const PASSWORD = "correct horse";
const HASH = cheapHash(PASSWORD);

export interface AdminFixture extends Disposable {
  clock: { now: number };
  config: Config;
  stats: ReturnType<typeof openStats>;
  app: ReturnType<typeof createAdmin>;
  errors: unknown[];
  /** Asks as a client at `from`, with JSON where a body is given. */
  ask: (path: string, init?: Ask) => Promise<Response>;
  /** Signs in and returns the cookie. */
  login: () => Promise<string>;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  from?: string;
}

/** `admin` replaces keys of the configuration's `admin` section. */
export function adminFixture(admin: Record<string, unknown> = {}, input = {}): AdminFixture {
  const clock = { now: Date.UTC(2026, 0, 15, 12) };
  const now = () => clock.now;
  const config = configSchema.parse({
    registries: { docker: { url: "https://registry-1.docker.io" } },
    ...input,
    admin,
  });
  const stats = openStats({ file: ":memory:", now, flushMs: 0 });
  const errors: unknown[] = [];
  const app = createAdmin({
    config: () => config,
    stats,
    metrics: createMetrics({
      version: "1.2.3",
      usage: () => ({ bytes: 0, blobs: 0, capacity: 0 }),
      runningFills: () => 0,
      quotas: () => [],
    }),
    version: "1.2.3",
    madePasswordHash: HASH,
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
    return response.headers.get("set-cookie")!.split(";")[0]!;
  };
  return { clock, config, stats, app, errors, ask, login, [Symbol.dispose]: () => stats.close() };
}

/** A hash that `verifyPassword` accepts and that takes no time. */
export function cheapHash(password: string): string {
  const salt = Buffer.from("salt of the tests");
  const hash = scryptSync(password, salt, 32, { N: 2, r: 8, p: 1 });
  const text = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");
  return `$scrypt$ln=1,r=8,p=1$${text(salt)}$${text(hash)}`;
}
