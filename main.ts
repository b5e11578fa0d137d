/** The command line: `berth [serve]`, and the commands beside it. */
import { join } from "node:path";
import { openCache } from "./cache/cache.ts";
import { systemClock } from "./base/clock.ts";
import { CacheLocked, CacheTooNew } from "./cache/errors.ts";
import { SCRIPTS, type Shell } from "./cli/completions/script.ts";
import { DataDirError, original, usingDataDir } from "./cli/data_dir.ts";
import { healthcheck } from "./cli/healthcheck.ts";
import { runCommand, type Runners } from "./cli/run.ts";
import { styleFor } from "./cli/style.ts";
import { describeVersion, VERSION } from "./cli/version.ts";
import { SignIns } from "./proxy/access/users.ts";
import { configCommand, hashPasswordCommand } from "./cli/config_command.ts";
import { type LiveConfig, watchConfig } from "./proxy/config/live.ts";
import { ConfigError, formatProblem } from "./proxy/config/problem.ts";
import { cacheCommand } from "./cli/cache_command.ts";
import { serveControl } from "./cli/cache_socket.ts";
import { type Config, parseListen } from "./proxy/config/schema.ts";
import { formatSize } from "./base/units.ts";
import { listen, type Listener, ListenError } from "./proxy/http/listen.ts";
import { cacheLog, configureLog, logger, logRequest } from "./proxy/observe/log.ts";
import { forwardMetrics } from "./proxy/forward/metrics.ts";
import { createMetrics } from "./proxy/observe/metrics.ts";
import { caCommand } from "./cli/ca_command.ts";
import { forwardLog } from "./proxy/forward/events.ts";
import { CaError } from "./proxy/forward/intercept/ca_error.ts";
import { ForwardService } from "./proxy/forward/service.ts";
import { startServer } from "./proxy/server.ts";
import { timeoutsOf } from "./proxy/upstream/deadline.ts";
import { probe } from "./proxy/upstream/probe.ts";
import { QuotaBook } from "./proxy/upstream/quota.ts";
import { createAdmin } from "./ui/admin.ts";
import { firstPassword } from "./ui/first_password.ts";
import { openStats } from "./proxy/observe/stats/stats.ts";

const ROOT = import.meta.dirname!;

const io = {
  env: Deno.env.toObject(),
  cwd: Deno.cwd(),
  print: (line: string) => console.log(line),
  complain: (line: string) => console.error(line),
  prompt: (part: string) => void Deno.stderr.writeSync(new TextEncoder().encode(part)),
  input: Deno.stdin,
};

const config = (name: Parameters<typeof configCommand>[0]) => (args: string[]) =>
  configCommand(name, args, io);
const cache = (name: Parameters<typeof cacheCommand>[0]) => (args: string[]) =>
  cacheCommand(name, args, { ...io, options: cacheOptions, now: Date.now, progress });
const print = (text: string) => Promise.resolve(io.print(text) ?? 0);

const RUNNERS: Runners = {
  serve,
  "config check": config("check"),
  "config print": config("print"),
  "config migrate": config("migrate"),
  "cache ls": cache("ls"),
  "cache stat": cache("stat"),
  "cache evict": cache("evict"),
  "cache verify": cache("verify"),
  ca: (args) => caCommand(args, io),
  "hash-password": () => hashPasswordCommand(io),
  healthcheck: (args) => healthcheck(args, io),
  completions: ([shell]) => print(SCRIPTS[shell as Shell]().trimEnd()),
  version: () => print(`berth ${describeVersion(ROOT)}`),
};

/**
 * Executables do not know --unstable-no-legacy-abort (Deno 2.9.4), so that request.signal fires after
 * every answer there, and Deno warns of it once. Nothing here goes on after its answer: the signal
 * stops nothing by then, and the warning would only puzzle the reader of the log.
 */
function silenceLegacyAbort(): void {
  const warn = console.warn.bind(console);
  console.warn = (...args: unknown[]) => {
    if (!String(args[0]).startsWith("Deno.serve: request.signal aborts")) warn(...args);
  };
}

/** One line of the terminal, rewritten; nothing where standard error goes to a file. */
const progress = Deno.stderr.isTerminal()
  ? (line: string) => io.prompt(`\r${line}\x1b[K`)
  : undefined;

/** Runs until SIGTERM or SIGINT. The result is the exit code. */
async function serve(args: string[]): Promise<number> {
  const current: { berth?: Running } = {};
  const live = await watchConfig({ ...io, args }, {
    apply: ({ config }) => current.berth?.reconfigure(config),
  });
  await using _ = { [Symbol.asyncDispose]: () => live.close() };
  await configureLog(live.current.log);
  for (const warning of live.loaded.warnings) logger("config").warn(warning);
  const berth = current.berth = await start(live);
  io.complain(berth.banner);
  live.subscribe(({ ok, reason, problems, changes, warnings }) => {
    const log = logger("config");
    for (const problem of problems) log.error(`not taken over: ${formatProblem(problem)}`);
    for (const warning of warnings) log.warn(warning);
    if (ok) log.info(`configuration taken over (${reason}): ${changes.length} values changed`);
  });
  const reload = () => void live.reload("SIGHUP");
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", reload);
  await stopSignal();
  if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", reload);
  await berth.close(live.current.shutdown_grace);
  return 0;
}

type Address = Listener["address"];

const NO_USAGE = { blobs: 0, bytes: 0, maxSize: 0 };

interface Running {
  banner: string;
  reconfigure(config: Config): Promise<void>;
  close(graceMs: number): Promise<void>;
}

/** Puts the parts together, in the order in which they need each other. */
async function start(live: LiveConfig): Promise<Running> {
  const config = live.current;
  await using started = new AsyncDisposableStack();
  const dir = config.cache.dir;
  const cache = dir ? await usingDataDir(dir, () => openCache(cacheOptions(config))) : undefined;
  if (cache) {
    started.defer(() => cache.close());
    const control = await serveControl(cache, config.cache.dir);
    if (control) started.use(control);
  }
  const quota = new QuotaBook();
  const stats = await usingDataDir(
    dir,
    () => openStats({ file: cache ? `${dir}/stats.db` : ":memory:" }),
  );
  started.defer(() => stats.close());
  const metrics = createMetrics({
    version: VERSION,
    usage: async () => await cache?.usage() ?? NO_USAGE,
    runningFills: () => cache?.fills().length ?? 0,
    quotas: () => quota.entries(),
  });
  const countForward = forwardMetrics(metrics.register, () => forward.tunnels());
  const signIns = new SignIns({ now: Date.now, warn: (line) => logger("sign-in").warn(line) });
  cache?.onEvent(cacheLog);
  cache?.onEvent(metrics.onCacheEvent);
  let running = false;
  const proxy = await startServer(config, {
    cache,
    quota,
    signIns,
    env: io.env,
    started: () => running,
    now: Date.now,
    onRecord(record) {
      logRequest(record);
      stats.sink(record);
      metrics.sink(record);
    },
    onLateBytes(registry, bytes) {
      stats.addUpstreamBytes(registry, bytes);
      metrics.addUpstreamBytes(registry, bytes);
    },
  });
  started.defer(() => proxy.close(0));
  const ports = proxy.address ? [proxy.address.port] : [];
  const forward = await ForwardService.start(config, {
    handler: proxy.handle,
    authenticator: signIns.authenticator,
    ownPorts: () => ports,
    events(event) {
      forwardLog(event);
      countForward(event);
    },
    env: io.env,
    clock: systemClock,
  });
  started.defer(() => forward.close(0));
  // Without an address of its own the registry API is behind the forward proxy's.
  const registry = proxy.address ?? forward.address!;
  const { listen: dashboardAt, password_hash, auth } = config.admin;
  const { hash, made } = dashboardAt === "" || password_hash || auth === "none"
    ? { hash: "", made: undefined }
    : await usingDataDir(dir, () => firstPassword(dir));
  const admin = createAdmin({
    live,
    cache,
    stats,
    metrics,
    quotas: quota,
    forward,
    probe: (registry, signal) =>
      probe(registry, { timeouts: timeoutsOf(live.current.upstream), env: io.env }, signal),
    registryPort: () => registry.port,
    active: () => proxy.active(),
    version: VERSION,
    madePasswordHash: hash,
    pages: join(ROOT, "ui", "dist"),
    report: (error, path) => logger("dashboard").error(`${path} failed`, { error }),
  });
  const dashboard = dashboardAt === "" ? undefined : listen({
    address: parseListen(dashboardAt)!,
    handler: (request, { peer }) => Promise.resolve(admin.fetch(request, { peer })),
  });
  if (dashboard) {
    started.defer(() => dashboard.close(0));
    ports.push(dashboard.address.port);
  }
  const parts = started.move();
  running = true;
  return {
    banner: banner(
      live,
      { registry, dashboard: dashboard?.address, forward: forward.address },
      made,
    ),
    async reconfigure(next) {
      await forward.reconfigure(next);
      await proxy.reconfigure(next);
      cache?.configure(cacheOptions(next));
      await configureLog(next.log);
      const fixed = (one: Config) => [one.cache.dir, one.listen, one.forward.listen].join();
      if (fixed(next) !== fixed(config)) {
        logger("config").warn("listen addresses and cache.dir change at the next start only");
      }
    },
    async close(graceMs) {
      const intercepted = forward.close(graceMs);
      await Promise.all([proxy.close(graceMs, intercepted), dashboard?.close(0)]);
      await parts.disposeAsync();
    },
  };
}

function cacheOptions({ cache, upstream }: Config): Parameters<typeof openCache>[0] {
  return {
    dir: cache.dir,
    maxSize: cache.max_size,
    minFree: cache.min_free,
    maxAge: cache.max_age,
    verifyEvery: cache.verify_every,
    memory: cache.memory,
    pin: cache.pin,
    retries: upstream.retries,
    stallTimeout: upstream.idle_timeout,
  };
}

/** Five lines at most: addresses, room, where the configuration came from, the first password. */
function banner(
  live: LiveConfig,
  { registry, dashboard, forward }:
    & { registry: Address }
    & Record<
      "dashboard" | "forward",
      Address | undefined
    >,
  password: string | undefined,
): string {
  const { cache, tls, admin } = live.current;
  const at = (address: Address, secure = false) => {
    const any = address.hostname === "::" || address.hostname === "0.0.0.0";
    const host = any ? "localhost" : address.hostname.replace(/^.*:.*$/, "[$&]");
    return `${secure ? "https" : "http"}://${host}:${address.port}`;
  };
  const room = cache.dir ? `${cache.dir}, up to ${formatSize(cache.max_size)}` : "none";
  const lines = [
    `Berth ${VERSION}: registry ${at(registry, tls.cert_file !== "")}`,
    dashboard
      ? `dashboard ${at(dashboard)}${
        password ? ` (user ${admin.username}, password ${password})` : ""
      }`
      : "dashboard off",
    ...(forward ? [`forward proxy ${at(forward)}`] : []),
    `cache ${room}`,
    `configuration ${live.loaded.file ?? "built in; write a config.yaml to change it"}`,
  ];
  return lines.join("\n  ");
}

function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGINT", resolve);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", resolve);
  return promise;
}

/** What is the user's to mend gets one line; exit code 2 for configuration, 1 for the rest. */
function explain(thrown: unknown): number {
  const error = original(thrown);
  if (error instanceof ConfigError) {
    io.complain(error.message);
    return 2;
  }
  if (error instanceof CaError) {
    io.complain(`berth: forward: ${error.message}`);
    return 2;
  }
  const known = error instanceof ListenError || error instanceof CacheLocked ||
    error instanceof CacheTooNew || error instanceof DataDirError ||
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotFound;
  io.complain(known ? `berth: ${error.message}` : `berth: ${String(error)}`);
  return 1;
}

if (import.meta.main) {
  if (Deno.build.standalone) silenceLegacyAbort();
  const style = styleFor(Deno.stdout.isTerminal(), io.env);
  Deno.exit(await runCommand(Deno.args, { ...io, style }, RUNNERS).catch(explain));
}
