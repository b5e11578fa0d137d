/** The registry port: every route, and the order of what happens to a request. */
import { Hono } from "hono";
import { type Clock, systemClock } from "../base/clock.ts";
import type { TakeTurn } from "../base/turn.ts";
import type { Cache } from "../cache/api.ts";
import type { LimitBook } from "./access/limits.ts";
import type { Authenticate } from "./access/users.ts";
import type { Answer } from "./answer.ts";
import { blob } from "./cached/blobs.ts";
import { type FreshnessRules, freshnessRules } from "./cached/freshness.ts";
import { type ManifestHandler, manifests } from "./cached/manifests.ts";
import { catalogHere, listsHere, referrersHere, tagsHere } from "./cached/offline_lists.ts";
import { passManifest } from "./cached/pass_manifest.ts";
import { MissingTags } from "./cached/missing_tags.ts";
import type { TrustGate } from "./cached/trust_gate.ts";
import { ReadyAnswers } from "./cached/ready_answers.ts";
import { NO_PROOFS, type ProofBook } from "./client_sign_in/proof.ts";
import { tokenEndpoint } from "./client_sign_in/token_endpoint.ts";
import type { Config, Registry } from "./config/schema.ts";
import type { Exchange } from "./exchange.ts";
import { finish } from "./finish.ts";
import type { Caller } from "./http/caller.ts";
import { withHead } from "./http/head.ts";
import { networkRule } from "./http/networks.ts";
import { inNetworks, parseNetworks } from "./http/origin.ts";
import { publicUrls } from "./names/public_url.ts";
import { namespaceOf, registryMap } from "./names/target.ts";
import type { RecordSink } from "./observe/record.ts";
import { OciError } from "./oci/errors.ts";
import { createPages } from "./pages/pages.ts";
import { type Arrival, Receiver } from "./receive.ts";
import { renderError } from "./render_error.ts";
import { catalog } from "./through/catalog.ts";
import { tags } from "./through/pass.ts";
import { createPing } from "./through/ping.ts";
import { change, checkPush, type PushOptions } from "./through/push.ts";
import type { SealingKeys } from "../base/seal.ts";
import { referrers } from "./through/referrers.ts";
import { upload } from "./through/upload.ts";
import type { Upstream } from "./upstream/client.ts";
import type { Line } from "./upstream/line.ts";

/** What outlives a reload of the configuration, and what does the work. */
export interface ProxyParts {
  upstream(registry: Registry): Upstream;
  uploadKeys: SealingKeys;
  /** None: nothing is kept, everything passes through. */
  cache?: Cache | undefined;
  /** None: nobody is told of requests. */
  onRecord?: RecordSink;
  /** Told of content that comes from upstream for a request which has been reported already. */
  onLateBytes?(registry: string, bytes: number): void;
  /** Told of what a person should look at, in a line for the log; none: nobody is. */
  warn?(line: string): void;
  /** Whether requests can be served, in words; none: they can. */
  ready?(): { ready: boolean; details: Record<string, unknown> };
  /** True where a registry's quota is nearly used up; none: it never is. */
  quotaLow?(registry: string): boolean;
  /** Who of several Berths asks a registry about something; none: there is but this one. */
  turn?: TakeTurn | undefined;
  /** None: as the configuration says. */
  rules?: FreshnessRules;
  /** What may come through; none: everything. */
  trust?: TrustGate | undefined;
  /** None: nobody has to sign in. */
  authenticate?: Authenticate;
  /** What is counted of limits; none: there are no limits. */
  limits?: LimitBook;
  line?: Line;
  /** None: each request goes to upstream with its own credentials. */
  proofs?: ProofBook;
  /** Unix milliseconds; none: the system's time. */
  now?(): number;
  /** While an answer is being sent, this holds what breaks it off; none: nobody does. */
  sending?: Set<() => void>;
  /** For limits on time; none: the system's. */
  clock?: Pick<Clock, "after">;
}

export type ProxyHandler = (request: Request, caller: Caller) => Promise<Response> | Response;

interface Env {
  Bindings: Caller;
  Variables: { arrival: Arrival; answer?: Answer };
}

/** The handler of the registry port for one configuration; a reload makes a new one. */
export function createProxy(config: Config, given: ProxyParts): ProxyHandler {
  const parts = withDefaults(config, given);
  const map = registryMap(config);
  const address = publicUrls(config, map);
  const receiver = new Receiver(config, { ...parts, map, address });
  const answerTo = answers(config, parts);
  const pages = createPages(config, map, address);
  const admits = networkRule(config.allowed_networks);
  // Where people sign in or are limited, each request is looked at.
  const hot = parts.authenticate || receiver.limits ? undefined : readyAnswers(config, parts);
  const reporting = { ...parts, sendTimeout: config.timeouts.send };
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const arrival = receiver.arrival(c.req.raw, c.env);
    c.set("arrival", arrival);
    await next();
    const { answer } = c.var;
    c.res = finish({ arrival, response: c.res, answer, error: c.error }, reporting, hot);
  });
  app.onError((error, c) => renderError(error, c.req.method, c.var.arrival));

  app.on("GET", ["/healthz", "/livez"], (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => {
    const { ready, details } = parts.ready();
    return c.json({ status: ready ? "ok" : "unavailable", ...details }, ready ? 200 : 503);
  });
  app.use(async (c, next) => {
    const { client } = c.var.arrival.origin;
    if (!isOwn(c.env) && !admits(client)) throw outsideOf(client);
    await next();
  });
  app.get("/help", (c) => pages.help(c.var.arrival.origin));
  app.get("/", (c) => pages.front(c.var.arrival.origin));
  app.on(
    ["GET", "POST"],
    address.tokenPaths.flatMap((path) => [path, `${path}/:registry`]),
    (c) =>
      tokenEndpoint(receiver.tokenExchange(c.var.arrival, c.req.param("registry")), map, parts),
  );
  app.on("ALL", ["/v2/*", "/v2", "/:prefix/v2/*", "/:prefix/v2"], async (c) => {
    const x = await receiver.exchange(c.var.arrival);
    const answer = await answerTo(x);
    answer.response.headers.set("oci-namespace", namespaceOf(x.target, c.var.arrival.origin));
    c.set("answer", answer);
    return answer.response;
  });
  app.get("/*", async (c, next) => {
    const page = pages.browser(c.req.raw, c.var.arrival);
    return page === undefined ? await next() : c.redirect(page, 307);
  });
  app.all("*", () => {
    throw new OciError("NAME_UNKNOWN", { message: "there is nothing at this path", status: 404 });
  });

  return (request, caller) =>
    (!isOwn(caller) && admits(caller.peer) ? hot?.answer(request, caller) : undefined) ??
      withHead(request, app.fetch(request, caller));
}

/** What each endpoint does; reading is always possible, changing only with `allow_push`. */
function answers(config: Config, parts: ReturnType<typeof withDefaults>) {
  const { cache, rules, now } = parts;
  const missing = new MissingTags({ ttl: rules.negativeTtl, now });
  const push: PushOptions = { allowed: config.allow_push, keys: parts.uploadKeys, cache, missing };
  const manifest: ManifestHandler = cache ? manifests({ ...parts, cache, missing }) : passManifest;
  const ping = createPing();
  const toDepot = parseNetworks(config.cache.depot.redirect);
  const redirects = (client: string) => inNetworks(client, toDepot);
  const blobRules = { ...config.cache, warn: parts.warn, redirects };
  const { trust } = parts;

  return async (x: Exchange): Promise<Answer> => {
    const { path, request: { method } } = x;
    const read = method === "GET" || method === "HEAD";
    if (!read) checkPush(push, method);
    const action = read && path.kind !== "upload" ? "pull" : "push";
    x.access.require(x.target.registry, x.target.repository, action);
    if (path.kind === "upload") {
      checkPush(push, method);
      return await upload(x, path, push);
    }
    if (!read) return await change(x, push);
    if (path.kind === "manifest" || path.kind === "blob") trust?.enter(x);
    const here = listsHere(x.target.registry) ? cache : undefined;
    switch (path.kind) {
      case "ping":
        return await ping(x);
      case "manifest":
        return onlyNow(trust, x, await manifest(x, path));
      case "blob":
        await trust?.blob(x, path.digest);
        return onlyNow(trust, x, await blob(x, path, cache, blobRules));
      case "tags":
        return here ? tagsHere(x, here) : await tags(x);
      case "catalog":
        return here ? catalogHere(x, here) : await catalog(x);
      case "referrers":
        if (here) return await referrersHere(x, path, here);
        return await referrers(x, path, {
          pushes: push.allowed && x.access.may(x.target.registry, x.target.repository, "push"),
        });
    }
  };
}

/** `answer` without leave to give it again, where that may be somebody else's or another hour's. */
function onlyNow(trust: TrustGate | undefined, x: Exchange, answer: Answer): Answer {
  return trust?.governs(x) ? { ...answer, again: undefined } : answer;
}

/** Answers that are kept ready, where there is a cache; none outlives a decision about what may be had. */
function readyAnswers(
  config: Config,
  parts: ReturnType<typeof withDefaults>,
): ReadyAnswers | undefined {
  const { cache, trust } = parts;
  if (!cache) return undefined;
  const contents = {
    get revision() {
      return cache.revision + (trust?.revision ?? 0);
    },
    touch: (digest: string) => cache.touch(digest),
  };
  return new ReadyAnswers(contents, parts, config.clients.name_header);
}

/** `given`, and for what it leaves out the simplest that works. */
function withDefaults(config: Config, given: ProxyParts) {
  return {
    onRecord: () => {},
    onLateBytes: () => {},
    warn: () => {},
    clock: systemClock,
    ready: () => ({ ready: true, details: {} }),
    quotaLow: () => false,
    rules: freshnessRules(config),
    authenticate: undefined,
    proofs: NO_PROOFS,
    now: Date.now,
    ...given,
  };
}

/** Whether Berth itself asks. */
function isOwn({ via }: Caller): boolean {
  return via === "prefetch";
}

function outsideOf(client: string): OciError {
  return new OciError("DENIED", { message: `${client} is not in the networks that are allowed` });
}
