/**
 * The coordinator in Valkey or Redis. Nothing there is needed for content to be right: when it is away,
 * slow or emptied, several Berths ask upstream for the same, and that is all.
 */
import type { Cluster, Redis } from "iovalkey";
import { type Clock, every } from "../../base/clock.ts";
import type { SharedDocuments } from "../../base/shared_document.ts";
import type { SharedMemory } from "../../base/shared_memory.ts";
import type { Claim, Coordinator, Leader, Lease, Member } from "./coordinator.ts";
import { connect, CONNECT_WITHIN, reasonOf, type ServerOptions } from "./connect.ts";
import { valkeyDocuments } from "./documents.ts";
import { valkeyMemory } from "./memory.ts";

interface ValkeyOptions extends ServerOptions {
  /** What the names of all keys begin with. */
  prefix: string;
  /** What only Berths of the cluster know. */
  memoryKey: Uint8Array;
  /** The same, for documents; see `DocumentOptions`. */
  documentKeys: readonly Uint8Array<ArrayBuffer>[];
  self: Omit<Member, "unreached">;
  /** Ids of those who cannot be reached from here. */
  unreached(): readonly string[];
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
/**
 * Who is here, by the server's clock: members are there until their time is over. `ARGV[3]` is what
 * this one said before.
 */
const ANNOUNCE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREM', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return { tostring(now), redis.call('ZRANGE', KEYS[1], 0, -1) }`;

/** Milliseconds between two signs of life, and for which one is good. */
const ANNOUNCE_EVERY = 2000;
const ANNOUNCED_FOR = 10_000;
/** Milliseconds that a command may take: somebody waits for it, and upstream has the same. */
const PATIENCE = 300;
/** Milliseconds without asking after a command has failed. */
const REST = 5000;

export class ValkeyCoordinator implements Coordinator, AsyncDisposable {
  readonly memory: SharedMemory;
  readonly documents: SharedDocuments;
  readonly #options: ValkeyOptions;
  readonly #client: Redis | Cluster;
  readonly #leases = new Map<string, HeldLease>();
  readonly #over = new AbortController();
  readonly #tasks: Promise<void>[];
  #others: readonly Member[] = [];
  /** What was last said of this one. */
  #said = "";
  #restUntil = 0;
  #problem: string | undefined;
  #lastError = "";
  #tokens = 0;
  /** Milliseconds by which this machine's clock is ahead of the server's. */
  #ahead = 0;

  constructor(options: ValkeyOptions) {
    this.#options = options;
    this.#client = connect(options, PATIENCE);
    this.#client.on("error", (error: Error) => this.#lastError = reasonOf(error));
    // What failed before says nothing of a new connection.
    this.#client.on("ready", () => this.#restUntil = 0);
    const { clock, lease, prefix, memoryKey: key, documentKeys: keys } = options;
    this.memory = valkeyMemory((ask) => this.#ask(ask), { prefix, key });
    this.documents = valkeyDocuments((ask) => this.#ask(ask), { prefix, keys });
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

  async claim(what: string, gone?: Leader): Promise<Claim> {
    const { self, lease, clock } = this.#options;
    const key = this.#key(what);
    const asked = clock.now();
    const mine = JSON.stringify([1, self.id, self.address, `${asked}-${this.#tokens++}`]);
    const held = await this.#ask(async (client) =>
      await client.eval(CLAIM, 1, key, gone?.right ?? "", mine, lease) as string | null
    );
    if (held === undefined) return { kind: "alone" };
    if (held === null) return { kind: "mine", lease: this.#leaseOf(key, mine, asked + lease) };
    const leader = leaderOf(held);
    // Another fill of this very Berth, or a value that a newer version has written.
    if (!leader || leader.id === self.id) return { kind: "alone" };
    return { kind: "held", leader };
  }

  async leads({ right }: Leader, what: string): Promise<boolean> {
    const held = await this.#ask(async (client) => await client.get(this.#key(what)));
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
    const { self, unreached, prefix, clock } = this.#options;
    const key = `{${prefix}}:members`;
    const before = this.#said;
    const said = JSON.stringify({ ...self, unreached: unreached() });
    const answer = await this.#ask(async (client) =>
      await client.eval(ANNOUNCE, 1, key, said, ANNOUNCED_FOR, before) as [string, string[]]
    );
    if (!answer) return;
    this.#said = said;
    const [now, members] = answer;
    this.#ahead = clock.now() - Number(now);
    this.#others = members.flatMap((member) => memberOf(member) ?? [])
      .filter(({ id }) => id !== self.id);
  }

  /** Lets go of everything, so that others need not wait until it has run out. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#tasks);
    const { prefix } = this.#options;
    await Promise.all([...this.#leases].map(([key, held]) => this.#release(key, held)));
    await this.#ask((client) => client.zrem(`{${prefix}}:members`, this.#said));
    this.#client.disconnect();
  }

  #leaseOf(key: string, right: string, until: number): Lease {
    const held = { right, until };
    this.#leases.set(key, held);
    const { clock } = this.#options;
    return {
      get held() {
        return clock.now() < held.until;
      },
      release: () => this.#release(key, held),
    };
  }

  async #release(key: string, held: HeldLease): Promise<void> {
    held.until = 0;
    if (this.#leases.get(key) === held) this.#leases.delete(key);
    await this.#ask((client) => client.eval(RELEASE, 1, key, held.right));
  }

  async #renew(): Promise<void> {
    const { lease, clock } = this.#options;
    // Nothing would be asked, and that is no answer.
    if (this.#leases.size === 0) return;
    const until = clock.now() + lease;
    await this.#ask((client) =>
      Promise.all(
        [...this.#leases].map(async ([key, held]) => {
          const renewed = await client.eval(RENEW, 1, key, held.right, lease);
          if (renewed) held.until = until;
          else this.#lose(key, held);
        }),
      )
    );
  }

  /** Somebody else may have it: the server has forgotten it, or was not reached for too long. */
  #lose(key: string, held: HeldLease): void {
    held.until = 0;
    if (this.#leases.get(key) === held) this.#leases.delete(key);
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

  #key(what: string): string {
    return `{${this.#options.prefix}}:lease:${what}`;
  }
}

/** A right to do something: what the server knows it by, and until when it is sure to be ours. */
interface HeldLease {
  readonly right: string;
  until: number;
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
    const { id, address, version, since, mark, unreached: said } = member;
    const words = [id, address, version, mark].every((word) => typeof word === "string");
    // Older versions do not say whom they cannot reach.
    const unreached = Array.isArray(said) ? said : [];
    return words && typeof since === "number"
      ? { id, address, version, since, mark, unreached }
      : undefined;
  } catch {
    return undefined;
  }
}
