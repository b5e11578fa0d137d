/** From a request to an `Exchange`: parsed, signed in, routed to a registry, and allowed. */
import { type Access, accessRules, ownAccess } from "./access/permissions.ts";
import { signIn } from "./access/sign_in.ts";
import { limitsOf } from "./access/limit_rules.ts";
import type { LimitBook, Limiting, Pass } from "./access/limits.ts";
import type { Authenticate } from "./access/users.ts";
import type { ProofBook } from "./client_sign_in/proof.ts";
import type { TokenExchange } from "./client_sign_in/token_endpoint.ts";
import type { Config, Registry } from "./config/schema.ts";
import type { Exchange } from "./exchange.ts";
import type { Caller } from "./http/caller.ts";
import { calledBase, type Origin, originOf, parseNetworks } from "./http/origin.ts";
import type { PublicUrls } from "./names/public_url.ts";
import { type RegistryMap, route, type Target } from "./names/target.ts";
import { newRecord } from "./observe/recording.ts";
import type { RequestKind, RequestRecord } from "./observe/record.ts";
import { OciError } from "./oci/errors.ts";
import { type OciPath, parsePath, splitPath } from "./oci/path.ts";
import type { Upstream } from "./upstream/client.ts";
import type { Line, LineLimit } from "./upstream/line.ts";

/** A request and what is known of it so far, also of one that is refused on the way. */
export interface Arrival {
  readonly request: Request;
  readonly caller: Caller;
  readonly url: URL;
  readonly origin: Origin;
  readonly record: RequestRecord;
  kind: RequestKind;
  path?: OciPath;
  /** The signed-in user; empty where nobody is. */
  user: string;
  target?: Target;
  /** Where clients are limited: how this one may be answered. */
  pass?: Pass;
  /** The record has been handed on: what comes from upstream after that is counted beside it. */
  reported?: boolean;
}

export interface ReceiverParts {
  map: RegistryMap;
  address: PublicUrls;
  upstream(registry: Registry): Upstream;
  authenticate: Authenticate;
  proofs: ProofBook;
  /** None: clients are not limited. */
  limits?: LimitBook | undefined;
  /** None: registries are asked for as much as there is. */
  line?: Line | undefined;
  /** Told of content that came for a request which had been reported already. */
  onLateBytes(registry: string, bytes: number): void;
  /** Unix milliseconds. */
  now(): number;
}

/** Receives requests by one configuration. */
export class Receiver {
  readonly #parts: ReceiverParts;
  readonly #trusted: ReturnType<typeof parseNetworks>;
  readonly #nameHeader: string;
  readonly #limiting: Limiting | undefined;
  readonly #lineLimits: readonly LineLimit[];
  readonly #accessOf: (user: string) => Access;
  readonly #ownAccess: Access;
  readonly #upstreams: ReadonlyMap<string, Upstream>;

  constructor(config: Config, parts: ReceiverParts) {
    this.#parts = parts;
    this.#trusted = parseNetworks(config.trusted_proxies);
    this.#nameHeader = config.clients.name_header;
    this.#limiting = parts.limits?.rules(config);
    this.#lineLimits = lineLimits(config);
    this.#accessOf = accessRules(config);
    this.#ownAccess = ownAccess(config);
    this.#upstreams = new Map(
      Object.entries(config.registries).map(([name, settings]) => [
        name,
        parts.upstream({ ...settings, name }),
      ]),
    );
  }

  /** Whether clients are limited. */
  get limits(): boolean {
    return this.#limiting !== undefined;
  }

  /** `request` as it comes in, with nothing read of it but where it comes from. */
  arrival(request: Request, caller: Caller): Arrival {
    const url = new URL(request.url);
    const origin = originOf(request, url, caller.peer, this.#trusted, this.#nameHeader);
    const record = newRecord(request, url, origin, caller, this.#parts.now());
    return { request, caller, url, origin, record, kind: "page", user: "" };
  }

  /**
   * A request to the registry API, ready to be answered; `arrival` holds each step's result. Throws
   * `OciError`: for what is malformed, for a client that has not signed in, for a registry that
   * nobody knows, for a client that has asked more than it may.
   */
  async exchange(arrival: Arrival): Promise<Exchange> {
    const { request, caller, url, origin, record } = arrival;
    refuseBody(request);
    refuseSpellings(request.url, url);
    const { prefix, rest } = splitPath(url.pathname)!;
    const path = arrival.path = parsePath(rest);
    arrival.kind = path.kind;
    const { authenticate, proofs, map } = this.#parts;
    const ahead = caller.via === "prefetch";
    if (!ahead) arrival.user = await signIn(request, origin, authenticate, caller.user);
    const target = arrival.target = route(map, {
      host: origin.host,
      ns: url.searchParams.getAll("ns"),
      prefix,
      name: "name" in path ? path.name : undefined,
      registry: caller.registry,
    });
    if (this.#limiting && !ahead) await this.#limit(arrival, target, this.#limiting);
    const authorization = this.#authorization(arrival, target);
    const proof = proofs.of(target, authorization);
    if (!proof.holds()) await proof.recall();
    return {
      request,
      path,
      query: url.searchParams,
      target,
      proxied: origin.proxied && caller.via === "direct",
      ahead,
      direct: caller.via === "direct",
      pace: caller.pace,
      upstream: this.#upstreams.get(target.registry.name)!,
      realm: this.#realm(arrival, target),
      authorization,
      access: ahead ? this.#ownAccess : this.#accessOf(arrival.user),
      client: origin.client,
      proof,
      proofs,
      paced: this.#pacer(target, caller),
      asked: record,
      received: (bytes) => {
        if (arrival.reported) this.#parts.onLateBytes(target.registry.name, bytes);
        else record.upstreamBytes += bytes;
      },
    };
  }

  /** A request to the token endpoint of the registry called `name`, or of the one that is called. */
  tokenExchange(arrival: Arrival, name = ""): TokenExchange {
    const { request, caller, url, origin } = arrival;
    const { map, authenticate } = this.#parts;
    arrival.kind = "token";
    const target = arrival.target = route(map, {
      host: origin.host,
      ns: url.searchParams.getAll("ns"),
      prefix: name,
      registry: caller.registry,
    });
    if (authenticate && !caller.user) throw noTwoSignIns(target);
    const upstream = this.#upstreams.get(target.registry.name)!;
    return { request, target, upstream, access: this.#accessOf(caller.user ?? "") };
  }

  async #limit(
    arrival: Arrival,
    { registry: { name }, repository }: Target,
    limiting: Limiting,
  ): Promise<void> {
    if (repository === "") return;
    const { origin: { client }, user, record, request: { signal } } = arrival;
    arrival.pass = await limiting({ client, user, registry: name }, record, signal);
  }

  /** What holds answers of the registry back; undefined where nothing does. */
  #pacer({ registry: { name } }: Target, { priority }: Caller): Exchange["paced"] {
    const { line } = this.#parts;
    const limits = this.#lineLimits;
    if (!line || limits.length === 0) return undefined;
    return (response) => line.paced(response, limits, { registry: name, priority });
  }

  /** The client's own credentials, for its registry. What was checked here is not shown to it. */
  #authorization({ request, caller }: Arrival, { registry }: Target): string | undefined {
    const spent = this.#parts.authenticate && !caller.user;
    if (registry.auth.mode !== "client" || spent) return undefined;
    return request.headers.get("authorization") ?? undefined;
  }

  /** Where the client is to get its tokens. One that called a registry by its name stays with it. */
  #realm({ caller, origin }: Arrival, target: Target): string {
    if (target.registry.auth.mode !== "client") return "";
    const { address } = this.#parts;
    return address.realm(target, caller.registry ? calledBase(origin) : address.base(origin));
  }
}

function lineLimits(config: Config): LineLimit[] {
  return limitsOf(config).flatMap(({ upstream, bandwidth, id, holdsFor }) =>
    upstream && bandwidth
      ? [{ id, bandwidth, holdsFor: (registry) => holdsFor({ client: "", user: "", registry }) }]
      : []
  );
}

/** HTTP has one Authorization: it cannot hold an account of ours and one at the registry. */
function noTwoSignIns({ registry }: Target): OciError {
  return new OciError("DENIED", {
    message: `where people sign in to this proxy, an account of one's own at ${registry.name} ` +
      "can be used through the forward proxy only",
  });
}

/**
 * What URL parsing would change (`..`, backslashes, raw bytes) means one thing to us and perhaps
 * another to a proxy in front of us that guards paths.
 */
function refuseSpellings(raw: string, parsed: URL): void {
  const path = raw.replace(/^[a-z]+:\/\/[^/?#]*/i, "").split(/[?#]/)[0];
  if (path === parsed.pathname) return;
  throw new OciError("NAME_INVALID", { message: "the path is not in its normal form" });
}

/** A GET has no body here: one that does is a client's mistake or somebody's smuggling. */
function refuseBody(request: Request): void {
  if (request.method !== "GET" && request.method !== "HEAD") return;
  const length = request.headers.get("content-length");
  if ((length === null || length === "0") && !request.headers.has("transfer-encoding")) return;
  throw new OciError("UNSUPPORTED", {
    status: 400,
    message: `a ${request.method} request has no body here`,
  });
}
