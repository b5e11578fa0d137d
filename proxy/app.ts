/** The registry port: every route, and the order of what happens to a request. */
import { type Context, Hono } from "hono";
import type { Cache } from "../cache/api.ts";
import { accessRules } from "./access/permissions.ts";
import type { Authenticate } from "./access/users.ts";
import { blob } from "./cached/blobs.ts";
import { browserPage } from "./pages/browser_redirect.ts";
import { catalog } from "./through/catalog.ts";
import type { Config, Registry } from "./config/schema.ts";
import type { Exchange } from "./exchange.ts";
import type { Caller } from "./http/caller.ts";
import { calledBase, type Origin, originOf, parseNetworks } from "./http/origin.ts";
import { HotAnswers } from "./cached/ready_answers.ts";
import { type ManifestOptions, manifests, passManifest } from "./cached/manifests.ts";
import { OciError } from "./oci/errors.ts";
import { networkRule } from "./http/networks.ts";
import { type OciPath, parsePath, splitPath } from "./oci/path.ts";
import { ownAddress } from "./names/public_url.ts";
import { frontPage, help, vanityPage } from "./pages/front.ts";
import { referrers, tags } from "./through/pass.ts";
import { createPing } from "./through/ping.ts";
import { change, checkPush, type PushOptions, upload } from "./through/push.ts";
import type { ProofBook } from "./client_sign_in/proof.ts";
import type { RecordSink, RequestRecord } from "./observe/record.ts";
import { finish, newRecord } from "./observe/recording.ts";
import { renderError } from "./render_error.ts";
import { registryMap, repositoryKey, route, type Target } from "./names/target.ts";
import { signIn } from "./access/sign_in.ts";
import { tokenRequest } from "./client_sign_in/token_endpoint.ts";
import type { Upstream } from "./upstream/client.ts";

/** What outlives a reload of the configuration, and what does the work. */
export interface ProxyParts {
  /** None: nothing is kept, everything passes through. */
  cache: Cache | undefined;
  upstream(registry: Registry): Upstream;
  onRecord: RecordSink;
  /** Whether requests can be served, in words. */
  ready(): { ready: boolean; details: Record<string, unknown> };
  quotaLow: ManifestOptions["quotaLow"];
  rules: ManifestOptions["rules"];
  authenticate: Authenticate;
  proofs: ProofBook;
  uploadKey: CryptoKey;
  now(): number;
}

export type ProxyHandler = (request: Request, caller: Caller) => Promise<Response> | Response;

interface Env {
  Bindings: Caller;
  Variables: { url: URL; record: RequestRecord; origin: Origin; target?: Target };
}

/** The handler of the registry port for one configuration; a reload makes a new one. */
export function createProxy(config: Config, parts: ProxyParts): ProxyHandler {
  const map = registryMap(config);
  const address = ownAddress(config, map);
  const trusted = parseNetworks(config.trusted_proxies);
  const admits = networkRule(config.allowed_networks);
  const accessOf = accessRules(config);
  const upstreams = new Map(
    Object.entries(config.registries).map(([name, settings]) => [
      name,
      parts.upstream({ ...settings, name }),
    ]),
  );
  const push: PushOptions = { allowed: config.allow_push, key: parts.uploadKey };
  const manifest = parts.cache ? manifests({ ...parts, cache: parts.cache }) : passManifest;
  // Where people sign in, each request is looked at.
  const hot = parts.cache && !parts.authenticate ? new HotAnswers(parts.cache, parts) : undefined;
  const ping = createPing();
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const url = new URL(c.req.url);
    const origin = originOf(c.req.raw, url, c.env.peer, trusted);
    c.set("url", url);
    c.set("origin", origin);
    c.set("record", newRecord(c.req.raw, url, origin, c.env, parts.now()));
    await next();
    finish(c.get("record"), c.res, c.env, parts);
  });
  app.onError((error, c) => renderError(error, c.get("record"), c.req.method, c.get("target")));
  app.notFound((c) =>
    renderError(
      new OciError("NAME_UNKNOWN", { message: "there is nothing at this path", status: 404 }),
      c.get("record"),
      c.req.method,
    )
  );

  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/livez", (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => {
    const { ready, details } = parts.ready();
    return c.json({ status: ready ? "ok" : "unavailable", ...details }, ready ? 200 : 503);
  });
  app.use(async (c, next) => {
    if (!admits(c.var.origin.client)) throw outsideOf(c.var.origin);
    await next();
  });
  app.get("/help", (c) => {
    const origin = c.get("origin");
    return help(
      vanityOf(origin) ? { [origin.host]: { url: address.base(origin) } } : config.registries,
    );
  });
  app.get("/", (c) => {
    const origin = c.get("origin");
    return vanityOf(origin) ? vanityPage(origin.host) : frontPage(config, address.base(origin));
  });
  const { tokenPaths } = address;
  app.on(["GET", "POST"], tokenPaths.flatMap((path) => [path, `${path}/:registry`]), token);
  app.on("ALL", ["/v2/*", "/v2", "/:prefix/v2/*", "/:prefix/v2"], registry);
  app.get("/*", async (c, next) => {
    const { url, origin } = c.var;
    const page = browserPage(c.req.raw, url.pathname, origin.host, map);
    return page === undefined ? await next() : c.redirect(page, 307);
  });

  function token(c: Context<Env>) {
    const { env: caller, var: { record, origin } } = c;
    record.kind = "token";
    const target = route(map, {
      host: origin.host,
      ns: c.req.queries("ns") ?? [],
      prefix: c.req.param("registry") ?? "",
      registry: caller.registry,
    });
    c.set("target", target);
    record.registry = target.registry.name;
    if (parts.authenticate && !caller.user) throw noTwoSignIns(target);
    const access = accessOf(caller.user ?? "");
    return tokenRequest(c.req.raw, map, target, upstreamOf(target), access, parts);
  }

  async function registry(c: Context<Env>) {
    const { env: caller, req: { raw: request }, var: { url, record, origin } } = c;
    refuseBody(request);
    refuseSpellings(request.url, url);
    const { prefix, rest } = splitPath(url.pathname)!;
    const path = parsePath(rest);
    note(record, path);
    record.user = await signIn(request, origin, parts.authenticate, caller.user);
    const name = "name" in path ? path.name : undefined;
    const ns = url.searchParams.getAll("ns");
    const target = route(map, { host: origin.host, ns, prefix, name, registry: caller.registry });
    record.registry = target.registry.name;
    record.repository = target.repository;
    c.set("target", target);
    const own = target.registry.auth.mode === "client";
    // What was checked here is for us: it is not shown to a registry.
    const spent = parts.authenticate && !caller.user;
    const authorization = own && !spent
      ? request.headers.get("authorization") ?? undefined
      : undefined;
    const x: Exchange = {
      request,
      path,
      query: url.searchParams,
      target,
      upstream: upstreamOf(target),
      origin,
      // A client that called a registry by its name stays with that name.
      realm: own
        ? address.realm(target, caller.registry ? calledBase(origin) : address.base(origin))
        : "",
      authorization,
      access: accessOf(record.user),
      proof: parts.proofs.of(target, authorization),
      proofs: parts.proofs,
      record,
    };
    const response = await dispatch(x);
    response.headers.set("oci-namespace", namespace(target, origin));
    if (x.reusable && !own) hot?.keep(request, caller, response, record, x.reusable);
    return response;
  }

  /** What each endpoint does; reading is always possible, changing only with `allow_push`. */
  function dispatch(x: Exchange): Promise<Response> | Response {
    const { path, request: { method } } = x;
    const read = method === "GET" || method === "HEAD";
    if (!read) checkPush(push, method);
    const action = read && path.kind !== "upload" ? "pull" : "push";
    x.access.require(x.target.registry, x.target.repository, action);
    if (path.kind === "upload") {
      checkPush(push, method);
      return upload(Object.assign(x, { path }), push);
    }
    if (!read) return write(x);
    switch (path.kind) {
      case "ping":
        return ping(x);
      case "manifest":
        return manifest(Object.assign(x, { path }));
      case "blob":
        return blob(Object.assign(x, { path }), parts.cache);
      case "tags":
        return tags(x);
      case "catalog":
        return catalog(x);
      case "referrers":
        return referrers(Object.assign(x, { path }));
    }
  }

  async function write(x: Exchange): Promise<Response> {
    const { path, request: { method }, target: { registry, repository } } = x;
    if (path.kind === "manifest" && (method === "PUT" || method === "DELETE")) {
      const { kind, value } = path.reference;
      const response = await change(x, `manifests/${value}`);
      if (kind === "tag") parts.cache?.deleteTag(registry.name, repository, value);
      else if (method === "DELETE") parts.cache?.unlink(repositoryKey(x.target), value);
      return response;
    }
    if (path.kind === "blob" && method === "DELETE") {
      const response = await change(x, `blobs/${path.digest}`);
      parts.cache?.unlink(repositoryKey(x.target), path.digest);
      return response;
    }
    throw new OciError("UNSUPPORTED", { message: `${method} is not supported here` });
  }

  /** The registry whose vanity domain was called, where it hides what lies outside a prefix. */
  function vanityOf({ host }: Origin): Registry | undefined {
    const registry = map.byOwnHost(host);
    return registry?.repo_prefix ? registry : undefined;
  }

  function upstreamOf(target: Target): Upstream {
    return upstreams.get(target.registry.name)!;
  }

  return (request, caller) =>
    (admits(caller.peer) ? hot?.answer(request, caller) : undefined) ?? app.fetch(request, caller);
}

/** Whoever has to sign in here and at the registry does one of it at the forward proxy. */
function noTwoSignIns({ registry }: Target): OciError {
  return new OciError("DENIED", {
    message: `who signs in here reaches ${registry.name} with an account of his own through the ` +
      "forward proxy only",
  });
}

function outsideOf({ client }: Origin): OciError {
  return new OciError("DENIED", { message: `${client} is not in the networks that are allowed` });
}

/** The name under which the client knows the registry (distribution-spec, `OCI-Namespace`). */
function namespace({ registry, host }: Target, origin: Origin): string {
  if (host) return host;
  return registry.aliases[0] ?? (registry.repo_prefix ? origin.host : new URL(registry.url).host);
}

function note(record: RequestRecord, path: OciPath): void {
  record.kind = path.kind;
  if (path.kind === "manifest") record.reference = path.reference.value;
  if (path.kind === "blob" || path.kind === "referrers") record.reference = path.digest;
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
