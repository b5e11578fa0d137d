/** The forward proxy as the configuration wants it: on or off, with its CA, through every reload. */
import type { Authenticate } from "../access/users.ts";
import type { Config } from "../config/schema.ts";
import { FileWatch } from "../../base/file_watch.ts";
import { networkRule } from "../http/networks.ts";
import { createAllowList } from "./hosts/allow_list.ts";
import type { Authority } from "./intercept/ca.ts";
import type { Clock } from "../../base/clock.ts";
import { type Environment, proxyFor } from "../upstream/proxies.ts";
import type { ForwardSettings } from "./context.ts";
import type { ForwardHandler } from "./http/handler.ts";
import { type Endpoint, formatEndpoint } from "./hosts/endpoint.ts";
import type { EventSink } from "./events.ts";
import type { ForwardProxy } from "./forward.ts";
import type { RefusedHost } from "./hosts/refused_hosts.ts";
import type { Tunnel } from "./tunnel/tunnels.ts";

export interface ForwardParts {
  /** The registry API of the configuration in force. */
  handler: ForwardHandler;
  /** Checks the users of a configuration; `undefined` where there are none. */
  authenticator(users: Config["users"]): Authenticate;
  /** Ports of the program's other listeners. */
  ownPorts(): number[];
  events: EventSink;
  clock: Clock;
  /** Of the process: `https_proxy` and its like. */
  env: Environment;
}

const DAY = 86_400_000;

/**
 * What only the forward proxy needs is loaded when it is on: reading and making certificates costs
 * a start a quarter of a second and 10 MB.
 */
const load = {
  ca: () => import("./intercept/ca.ts"),
  forward: () => import("./forward.ts"),
};

/** The proxy that this machine itself has to use for `endpoint`. */
function parentOf(endpoint: Endpoint, env: Environment): URL | undefined {
  const scheme = endpoint.port === 80 ? "http" : "https";
  const proxy = proxyFor(new URL(`${scheme}://${formatEndpoint(endpoint)}`), env);
  return proxy === undefined ? undefined : URL.parse(proxy) ?? undefined;
}

/** The CA that `config` asks for; made where it is Berth's own. Throws `CaError`. */
export async function authorityFor(
  { cache, forward, registries }: Config,
  now: number,
): Promise<Authority> {
  const { authorityDir, openAuthority } = await load.ca();
  return await openAuthority({
    dir: await authorityDir(cache.dir || "."),
    certFile: forward.ca_cert_file,
    keyFile: forward.ca_key_file,
    hosts: createAllowList({ registries, forward }).registryHosts,
    now,
  });
}

export class ForwardService {
  readonly #parts: ForwardParts;
  readonly #over = new AbortController();
  readonly #watch = new FileWatch(() => void this.#renewed());
  #config: Config;
  #authority: Authority | undefined;
  #proxy: ForwardProxy | undefined;

  private constructor(config: Config, parts: ForwardParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /** Starts what `config` asks for. Throws `CaError` and `ListenError`. */
  static async start(config: Config, parts: ForwardParts): Promise<ForwardService> {
    const service = new ForwardService(config, parts);
    if (config.forward.listen) await service.#start();
    return service;
  }

  /** As bound; `undefined` where the forward proxy is off. */
  get address(): ForwardProxy["addr"] | undefined {
    return this.#proxy?.addr;
  }

  tunnels(): Tunnel[] {
    return this.#proxy?.tunnels() ?? [];
  }

  refused(): RefusedHost[] {
    return this.#proxy?.refused() ?? [];
  }

  /**
   * Applies another configuration, apart from the address; when that throws, the previous one stays
   * in force.
   */
  async reconfigure(config: Config): Promise<void> {
    const settings = await this.#settings(config);
    this.#config = config;
    this.#proxy?.reconfigure(settings);
    await this.#follow(settings);
  }

  /** Stops accepting; tunnels and requests that run get `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#over.abort();
    this.#watch.close();
    await this.#proxy?.close(graceMs);
  }

  async #start(): Promise<void> {
    const settings = await this.#settings(this.#config);
    const { startForward } = await load.forward();
    const { listen } = this.#config.forward;
    this.#proxy = startForward({
      ...this.#parts,
      ...settings,
      listen,
      parent: (endpoint) => parentOf(endpoint, this.#parts.env),
      limits: { dialTimeout: this.#config.upstream.connect_timeout },
    });
    await this.#follow(settings);
    void this.#warnOfExpiry();
  }

  async #settings(config: Config): Promise<ForwardSettings> {
    const { forward, registries, log, users } = config;
    const opens = forward.intercept.length > 0 && this.#config.forward.listen !== "";
    return {
      allowList: createAllowList({ registries, forward }),
      authority: opens ? await authorityFor(config, this.#parts.clock.now()) : undefined,
      authenticate: this.#parts.authenticator(users),
      admits: networkRule(config.allowed_networks),
      idleTimeout: forward.idle_timeout,
      trace: log.level === "debug",
    };
  }

  async #follow({ authority }: ForwardSettings): Promise<void> {
    this.#authority = authority;
    const files = authority?.files ?? new Map();
    await this.#watch.watch([...files.keys()], files);
  }

  /** The CA was replaced on disk. */
  async #renewed(): Promise<void> {
    try {
      await this.reconfigure(this.#config);
    } catch (error) {
      const message = "the forward proxy's new CA cannot be used; the old one stays";
      this.#parts.events({ kind: "failed", message, error });
    }
  }

  /** At the start and once a day. */
  async #warnOfExpiry(): Promise<void> {
    const { clock, events } = this.#parts;
    const { expiryWarning } = await load.ca();
    while (!this.#over.signal.aborted) {
      const warning = this.#authority && expiryWarning(this.#authority, clock.now());
      if (warning) events({ kind: "warning", message: warning });
      await clock.delay(DAY, this.#over.signal).catch(() => {});
    }
  }
}
