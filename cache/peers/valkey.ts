/**
 * The coordinator in Valkey or Redis. Nothing there is needed for content to be right: when it is away,
 * slow or emptied, several Berths ask upstream for the same, and that is all.
 */
import { Cluster, Redis, type RedisOptions } from "iovalkey";
import { type Clock, every } from "../../base/clock.ts";
import type { HostsUrl } from "../../base/hosts_url.ts";
import type { Claim, Coordinator, Leader, Member } from "./coordinator.ts";

export interface ValkeyOptions {
  /** `redis://host/0`, `redis-sentinel://a,b/name` or `redis-cluster://a,b`; `rediss…`: by TLS. */
  url: HostsUrl;
  /** PEM; what `rediss://` servers' certificates are signed with. */
  ca?: string | undefined;
  /** What the names of all keys begin with. */
  prefix: string;
  self: Member;
  /** Milliseconds for which a right to fetch lasts unless it is renewed. */
  lease: number;
  clock: Clock;
  /** Told when the coordinator goes away (`problem` says why) and when it is back (empty). */
  changed(problem: string): void;
}

/** `GET` and, where nobody has it or the one who does is `ARGV[1]`, `SET`: nil where it is ours now. */
const CLAIM = `
local held = redis.call('GET', KEYS[1])
if held == false or held == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return false
end
return held`;
const RENEW = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`;
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;
/** Who is here, by the server's clock: members are there until their time is over. */
const ANNOUNCE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return { tostring(now), redis.call('ZRANGE', KEYS[1], 0, -1) }`;

/** Milliseconds between two signs of life, and for which one is good. */
const ANNOUNCE_EVERY = 2000;
const ANNOUNCED_FOR = 10_000;
/** Milliseconds that a command may take: somebody waits for it, and upstream has the same. */
const PATIENCE = 300;
/** Milliseconds for which a start waits for the first connection. */
const CONNECT_WITHIN = 2000;
/** Milliseconds without asking after a command has failed. */
const REST = 5000;

export class ValkeyCoordinator implements Coordinator, AsyncDisposable {
  readonly #options: ValkeyOptions;
  readonly #client: Redis | Cluster;
  readonly #leases = new Map<string, string>();
  readonly #over = new AbortController();
  readonly #tasks: Promise<void>[];
  #others: readonly Member[] = [];
  #restUntil = 0;
  #problem: string | undefined;
  #lastError = "";
  #tokens = 0;
  /** Milliseconds by which this machine's clock is ahead of the server's. */
  #ahead = 0;

  constructor(options: ValkeyOptions) {
    this.#options = options;
    this.#client = connect(options);
    this.#client.on("error", (error: Error) => this.#lastError = reasonOf(error));
    // What failed before says nothing of a new connection.
    this.#client.on("ready", () => this.#restUntil = 0);
    const { clock, lease } = options;
    const { signal } = this.#over;
    const ignore = () => {};
    this.#tasks = [
      every(clock, lease / 3, signal, () => this.#renew(), ignore),
      every(clock, ANNOUNCE_EVERY, signal, () => this.announce(), ignore),
    ];
  }

  get others(): readonly Member[] {
    return this.#others;
  }

  /** Why nobody is asked now; empty while the coordinator answers. */
  get problem(): string {
    return this.#problem ?? "";
  }

  get ahead(): number {
    return this.#ahead;
  }

  async claim(digest: string, gone?: Leader): Promise<Claim> {
    const { self, lease, clock } = this.#options;
    const key = this.#key(digest);
    const mine = JSON.stringify([1, self.id, self.address, `${clock.now()}-${this.#tokens++}`]);
    const held = await this.#ask(async (client) =>
      await client.eval(CLAIM, 1, key, gone?.right ?? "", mine, lease) as string | null
    );
    if (held === undefined) return { kind: "alone" };
    if (held === null) {
      this.#leases.set(key, mine);
      return { kind: "mine", lease: { release: () => this.#release(key, mine) } };
    }
    const leader = leaderOf(held);
    // Another fill of this very Berth, or a value that a newer version has written.
    if (!leader || leader.id === self.id) return { kind: "alone" };
    return { kind: "held", leader };
  }

  async leads({ right }: Leader, digest: string): Promise<boolean> {
    const held = await this.#ask(async (client) => await client.get(this.#key(digest)));
    return held === undefined || held === right;
  }

  /** Joins the others as soon as there is a connection; without one, after a moment all the same. */
  async join(): Promise<void> {
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(CONNECT_WITHIN, resolve);
    if (this.#client.status === "ready") resolve();
    else this.#client.once("ready", resolve);
    await promise;
    cancel();
    this.#client.off("ready", resolve);
    await this.announce();
  }

  /** Says that this one is here, and hears who else is. */
  async announce(): Promise<void> {
    const { self, prefix, clock } = this.#options;
    const key = `{${prefix}}:members`;
    const said = JSON.stringify(self);
    const answer = await this.#ask(async (client) =>
      await client.eval(ANNOUNCE, 1, key, said, ANNOUNCED_FOR) as [string, string[]]
    );
    if (!answer) return;
    const [now, members] = answer;
    this.#ahead = clock.now() - Number(now);
    this.#others = members.flatMap((member) => memberOf(member) ?? [])
      .filter(({ id }) => id !== self.id);
  }

  /** Lets go of everything, so that others need not wait until it has run out. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#tasks);
    const { prefix, self } = this.#options;
    await Promise.all([...this.#leases].map(([key, mine]) => this.#release(key, mine)));
    await this.#ask((client) => client.zrem(`{${prefix}}:members`, JSON.stringify(self)));
    this.#client.disconnect();
  }

  async #release(key: string, mine: string): Promise<void> {
    if (this.#leases.get(key) === mine) this.#leases.delete(key);
    await this.#ask((client) => client.eval(RELEASE, 1, key, mine));
  }

  async #renew(): Promise<void> {
    const { lease } = this.#options;
    await this.#ask((client) =>
      Promise.all([...this.#leases].map(([key, mine]) => client.eval(RENEW, 1, key, mine, lease)))
    );
  }

  /** What `ask` resolves to; `undefined` where there is no answer, and then for a while nobody asks. */
  async #ask<T>(ask: (client: Redis | Cluster) => Promise<T>): Promise<T | undefined> {
    const { clock } = this.#options;
    if (clock.now() < this.#restUntil) return undefined;
    try {
      const answer = await ask(this.#client);
      this.#tell("");
      return answer;
    } catch (error) {
      this.#restUntil = clock.now() + REST;
      const message = reasonOf(error);
      const away = /Stream isn't writeable|Connection is closed/.test(message);
      this.#tell(away ? this.#lastError || "there is no connection" : message);
      return undefined;
    }
  }

  #tell(problem: string): void {
    if (problem === this.#problem || this.#over.signal.aborted) return;
    this.#problem = problem;
    this.#options.changed(problem);
  }

  #key(digest: string): string {
    return `{${this.#options.prefix}}:lease:fill:${digest}`;
  }
}

/** Why there is no answer; Node's error of several attempts to connect has no words of its own. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: unknown; code?: unknown };
  return String(message || code || "no answer");
}

function leaderOf(right: string): Leader | undefined {
  try {
    const [version, id, address] = JSON.parse(right);
    const known = version === 1 && typeof id === "string" && typeof address === "string";
    return known ? { id, address, right } : undefined;
  } catch {
    return undefined;
  }
}

function memberOf(text: string): Member | undefined {
  try {
    const member = JSON.parse(text);
    const { id, address, version, since, mark } = member;
    const words = [id, address, version, mark].every((word) => typeof word === "string");
    return words && typeof since === "number" ? { id, address, version, since, mark } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A client that fails at once while there is no connection, and goes on trying to get one. The check
 * for readiness would need INFO, which careful access lists forbid.
 */
function connect({ url: { scheme, username, password, hosts, path }, ca }: ValkeyOptions) {
  const secure = scheme.startsWith("rediss");
  const options: RedisOptions = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(secure ? { tls: ca ? { ca } : {} } : {}),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: PATIENCE,
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
