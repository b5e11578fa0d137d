/** The registry port as it runs: one listener, and a handler that a reload replaces. */
import { systemClock } from "../base/clock.ts";
import type { SharedMemory } from "../base/shared_memory.ts";
import type { TakeTurn } from "../base/turn.ts";
import type { Cache } from "../cache/api.ts";
import { LimitBook } from "./access/limits.ts";
import type { Authenticators } from "./access/users.ts";
import { createProxy, type ProxyHandler, type ProxyParts } from "./app.ts";
import { registryCertificate } from "./config/certificates.ts";
import { exposedRegistries } from "./config/exposure.ts";
import { addressesClash } from "./config/rules.ts";
import { type Config, parseListen, type Registry } from "./config/schema.ts";
import type { Caller } from "./http/caller.ts";
import type { Listener } from "./http/listen.ts";
import { listenWithFiles } from "./http/listen_with_files.ts";
import { logger } from "./observe/log.ts";
import { MemoryProofBook } from "./client_sign_in/proof_book.ts";
import type { RecordSink } from "./observe/record.ts";
import { sealingKeys } from "../base/seal.ts";
import type { Upstream } from "./upstream/client.ts";
import { createUpstream } from "./upstream/native.ts";
import { Line } from "./upstream/line.ts";
import { timeoutsOf } from "./upstream/deadline.ts";
import type { QuotaBook } from "./upstream/quota.ts";
import type { Gate } from "./upstream/watch/gate.ts";
import type { TrustBook } from "./trust/book.ts";
import { trustOf } from "./cached/trust_of.ts";
import type { TagName } from "../cache/types.ts";

/** What main has made, and what lives longer than one configuration. */
interface ServerParts {
  cache: Cache | undefined;
  quota: QuotaBook;
  authenticators: Authenticators;
  /** Of the process: `https_proxy` and its like, `AWS_*`, `HOME`. */
  env: Readonly<Record<string, string>>;
  onRecord: RecordSink;
  /** Told of each request to upstream that failed, with its kind as a word of a closed set. */
  onUpstreamError?(registry: string, kind: string): void;
  /** Told of content that comes from upstream for a request which has been reported already. */
  onLateBytes?(registry: string, bytes: number): void;
  /** Where what is told of requests cannot be written fast enough: when the next one may be served. */
  room?(): Promise<void> | undefined;
  /** Whether the program's other parts run too; not ready before that. */
  started(): boolean;
  now(): number;
  /** Keys that other Berths seal addresses of uploads with, too; none: a random one. */
  sealing?: readonly Uint8Array<ArrayBuffer>[] | undefined;
  /** What the Berths of a cluster know together. */
  memory?: SharedMemory | undefined;
  /** What keeps this Berth from sharing with others, in words; empty where nothing does. */
  cluster?: (() => string) | undefined;
  /** Why no certificate is issued or renewed, in words; empty where nothing is in the way. */
  certificate?(): string;
  /** Who of several Berths asks a registry about something; none: there is but this one. */
  turn?: TakeTurn | undefined;
  /** What requests to a registry pass; none: nothing is in their way. */
  gate?(registry: string): Gate;
  /** What people decided about tags; none: nobody does. */
  book?: TrustBook | undefined;
  /** Told once of each digest that a tag has moved to and that waits, until then (Unix ms). */
  onHeld?(name: TagName, digest: string, until: number): void;
}

export interface ProxyServer {
  /** None where the forward proxy has the same address and hands over what is not for itself. */
  address: Listener["address"] | undefined;
  /** Requests being answered, to the last byte. */
  active(): number;
  /** The handler in force, for requests that arrive by other ways (the forward proxy). */
  handle(request: Request, caller: Caller): Promise<Response> | Response;
  /** Takes over another configuration; requests that are running finish on the old one. */
  reconfigure(config: Config): Promise<void>;
  /**
   * Not ready any more, no new connections; running requests get `graceMs`. Registries can be asked
   * until `others`, the requests that arrive by other ways, are done too.
   */
  close(graceMs: number, others?: Promise<void>): Promise<void>;
}

/** Listens on `config.listen`. Throws `ListenError`, or an error that names an unreadable file. */
export async function startServer(config: Config, parts: ServerParts): Promise<ProxyServer> {
  const sending = new Set<() => void>();
  const uploadKeys = await sealingKeys(parts.sealing);
  const kept = {
    uploadKeys,
    proofs: new MemoryProofBook(parts),
    limits: new LimitBook({ clock: systemClock, memory: parts.memory }),
    line: new Line(systemClock),
    sending,
  };
  const pool = new UpstreamPool(parts);
  const upstreams = (config: Config) => (registry: Registry) => pool.get(registry, config);
  let closing = false;
  const build = (config: Config): ProxyHandler =>
    createProxy(config, {
      ...kept,
      ...proxyParts(config, parts, upstreams(config), () => parts.started() && !closing),
    });
  let handler = build(config);
  let active = 0;
  const ended = () => void active--;
  const handle = (request: Request, caller: Caller) => {
    const room = parts.room?.();
    const answer = room ? room.then(() => handler(request, caller)) : handler(request, caller);
    if (answer instanceof Response) return answer; // From memory, and on its way already.
    active++;
    (caller.completed ?? Promise.resolve()).then(ended, ended);
    return answer;
  };
  const shared = addressesClash(config.listen, config.forward.listen);
  const listener = shared ? undefined : await listenWithFiles(
    {
      address: parseListen(config.listen)!,
      handler: handle,
      warn: logger("server").warn,
    },
    registryCertificate(config),
    { section: "tls", log: logger("tls") },
  );
  return {
    address: listener?.address,
    active: () => active,
    handle,
    async reconfigure(next) {
      await listener?.follow(registryCertificate(next));
      handler = build(next);
    },
    async close(graceMs, others) {
      closing = true;
      await Promise.all([listener?.close(graceMs), others]);
      for (const stop of sending) stop(); // So that each has its record, with what was sent of it.
      await pool.close();
    },
  };
}

/** What went wrong with a request to upstream, as a word; empty where nothing did, or it was not asked. */
function upstreamErrorKind(status: number, error: string): string {
  if (error !== "") return ["aborted", "not asked", "offline"].includes(error) ? "" : error;
  if (status === 429) return "rate-limited";
  return status >= 500 ? "status-5xx" : "";
}

function proxyParts(
  config: Config,
  parts: ServerParts,
  upstream: ProxyParts["upstream"],
  open: () => boolean,
): Omit<ProxyParts, "uploadKeys" | "proofs" | "limits" | "line"> {
  const { cache, cluster, certificate, quota, authenticators, onRecord, onLateBytes, now } = parts;
  const { prefer_cache_below } = config.cache.manifests;
  const exposed = exposedRegistries(config);
  const details = () => {
    const depot = cache?.depot()?.problem;
    const others = cluster?.();
    const tls = certificate?.();
    return {
      ...(exposed.length > 0 && { exposed }),
      ...(depot && { depot }),
      ...(others && { cluster: others }),
      ...(tls && { certificate: tls }),
    };
  };
  return {
    cache,
    turn: parts.turn,
    trust: cache && parts.book && trustOf(config, { ...parts, cache, book: parts.book }),
    upstream,
    onRecord,
    ...(onLateBytes ? { onLateBytes } : {}),
    warn: (line) => logger("cache").warn(line),
    ready: () => ({ ready: open(), details: details() }),
    quotaLow: (registry) => (quota.share(registry, now()) ?? 1) < prefer_cache_below,
    authenticate: authenticators.authenticator(config.users),
    now,
  };
}

/**
 * Clients for the registries. A reload keeps those whose settings are the same, with their tokens and
 * connections; replaced ones stay until the end, since a fill may still ask them for the rest.
 */
class UpstreamPool {
  readonly #parts: ServerParts;
  readonly #clients = new Map<string, Upstream>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  get(registry: Registry, { upstream }: Config): Upstream {
    const id = JSON.stringify([registry, upstream]);
    const found = this.#clients.get(id);
    if (found) return found;
    const { quota, env, now, gate } = this.#parts;
    const made = createUpstream(registry, {
      timeouts: timeoutsOf(upstream),
      retries: upstream.retries,
      env,
      ...(gate ? { gate: gate(registry.name) } : {}),
      onAnswer: (headers, status) => quota.observe(registry.name, headers, status, now()),
      trace: ({ registry, method, url, status, error, ms }) => {
        logger("upstream").debug(`${registry}: ${method} ${url} ${status || error} ${ms}ms`);
        const kind = upstreamErrorKind(status, error);
        if (kind) this.#parts.onUpstreamError?.(registry, kind);
      },
    });
    this.#clients.set(id, made);
    return made;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client[Symbol.asyncDispose]()));
  }
}
