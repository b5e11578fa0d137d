/** The parts of a running Berth: started, given another configuration, closed. */
import type { Cache } from "../cache/api.ts";
import type { AcmeKeeper } from "../proxy/acme/keeper.ts";
import { systemClock } from "../base/clock.ts";
import { dashboardCertificate } from "../proxy/config/certificates.ts";
import { pendingRestart } from "../proxy/config/changes.ts";
import type { LiveConfig } from "../proxy/config/live.ts";
import type { Config } from "../proxy/config/schema.ts";
import { forwardLog } from "../proxy/forward/events.ts";
import { forwardMetrics } from "../proxy/forward/metrics.ts";
import { ForwardService } from "../proxy/forward/service.ts";
import { configureLog, logger, logRequest, logRoom } from "../proxy/observe/log.ts";
import { roomMetrics, type RoomSources } from "../proxy/observe/room_metrics.ts";
import { clusterKeys } from "../proxy/peers/signature.ts";
import { type ProxyServer, startServer } from "../proxy/server.ts";
import { imageOf } from "../proxy/trust/book.ts";
import { createState, type State, type StateDeps } from "../ui/state.ts";
import { pinsOf, startAhead } from "./ahead.ts";
import { keepCertificate, wantedOf } from "./acme.ts";
import { type Addresses, type Banner, banner } from "./banner.ts";
import { reverseLookup } from "./reverse_lookup.ts";
import { cacheOptions } from "./cache_options.ts";
import { startDashboard } from "./dashboard.ts";
import { createBoard } from "./telling.ts";
import { VERSION } from "./version.ts";
import { watchRegistries } from "./watching.ts";
import { type Books, noteImageUse, openBooks, usageOf } from "./books.ts";
import { openStorage, type Storage } from "./storage.ts";
import type { Surroundings } from "./surroundings.ts";

/** A Berth that answers. */
export interface Program {
  /** Where it listens, and what with. */
  readonly banner: Banner;
  /** Where each part listens, as bound. */
  readonly addresses: Addresses;
  /** Puts `config` into force; throws where a part cannot use it. */
  reconfigure(config: Config): Promise<void>;
  /** Stops accepting, gives running requests `graceMs`, and closes every part. */
  close(graceMs: number): Promise<void>;
}

/**
 * Starts every part of the configuration in force, in the order in which they need each other.
 * Throws `ListenError`, `CaError`, `CacheLocked`, `CacheTooNew` and `DataDirError`; then what was
 * started is closed again.
 */
export async function startProgram(live: LiveConfig, around: Surroundings): Promise<Program> {
  await using started = new AsyncDisposableStack();
  const storage = await openStorage(live, around.env, started);
  const config = live.current;
  const { cache, cluster } = storage;
  const books = await openBooks(live, { cache, cluster, around, started });
  const acme = await keepCertificate(config, { ...books, cluster }, started);
  let running = false;
  const { env } = around;
  const proxy = await startProxy(config, { acme, storage, books, env, started: () => running });
  started.defer(() => proxy.close(0));
  const ahead = await startAhead(live, { storage, proxy, books, started });
  const ports = proxy.address ? [proxy.address.port] : [];
  const forward = await startForward(config, { proxy, books, env, ports });
  started.defer(() => forward.close(0));
  // Without an address of its own the registry API is behind the forward proxy's.
  const registry = proxy.address ?? forward.address!;
  const deps = stateDeps(live, { acme, storage, books, proxy, port: registry.port });
  const state = createState(deps);
  if (cluster) await tellOthers(cluster, { live, storage, books, state });
  roomMetrics(books.metrics.register, roomOf(cache, state));
  const dashboard = await startDashboard({ ...deps, ahead }, { books, state, forward, around });
  if (dashboard) {
    started.defer(() => dashboard.listener.close(0));
    ports.push(dashboard.listener.address.port);
  }
  const { stats: { mutes }, webhooks } = books;
  const board = createBoard({ present: state.present, mutes, webhooks });
  started.defer(() => board.close());
  const parts = started.move();
  running = true;
  watchRegistries(books.watch, config);
  acme.follow(wantedOf(config));
  board.start();
  dashboard?.load();
  const addresses = { registry, dashboard: dashboard?.listener.address, forward: forward.address };
  return {
    banner: banner(live.loaded, addresses, dashboard?.password),
    addresses,
    async reconfigure(next) {
      await forward.reconfigure(next);
      await acme.makeReady(wantedOf(next));
      await proxy.reconfigure(next);
      await dashboard?.listener.follow(dashboardCertificate(next));
      acme.follow(wantedOf(next));
      watchRegistries(books.watch, next);
      webhooks.configure(next.webhooks);
      cache?.configure({ ...cacheOptions(next), pin: pinsOf(next, ahead) });
      configureLog(next.log);
      warnOfFixed(config, next);
    },
    async close(graceMs) {
      await ahead?.[Symbol.asyncDispose]();
      const intercepted = forward.close(graceMs);
      await Promise.all([proxy.close(graceMs, intercepted), dashboard?.listener.close(0)]);
      await parts.disposeAsync();
    },
  };
}

/** Has the others of a cluster told what this one shows; loaded in a cluster alone. */
async function tellOthers(
  cluster: NonNullable<Storage["cluster"]>,
  { live, storage: { trust }, books, state }: {
    live: LiveConfig;
    storage: Storage;
    books: Books;
    state: State;
  },
): Promise<void> {
  const { createTold } = await import("../ui/api/told.ts");
  const told = { trust, overlay: () => live.shared?.told(), now: Date.now };
  cluster.tellBy(createTold({ ...books, ...state, ...told }));
}

/** Says so where `next` differs in what the process, which runs with `config`, cannot change. */
function warnOfFixed(config: Config, next: Config): void {
  const keys = pendingRestart(config, next);
  if (keys.length > 0) logger("config").warn(`waits for a restart: ${keys.join(", ")}`);
}

/** The registry port, whose requests are logged and counted. */
function startProxy(
  config: Config,
  { acme, storage: { cache, cluster, trust }, books, env, started }: {
    storage: Storage;
    acme: AcmeKeeper;
    books: Books;
    env: Surroundings["env"];
    started: () => boolean;
  },
): Promise<ProxyServer> {
  const { quota, authenticators, stats, metrics, watch, observed } = books;
  return startServer(config, {
    cache,
    quota,
    authenticators,
    env,
    started,
    now: Date.now,
    sealing: clusterKeys(config.cluster.secret, "upload-seal"),
    memory: books.memory,
    cluster: cluster && (() => cluster.status().problem),
    certificate: () => acme.state?.problem ?? "",
    turn: cluster?.turn,
    gate: (registry) => watch.gate(registry),
    room: logRoom,
    onRecord(record) {
      if (cache) noteImageUse(cache, record);
      logRequest(record);
      stats.sink(record);
      metrics.sink(record);
      observed.onRecord(record);
      for (const see of books.seeing) see(record);
    },
    onLateBytes(registry, bytes) {
      stats.addUpstreamBytes(registry, bytes);
      metrics.addUpstreamBytes(registry, bytes);
    },
    onUpstreamError: metrics.addUpstreamError,
    book: trust,
    onHeld(name, digest, until) {
      const image = imageOf(name);
      const at = new Date(until).toISOString();
      logger("policy").warn(`${image} has moved to ${digest}, which is held back until ${at}`);
      observed.onHeld(name, digest, until);
    },
  });
}

/** The forward proxy, where there is one; `ports` are those that no tunnel may lead back to. */
async function startForward(
  config: Config,
  { proxy, books: { authenticators, metrics }, env, ports }: {
    proxy: ProxyServer;
    books: Books;
    env: Surroundings["env"];
    ports: number[];
  },
): Promise<ForwardService> {
  const countForward = forwardMetrics(metrics.register, () => forward.tunnels());
  const forward = await ForwardService.start(config, {
    handler: proxy.handle,
    authenticator: authenticators.authenticator,
    ownPorts: () => ports,
    events(event) {
      forwardLog(event);
      countForward(event);
    },
    env,
    clock: systemClock,
  });
  return forward;
}

/** What the state of Berth is made of. */
function stateDeps(
  live: LiveConfig,
  { acme, storage: { cache, cluster, trust }, books: { stats, quota, watch }, proxy, port }: {
    acme: AcmeKeeper;
    storage: Storage;
    books: Books;
    proxy: ProxyServer;
    port: number;
  },
): StateDeps {
  return {
    live,
    cache,
    trust,
    cluster: cluster && (() => cluster.status()),
    peers: cluster && {
      self: () => cluster.status().self?.id ?? "",
      others: () => cluster.status().peers,
      told: (id, name, signal) => cluster.told(id, name, signal),
    },
    stats,
    quotas: quota,
    standing: (registry) => watch.of(registry),
    acme: () => acme.state,
    registryPort: () => port,
    active: () => proxy.active(),
    reverse: reverseLookup,
    version: VERSION,
    report: (error, path) => logger("dashboard").error(`${path} failed`, { error }),
  };
}

/** What is left of disk and certificate. */
function roomOf(cache: Cache | undefined, { certificate }: State): RoomSources {
  return {
    async disk() {
      const usage = cache && await usageOf(cache);
      return usage && { free: usage.diskFree, reserved: usage.minFree };
    },
    async certificateEnd() {
      await certificate.refresh();
      return certificate.end?.notAfter;
    },
  };
}
