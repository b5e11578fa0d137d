/** A connection to Valkey or Redis, whichever way they are set up. */
import { Cluster, Redis, type RedisOptions } from "iovalkey";
import type { HostsUrl } from "../../base/hosts_url.ts";

export interface ServerOptions {
  /** `redis://host/0`, `redis-sentinel://a,b/name` or `redis-cluster://a,b`; `rediss…`: by TLS. */
  url: HostsUrl;
  /** PEM; what `rediss://` servers' certificates are signed with. */
  ca?: string | undefined;
}

/** Milliseconds for which a start waits for the first connection. */
export const CONNECT_WITHIN = 2000;

/**
 * A client that fails at once while there is no connection, and goes on trying to get one. The check
 * for readiness would need INFO, which careful access lists forbid.
 *
 * @param patience milliseconds that a command may take
 */
export function connect(
  { url: { scheme, username, password, hosts, path }, ca }: ServerOptions,
  patience: number,
): Redis | Cluster {
  const secure = scheme.startsWith("rediss");
  const options: RedisOptions = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(secure ? { tls: ca ? { ca } : {} } : {}),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: patience,
    connectTimeout: CONNECT_WITHIN,
    enableReadyCheck: false,
    retryStrategy: again,
  };
  const sentinel = scheme.endsWith("-sentinel");
  const at = hosts.map(({ host, port }) => ({ host, port: port ?? (sentinel ? 26379 : 6379) }));
  if (sentinel) return new Redis({ ...options, sentinels: at, name: path });
  if (!scheme.endsWith("-cluster")) return new Redis({ ...options, ...at[0]!, db: Number(path) });
  return new Cluster(at, {
    redisOptions: options,
    enableOfflineQueue: false,
    clusterRetryStrategy: again,
  });
}

/** Milliseconds to wait before the `attempt`-th try to connect. */
function again(attempt: number): number {
  return Math.min(2000, 100 * attempt);
}

/** Why there is no answer; Node's error of several attempts to connect has no words of its own. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: unknown; code?: unknown };
  return String(message || code || "no answer");
}
