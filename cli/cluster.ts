/** Several Berths as one: who fetches what, and the port where they give it to each other. */
import { readFileSync } from "node:fs";
import { createHash, randomBytes } from "node:crypto";
import { systemClock } from "../base/clock.ts";
import type { SharedDocuments } from "../base/shared_document.ts";
import type { SharedMemory } from "../base/shared_memory.ts";
import type { TakeTurn } from "../base/turn.ts";
import { type HostsUrl, parseHostsUrl } from "../base/hosts_url.ts";
import type { Cache } from "../cache/api.ts";
import { alone, type Courses } from "../cache/course.ts";
import type { ServerOptions } from "../cache/peers/connect.ts";
import type { Member } from "../cache/peers/coordinator.ts";
import { Feed, type NewsListener } from "../cache/feed/feed.ts";
import { keepRows } from "../cache/feed/keep.ts";
import { Seal } from "../cache/feed/message.ts";
import { packed } from "../cache/feed/snapshot.ts";
import { ValkeyStream } from "../cache/feed/valkey_stream.ts";
import { Duty, type Turn } from "../cache/peers/duty.ts";
import { courseByPeers } from "../cache/peers/course.ts";
import { ValkeyCoordinator } from "../cache/peers/valkey.ts";
import { type Config, parseListen } from "../proxy/config/schema.ts";
import type { ClusterFigures } from "../proxy/observe/cluster_metrics.ts";
import { logger } from "../proxy/observe/log.ts";
import { PeerClient } from "../proxy/peers/client.ts";
import { describeChange, PeerHealth } from "../proxy/peers/health.ts";
import { peerPort, type PeerPortOptions } from "../proxy/peers/port.ts";
import { clusterKeys, markOf } from "../proxy/peers/signature.ts";
import { systemDial, systemLookup } from "../proxy/upstream/dial.ts";
import type { Environment } from "../proxy/upstream/proxies.ts";
import { createTransport, type Transport } from "../proxy/upstream/transport.ts";
import { VERSION } from "./version.ts";

/** How long a peer may take to be connected to; how long it is silent is watched elsewhere. */
const TIMEOUTS = { connect: 500, response: 120_000, idle: 120_000 };
/** Milliseconds for which a start waits for the rows of others. */
const FEED_PATIENCE = 5000;

const NO_FEED = { lag: 0, published: 0, applied: 0, problem: "" };

/** The part of a Berth that knows of others. Until it is started, it is alone. */
export class Cluster implements AsyncDisposable {
  readonly #config: Config["cluster"];
  readonly #env: Environment;
  readonly #parts = new AsyncDisposableStack();
  readonly #fills = { followed: 0, copied: 0, "taken over": 0, led: 0, alone: 0 };
  readonly #log = logger("cluster");
  #courses: Courses = alone;
  #client: PeerClient | undefined;
  #tell: PeerPortOptions["tell"];
  #coordinator: ValkeyCoordinator | undefined;
  readonly #duties = new Map<string, Duty>();
  #health: PeerHealth | undefined;
  #feed: Feed | undefined;
  readonly #news = new Map<string, NewsListener>();
  #keeping: Promise<void> | undefined;
  readonly #leaving = new AbortController();
  #self: Omit<Member, "unreached"> | undefined;
  #sent = 0;
  #received = 0;

  constructor(config: Config["cluster"], env: Environment) {
    this.#config = config;
    this.#env = env;
  }

  /** The way of each fill. */
  readonly courses: Courses = (digest) => this.#courses(digest);

  /** What all of them know; nothing while this one is alone. */
  readonly memory: SharedMemory = {
    get: async (key) => await this.#coordinator?.memory.get(key),
    put: async (...kept) => await this.#coordinator?.memory.put(...kept) ?? false,
    forget: async (key) => await this.#coordinator?.memory.forget(key),
    take: async (rates) => await this.#coordinator?.memory.take(rates) ?? 0,
    giveBack: async (rates) => await this.#coordinator?.memory.giveBack(rates),
  };

  /** What all of them have. */
  readonly documents: SharedDocuments = {
    read: async (name) => this.#coordinator ? await this.#coordinator.documents.read(name) : "away",
    write: async (...one) => await this.#coordinator?.documents.write(...one) ?? "away",
  };

  /** Opens the peer port for `cache` and joins the others. Throws `ListenError`. */
  async start(cache: Cache): Promise<void> {
    const { secret, lease, prefix } = this.#config;
    const keys = clusterKeys(secret, "peers");
    const seal = new Seal(clusterKeys(secret, "feed"));
    const port = this.#portOf(cache, keys, seal);
    this.#parts.defer(() => port.close(0));
    const url = parseHostsUrl(this.#config.url)!;
    const self = this.#self = {
      id: `${this.#env.HOSTNAME || "berth"}-${randomBytes(3).toString("hex")}`,
      address: await this.#address(url, port.address.port),
      version: VERSION,
      since: Date.now(),
      mark: markOf(keys),
    };
    const server = { url, ca: this.#ca() };
    const coordinator = this.#parts.use(
      new ValkeyCoordinator({
        ...server,
        prefix,
        memoryKey: clusterKeys(secret, "memory")[0]!,
        documentKeys: clusterKeys(secret, "documents"),
        self,
        unreached: () => this.#health?.unreached ?? [],
        lease,
        clock: systemClock,
        changed: (problem) => this.#say(problem),
      }),
    );
    this.#coordinator = coordinator;
    const client = this.#client = this.#clientBy(keys[0]!);
    this.#courses = courseByPeers({
      coordinator,
      peers: client,
      clock: systemClock,
      count: (event) => this.#fills[event]++,
    });
    this.#health = this.#parts.use(
      new PeerHealth({
        clock: systemClock,
        self,
        others: () => coordinator.others,
        ahead: () => coordinator.ahead,
        greet: (peer, signal) => client.greet(peer, signal),
        changed: (change) => {
          const { bad, line } = describeChange(change);
          this.#log[bad ? "warn" : "info"](line);
        },
      }),
    );
    this.#log.info(`peers reach this Berth at ${self.address}`);
    await coordinator.join();
    await this.#health.look();
    this.#feed = this.#feedOf(cache, seal, { self, server, client, coordinator });
    this.#keeping = this.#keep(cache, seal, coordinator);
    await this.#feed.start(FEED_PATIENCE);
  }

  /** Tells others no more of what is learnt here, nor hears of them: the cache is about to close. */
  async leave(): Promise<void> {
    this.#leaving.abort(new Error("the cache is closing"));
    await this.#feed?.[Symbol.asyncDispose]();
    await this.#keeping;
  }

  /** Tells the others the newest `value` of `topic` about something. */
  tellOthers(topic: string, about: string, value: unknown): void {
    this.#feed?.tell(topic, about, value);
  }

  /** Calls `listener` with what others tell of `topic`; before the start, to miss nothing of it. */
  onTold(topic: string, listener: NewsListener): void {
    this.#news.set(topic, listener);
  }

  /** Whether it falls to this one to keep their depot in order; to each while nobody can say. */
  readonly depotDuty = (): Promise<boolean> => this.#mine("upkeep");

  /** Whether it falls to this one to look after the warm list; to each while nobody can say. */
  readonly prefetchDuty = (): Promise<boolean> => this.#mine("prefetch");

  /** Whose turn it is to ask for the certificate that all of them have. */
  readonly acmeDuty = (): Promise<Turn> => this.#duty("acme");

  async #mine(what: string): Promise<boolean> {
    return await this.#duty(what) !== "another's";
  }

  async #duty(what: string): Promise<Turn> {
    if (!this.#coordinator) return "unknown";
    const duty = this.#duties.get(what) ?? new Duty(this.#coordinator, what);
    this.#duties.set(what, duty);
    return await duty.turn();
  }

  /** Whose turn it is to ask a registry about `what`. */
  readonly turn: TakeTurn = async (what) => {
    if (!this.#coordinator?.others.length) return { kind: "alone" };
    const name = createHash("sha256").update(what).digest("hex");
    const claim = await this.#coordinator.claim(`tag:${name}`);
    if (claim.kind === "held") return { kind: "another's" };
    if (claim.kind === "alone") return claim;
    return { kind: "mine", done: () => void claim.lease.release() };
  };

  status(): ClusterFigures {
    const { problem: away = "" } = this.#coordinator ?? {};
    const feed = this.#feed?.figures() ?? NO_FEED;
    return {
      problem: (away && `${silent(away)}: check cluster.url`) ||
        this.#health?.problem || feed.problem,
      answers: away === "",
      feed,
      lagMs: Math.round(feed.lag * 1000),
      self: this.#self,
      peers: this.#health?.states ?? [],
      fills: this.#fills,
      sent: this.#sent,
      received: this.#received,
    };
  }

  /** What this one says of itself to others that ask; nothing until this was called. */
  tellBy(tell: NonNullable<PeerPortOptions["tell"]>): void {
    this.#tell = tell;
  }

  /** What the peer `id` says of itself under `name`. Throws where it says nothing until `signal`. */
  async told(id: string, name: string, signal: AbortSignal): Promise<unknown> {
    const peer = this.#health?.states.find((peer) => peer.id === id);
    if (!peer || !this.#client) throw new Error(`there is no ${id} in the cluster`);
    return await this.#client.told(peer, name, signal);
  }

  /** Leaves the others; what they follow here ends, and they go on by themselves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }

  /** Where others ask for what this one has. Throws `ListenError`. */
  #portOf(cache: Cache, keys: readonly Uint8Array[], seal: Seal) {
    return peerPort({
      address: parseListen(this.#config.listen)!,
      cache,
      index: () => packed(cache.rows.snapshot(), seal),
      keys,
      clock: systemClock,
      sent: (bytes) => this.#sent += bytes,
      tell: async (name, query) => await this.#tell?.(name, query),
    });
  }

  /** Has the rows of `cache` outlive every disk, where there is a depot. */
  async #keep(cache: Cache, seal: Seal, coordinator: ValkeyCoordinator): Promise<void> {
    const kept = cache.keptRows;
    if (!kept) return;
    const duty = new Duty(coordinator, "rows");
    const snapshot = () => cache.rows.snapshot();
    await keepRows({ kept, snapshot, seal, duty, clock: systemClock }, this.#leaving.signal);
  }

  /** One view of the rows of `cache` among all. */
  #feedOf(
    cache: Cache,
    seal: Seal,
    { self, server, client, coordinator }: {
      self: Omit<Member, "unreached">;
      server: ServerOptions;
      client: PeerClient;
      coordinator: ValkeyCoordinator;
    },
  ): Feed {
    return new Feed({
      rows: cache.rows,
      stream: new ValkeyStream(server, this.#config.prefix),
      seal,
      clock: systemClock,
      by: self.id,
      news: this.#news,
      async snapshots(signal) {
        const peers = coordinator.others.map((peer) => client.index(peer, signal));
        const all = await Promise.all([...peers, cache.keptRows?.read(signal)]);
        return all.filter((rows) => rows !== undefined);
      },
      say: (line, level = "warn") => this.#log[level](`the feed ${line}`),
    });
  }

  #clientBy(key: Uint8Array): PeerClient {
    const transport = this.#parts.use(this.#transport());
    return new PeerClient({
      send: (request) => transport.send(request),
      key,
      now: Date.now,
      received: (bytes) => this.#received += bytes,
    });
  }

  #say(problem: string): void {
    if (!problem) return this.#log.info("the coordinator answers; what is fetched is shared");
    this.#log.warn(
      `${silent(problem)}: this one fetches for itself, and a registry may be asked twice; ` +
        "check cluster.url",
    );
  }

  #ca(): string | undefined {
    return this.#config.ca_file ? readFileSync(this.#config.ca_file, "utf8") : undefined;
  }

  /** Where others reach the peer port: as told, or by the address that leads to the coordinator. */
  async #address(url: HostsUrl, port: number): Promise<string> {
    const { advertise } = this.#config;
    if (advertise) return advertise;
    const host = this.#env.POD_IP || await localAddress(url) || "127.0.0.1";
    return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  }

  /** Requests go directly to peers, whatever proxy this machine has. */
  #transport(): Transport {
    return createTransport({
      registry: "cluster",
      timeouts: TIMEOUTS,
      clock: systemClock,
      env: { ...this.#env, no_proxy: "*", NO_PROXY: "*" },
      lookup: systemLookup,
      dial: systemDial,
      insecureTls: false,
      ca: undefined,
    });
  }
}

function silent(problem: string): string {
  return `the coordinator does not answer (${problem})`;
}

async function localAddress({ hosts }: HostsUrl): Promise<string | undefined> {
  const { host, port = 6379 } = hosts[0]!;
  const signal = AbortSignal.timeout(1000);
  try {
    using connection = await Deno.connect({ hostname: host, port, signal });
    return connection.localAddr.hostname;
  } catch {
    return Deno.networkInterfaces().find(({ name, family }) => name !== "lo" && family === "IPv4")
      ?.address;
  }
}
