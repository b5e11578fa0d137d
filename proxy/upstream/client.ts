/**
 * A registry as the rest of Berth asks it. The layers, from the outside in: retries (this file),
 * redirects (redirect.ts), sign-in (auth.ts), one request (transport.ts).
 */
import type { Registry } from "../config/schema.ts";
import { SignIn } from "./auth.ts";
import { discard } from "../http/body.ts";
import type { Challenge } from "./challenge.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { Credentials } from "./credentials.ts";
import type { Timeouts } from "./deadline.ts";
import { UpstreamError, type UpstreamErrorKind } from "./errors.ts";
import { forwardToken, type TokenForward } from "./forward_token.ts";
import { challengeByPing, registryUrl } from "./ping.ts";
import { followRedirects } from "./redirect.ts";
import { type Gate, gated } from "./watch/gate.ts";
import { parseRetryAfter, retryDelay } from "./retry.ts";
import { isStorage, refusedByStorage, storageFailure } from "./storage.ts";
import type { TargetCheck } from "./target.ts";
import { TokenSource } from "./token.ts";
import type { Outgoing, Transport } from "./transport.ts";

export interface UpstreamRequest {
  method: string;
  /** `/v2/library/alpine/manifests/latest`: the upstream's own name. */
  path: string;
  /** Without `?`. */
  query?: string;
  /** Accept, Range, If-None-Match, Content-Type…; private and hop-by-hop ones are left out. */
  headers?: HeadersInit;
  /** A stream is sent once and never again. */
  body?: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
  /** `repository:library/alpine:pull` and the like. */
  scopes: string[];
  /** The client's own (`auth.mode: client`); sent to this registry and nowhere else. */
  authorization?: string;
  signal?: AbortSignal;
  /** Fewer attempts than configured, where something stale is at hand. */
  retries?: number;
  /** `false` where the reader of the body keeps a watch of its own on how long nothing comes. */
  watchIdle?: boolean;
  /** Asks also a registry that is known to be down, for the rest of what it has begun to send. */
  insist?: boolean;
  /**
   * Told of each attempt when it has ended, redirects and sign-in included: when it began (Unix
   * milliseconds), how long it took, and its status or why there was none.
   */
  onAttempt?(attempt: { at: number; ms: number; status: number; error: string }): void;
}

interface UpstreamResponse {
  /** Any status; the body unread and as it came, whatever its Content-Encoding. */
  response: Response;
  /** The last URL asked. Signed ones are a secret: not for a log. */
  url: string;
  /** Milliseconds to the headers, redirects and sign-in included, failed attempts not. */
  ms: number;
}

/** One exchange, for the log and the metrics. */
interface UpstreamTrace {
  registry: string;
  method: string;
  /** Host and path, never the query; of a redirect's target, whose path may be signed, the host. */
  url: string;
  /** 0 where there was no answer. */
  status: number;
  /** Why there was none. */
  error: string;
  ms: number;
}

export interface ClientOptions {
  timeouts: Timeouts;
  /** How often a request is repeated that may be. */
  retries: number;
  clock?: Clock;
  /** In [0, 1), for jitter. */
  random?: () => number;
  /** Called with every answer of the registry itself, for quotas. */
  onAnswer?: (headers: Headers, status: number) => void;
  trace?: (event: UpstreamTrace) => void;
  /** Told how the registry answers, and refuses to ask one that is down. */
  gate?: Gate;
}

/** What differs from platform to platform: native.ts for a machine, plain.ts where there is none. */
interface UpstreamMeans {
  /** How a request goes out. */
  transport: Transport;
  /** Which hosts may be called on upstream's word. */
  checkTarget: TargetCheck;
  /** What the operator gave for signing in. */
  credentials: Credentials;
  /**
   * Decodes the body of an answer that was compressed although `identity` was asked for; one in a
   * coding that is unknown comes back as it is. Left out where the transport allows no such answer.
   */
  decode?(response: Response): Promise<Response>;
}

export interface Upstream extends AsyncDisposable {
  readonly registry: Registry;
  /**
   * Asks the registry. Throws {@linkcode UpstreamError}, or the reason of `signal`. In client mode a
   * 401 comes back as it is; in proxy mode one that does means that the sign-in was not enough.
   */
  request(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** An answer with its body decoded where it was compressed unasked, see {@linkcode UpstreamMeans}. */
  decoded(response: Response): Promise<Response>;
  /** `GET /v2/`, signed in; in client mode bare, so that its challenge shows. */
  ping(signal?: AbortSignal): Promise<Response>;
  /** What the registry's `/v2/` challenges with; undefined where it is open. */
  challenge(): Promise<Challenge | undefined>;
  /** Hands a client's token request to the registry's own realm (client mode). */
  token(request: TokenForward): Promise<Response>;
}

/** Failures that another attempt soon after may not meet. A timeout has already waited. */
const TRANSIENT: ReadonlySet<UpstreamErrorKind> = new Set([
  "dns",
  "refused",
  "unreachable",
  "reset",
  "unavailable",
  "storage",
]);

/** Headers that callers cannot set: they belong to the connection or to the sign-in. */
const RESERVED = [
  "authorization",
  "connection",
  "cookie",
  "host",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * A client for one registry of the map. Holds connections and tokens; dispose of it when its
 * configuration is replaced and its last response has been read.
 */
export function createClient(
  registry: Registry,
  means: UpstreamMeans,
  options: ClientOptions,
): Upstream {
  return new RegistryClient(registry, means, options);
}

class RegistryClient implements Upstream {
  readonly registry: Registry;
  readonly #options: ClientOptions;
  readonly #clock: Clock;
  readonly #own: URL;
  readonly #transport: Transport;
  readonly #checkTarget: TargetCheck;
  readonly #ping: () => Promise<Challenge | undefined>;
  readonly #signIn: SignIn;
  readonly #decode: UpstreamMeans["decode"];

  constructor(registry: Registry, means: UpstreamMeans, options: ClientOptions) {
    const { clock = systemClock } = options;
    const { checkTarget, credentials } = means;
    const { name } = registry;
    const own = new URL(registry.url);
    const transport = options.gate ? gated(means.transport, own, options.gate) : means.transport;
    const tokens = new TokenSource({ registry: name, transport, checkTarget, clock });
    const ping = challengeByPing(own, transport, clock);
    this.registry = registry;
    this.#options = options;
    this.#clock = clock;
    this.#own = own;
    this.#transport = transport;
    this.#checkTarget = checkTarget;
    this.#ping = ping;
    this.#decode = means.decode;
    this.#signIn = new SignIn({ registry: name, own, transport, tokens, ping, credentials });
  }

  async request(request: UpstreamRequest): Promise<UpstreamResponse> {
    const began = this.#clock.now();
    for (let made = 1;; made++) {
      const started = this.#clock.now();
      const outcome = await settled(this.#attempt(request));
      const { failure, value } = outcome;
      const ms = this.#clock.now() - started;
      const delay = this.#delay(request, outcome, made, this.#clock.now() - began);
      const error = value ? "" : errorWord(failure);
      request.onAttempt?.({ at: started, ms, status: value?.response.status ?? 0, error });
      if (delay === undefined) {
        if (!value) throw failure;
        return { response: value.response, url: value.url.href, ms };
      }
      if (value) await discard(value.response);
      await this.#clock.delay(delay, request.signal);
    }
  }

  async decoded(response: Response): Promise<Response> {
    return await this.#decode?.(response) ?? response;
  }

  async ping(signal?: AbortSignal): Promise<Response> {
    const ping = { method: "GET", path: "/v2/", scopes: [], ...(signal && { signal }) };
    return (await this.request(ping)).response;
  }

  challenge(): Promise<Challenge | undefined> {
    return this.#ping();
  }

  async token(request: TokenForward): Promise<Response> {
    return await forwardToken(request, {
      registry: this.registry.name,
      own: this.#own,
      transport: this.#transport,
      checkTarget: this.#checkTarget,
      challenge: await this.#ping(),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #attempt(request: UpstreamRequest): Promise<{ response: Response; url: URL }> {
    const answer = await followRedirects(outgoing(this.#own, request), {
      registry: this.registry.name,
      redirects: this.registry.redirects,
      checkTarget: this.#checkTarget,
      send: (hop, foreign) =>
        foreign
          ? this.#traced(hop, hop.url.host, () => this.#askForeign(hop, request))
          : this.#traced(hop, hop.url.host + hop.url.pathname, () => this.#ask(hop, request)),
    });
    const { response, url } = answer;
    if (!isStorage(request.path, url) || !refusedByStorage(response.status)) return answer;
    await discard(response);
    throw storageFailure(this.registry.name, url, response.status);
  }

  /** A failure of the registry's storage is told as one. */
  async #askForeign(hop: Outgoing, request: UpstreamRequest): Promise<Response> {
    try {
      return await this.#signIn.sendForeign(hop);
    } catch (error) {
      if (!(error instanceof UpstreamError) || !isStorage(request.path, hop.url)) throw error;
      throw storageFailure(this.registry.name, hop.url, error);
    }
  }

  async #ask(hop: Outgoing, { authorization, scopes }: UpstreamRequest): Promise<Response> {
    const response = this.registry.auth.mode === "client"
      ? await this.#transport.send(withAuthorization(hop, authorization))
      : await this.#signIn.send(hop, scopes);
    this.#options.onAnswer?.(response.headers, response.status);
    return response;
  }

  async #traced(hop: Outgoing, url: string, send: () => Promise<Response>): Promise<Response> {
    const started = this.#clock.now();
    const { value, failure } = await settled(send());
    this.#options.trace?.({
      registry: this.registry.name,
      method: hop.method,
      url,
      status: value?.status ?? 0,
      error: value ? "" : errorWord(failure),
      ms: this.#clock.now() - started,
    });
    if (!value) throw failure;
    return value;
  }

  /** Milliseconds until the next attempt; undefined where this outcome stands. */
  #delay(
    { method, retries = Infinity }: UpstreamRequest,
    outcome: Settled<{ response: Response }>,
    made: number,
    elapsed: number,
  ): number | undefined {
    const { failure, value } = outcome;
    return retryDelay({
      made,
      method,
      elapsed,
      retries: Math.min(retries, this.#options.retries),
      budget: this.#options.timeouts.response / 2,
      status: value?.response.status,
      transient: failure instanceof UpstreamError && !failure.unasked &&
        TRANSIENT.has(failure.kind),
      retryAfter: waitAsked(outcome, this.#clock.now()),
    }, (this.#options.random ?? Math.random)());
  }
}

/** Why there was no answer; `not asked`: the registry is known to be down. */
function errorWord(failure: unknown): string {
  if (!(failure instanceof UpstreamError)) return "aborted";
  return failure.unasked ? "not asked" : failure.kind;
}

function outgoing(
  own: URL,
  { method, path, query, headers, body, ...passed }: UpstreamRequest,
): Outgoing {
  const sent = new Headers(headers);
  for (const name of RESERVED) sent.delete(name);
  sent.set("accept-encoding", "identity"); // a blob is its bytes; gzip on the way breaks digests
  if (!sent.has("user-agent")) sent.set("user-agent", "berth");
  const { signal, watchIdle, insist } = passed;
  const url = registryUrl(own, path, query);
  return { method, url, headers: sent, body, signal, watchIdle, insist };
}

function withAuthorization(hop: Outgoing, authorization: string | undefined): Outgoing {
  if (authorization === undefined) return hop;
  const headers = new Headers(hop.headers);
  headers.set("authorization", authorization);
  return { ...hop, headers };
}

type Settled<T> = { value: T; failure?: undefined } | { value?: undefined; failure: unknown };

async function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await promise };
  } catch (failure) {
    return { failure };
  }
}

function waitAsked(outcome: Settled<{ response: Response }>, now: number): number | undefined {
  if (outcome.value) {
    return parseRetryAfter(outcome.value.response.headers.get("retry-after"), now);
  }
  const { failure } = outcome;
  if (!(failure instanceof UpstreamError) || failure.retryAfter === undefined) return undefined;
  return failure.retryAfter * 1000;
}
