/**
 * One request to one URL: proxies, certificates, timeouts, and failures in our own words. No
 * redirects, no sign-in, no retries; those are layers above.
 */
import { LRUCache } from "lru-cache";
import type { Dispatcher } from "undici";
import { guardBody } from "../http/body.ts";
import { atMost } from "../../base/at_most.ts";
import type { Clock } from "../../base/clock.ts";
import { seconds } from "../../base/units.ts";
import { Deadline, type Timeouts } from "./deadline.ts";
import type { Dial, Lookup } from "./dial.ts";
import { kindOfFailure, UpstreamError } from "./errors.ts";
import { bypassesProxy, type Environment, proxyFor } from "./proxies.ts";

export interface Outgoing {
  method: string;
  url: URL;
  headers: Headers;
  /** A stream is sent as it comes; its Content-Length, where known, is in `headers`. */
  body?: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | undefined;
  signal?: AbortSignal | undefined;
  /** `false`: the answer's body may go idle for any length of time. */
  watchIdle?: boolean | undefined;
  /** Sent also while the registry is known to be down. */
  insist?: boolean | undefined;
  /** For hosts that upstream named: the addresses that were checked. No other is called. */
  addresses?: readonly string[] | undefined;
}

export interface Transport extends AsyncDisposable {
  /**
   * Sends the request and resolves with the headers, the body unread and raw (never decompressed).
   * Throws {@linkcode UpstreamError}, or the reason of `signal` when that aborts.
   */
  send(request: Outgoing): Promise<Response>;
}

interface TransportOptions {
  /** Name of the registry, for errors. */
  registry: string;
  timeouts: Timeouts;
  clock: Clock;
  env: Environment;
  /** PEM of authorities to trust beside the built-in ones. */
  ca?: string | undefined;
  insecureTls: boolean;
  lookup: Lookup;
  dial: Dial;
}

/** undici costs a start a fifth of a second and 10 MB, so it is loaded by who needs it. */
const loadExact = () => import("./exact.ts");

type Exact = Awaited<ReturnType<typeof loadExact>>;

/**
 * Deno's `fetch` for what is read, being twice as fast on HTTPS; undici for what it cannot do: accept
 * any certificate, call plain HTTP at the very address that was checked (over HTTPS the certificate
 * binds the name), go past a proxy, and send what changes something: `fetch` drops the Content-Length
 * of a stream and repeats any request, even a POST, whose connection closes without an answer.
 */
export function createTransport(options: TransportOptions): Transport {
  return new PooledTransport(options);
}

class PooledTransport implements Transport {
  readonly #options: TransportOptions;
  /** By proxy; undefined is the direct way. */
  readonly #natives = new Map<string | undefined, Deno.HttpClient>();
  readonly #exacts = new Map<string | undefined, Dispatcher>();
  readonly #pins = new LRUCache<string, readonly string[]>(atMost(1000));

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async send(request: Outgoing): Promise<Response> {
    const { registry, timeouts, clock, env } = this.#options;
    const proxy = proxyFor(request.url, env);
    const controller = new AbortController();
    const deadline = new Deadline(registry, controller, this.#options);
    const signal = request.signal
      ? AbortSignal.any([request.signal, controller.signal])
      : controller.signal;
    const failure = (cause: unknown): unknown => {
      if (request.signal?.aborted) return request.signal.reason;
      if (cause instanceof UpstreamError) return cause;
      if (controller.signal.aborted) return controller.signal.reason;
      return new UpstreamError(kindOfFailure(cause), registry, { cause });
    };
    try {
      deadline.start(proxy === undefined ? request.url : new URL(proxy), request.addresses?.[0]);
      const body = request.body instanceof ReadableStream
        ? deadline.watchUpload(request.body)
        : request.body;
      const response = await this.#call({ ...request, body }, proxy, signal);
      if (!response.body) return response;
      const guarded = guardBody(response.body, {
        idle: request.watchIdle === false ? Infinity : timeouts.idle,
        clock,
        signal: request.signal,
        timeout: () => idleError(registry, timeouts),
        failure,
      });
      return new Response(guarded, response);
    } catch (cause) {
      throw failure(cause);
    } finally {
      deadline.stop();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#natives.values()) client.close();
    this.#natives.clear();
    await Promise.all([...this.#exacts.values()].map((dispatcher) => dispatcher.destroy()));
    this.#exacts.clear();
  }

  async #call(
    request: Outgoing,
    proxy: string | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    const { method, url, headers, body, addresses } = request;
    const insecure = this.#options.insecureTls && url.protocol === "https:";
    const pinned = addresses !== undefined && url.protocol === "http:" && proxy === undefined;
    const reads = method === "GET" || method === "HEAD";
    if (reads && !insecure && !pinned && !bypassesProxy(url, this.#options.env)) {
      const client = this.#native(proxy);
      return await fetch(url, { method, headers, signal, redirect: "manual", client });
    }
    if (addresses) this.#pins.set(url.hostname, addresses);
    const exact = await loadExact();
    const dispatcher = this.#exact(exact, proxy);
    return await exact.exactFetch(dispatcher, { method, url, headers, body, signal });
  }

  #native(proxy: string | undefined): Deno.HttpClient {
    const { ca } = this.#options;
    const found = this.#natives.get(proxy) ?? Deno.createHttpClient({
      http2: false, // one connection a transfer: 0.9 GB/s instead of 0.7, and no shared window
      ...(ca !== undefined && { caCerts: [ca] }),
      ...(proxy !== undefined && { proxy: proxyOption(proxy) }),
    });
    this.#natives.set(proxy, found);
    return found;
  }

  #exact({ exactDispatcher }: Exact, proxy: string | undefined): Dispatcher {
    const { timeouts, ca, insecureTls, lookup } = this.#options;
    const found = this.#exacts.get(proxy) ?? exactDispatcher(proxy, {
      connectTimeout: timeouts.connect,
      ca,
      insecureTls,
      lookup: async (hostname) => [...this.#pins.get(hostname) ?? await lookup(hostname)],
    });
    this.#exacts.set(proxy, found);
    return found;
  }
}

function idleError(registry: string, { idle }: Timeouts): UpstreamError {
  return new UpstreamError("timeout", registry, {
    reason: `nothing arrived for ${seconds(idle)} in the middle of an answer`,
  });
}

/** A proxy URL as Deno wants it: its user and password apart. */
function proxyOption(proxy: string): { url: string; basicAuth?: Deno.BasicAuth } {
  const url = new URL(proxy);
  const { username, password } = url;
  url.username = url.password = "";
  if (!username) return { url: url.href };
  return {
    url: url.href,
    basicAuth: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}
