/**
 * A registry inside the test: real sockets on loopback, scripted as data. Repositories, sign-in with
 * a token server of its own, redirects to a CDN, faults for chosen requests, and a log of all that
 * was received.
 *
 * ```ts
 * await using upstream = await fakeRegistry({ images: { "library/alpine:latest": image() } });
 * upstream.fault({ path: /blobs/, action: { kind: "cut", after: 100 } });
 * upstream.count("GET", /blobs/);
 * ```
 */
import type { FakeImage } from "./content.ts";
import {
  listAnswer,
  manifestAnswer,
  rangeAnswer,
  referrersAnswer,
  Repository,
  uploadAnswer,
} from "./repository.ts";
import { denied, type FakeAuth, Gate, json } from "./token.ts";
import { type Answer, type Fault, FaultBook, type Seen, serveWire, type Wire } from "./wire.ts";

// Deno's fetch would send even requests for loopback through a proxy of this machine.
for (const name of ["http_proxy", "https_proxy", "all_proxy"]) {
  Deno.env.delete(name);
  Deno.env.delete(name.toUpperCase());
}

export interface RedirectOptions {
  /** `cdn`: the second server; `self`: a path of the registry; `loop`: for ever; or any URL. */
  to: "cdn" | "self" | "loop" | ((digest: string) => string);
  /** Default 307. */
  status?: number;
  /** Signed URLs work once, then 403. Default false. */
  once?: boolean;
  /** Location without scheme and host; only sensible with `self` and `loop`. */
  relative?: boolean;
  /** Manifests are redirected too (registry.k8s.io). */
  manifests?: boolean;
}

export interface FakeRegistryOptions {
  /** `"library/alpine:latest"` → image; without `:tag` it is there by digest only. */
  images?: Record<string, FakeImage>;
  auth?: FakeAuth;
  redirect?: RedirectOptions;
  faults?: Fault[];
  /** Default true. */
  ranges?: boolean;
  /** Default true; false answers 404, as registries before OCI 1.1. */
  referrers?: boolean;
  /** Default true. */
  catalog?: boolean;
  /** Link and Location headers. Default `relative`. */
  links?: "absolute" | "relative";
  /** The most entries of a list that one answer has. Default: all of them. */
  pageSize?: number;
  /** On every answer to a manifest, e.g. `{ "ratelimit-remaining": "99;w=21600" }`. */
  manifestHeaders?: Record<string, string>;
  hostname?: string;
  /** Default 0: any free one. */
  port?: number;
  tls?: { cert: string; key: string };
}

export class FakeRegistry implements AsyncDisposable {
  /** Every request to any of the servers, in order of arrival. */
  readonly log: Seen[] = [];
  readonly repositories = new Map<string, Repository>();
  readonly gate: Gate;
  /** Changes apply to the next request. */
  readonly options: FakeRegistryOptions;
  readonly #faults: FaultBook;
  readonly #signatures = new Map<
    string,
    { repository: Repository; digest: string; uses: number }
  >();
  readonly #servers: Wire[] = [];
  /** `http://127.0.0.1:PORT` of the registry, the CDN and the token server. */
  url = "";
  cdnUrl = "";
  tokenUrl = "";

  /** Use {@linkcode fakeRegistry}, which also starts it. */
  constructor(options: FakeRegistryOptions) {
    this.options = { ...options };
    this.gate = new Gate(options.auth);
    this.#faults = new FaultBook(options.faults);
    for (const [name, image] of Object.entries(options.images ?? {})) this.add(name, image);
  }

  /** Host and port of the registry. */
  get host(): string {
    return new URL(this.url).host;
  }

  repository(name: string): Repository {
    const found = this.repositories.get(name) ?? new Repository();
    this.repositories.set(name, found);
    return found;
  }

  /** Adds an image under `repository[:tag]`, or moves the tag to it. */
  add(name: string, image: FakeImage): void {
    const [repository = "", tag] = name.split(":");
    this.repository(repository).add(image, tag);
  }

  fault(...faults: Fault[]): void {
    this.#faults.add(...faults);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Requests received by `server` (default any) with this method and a path that matches. */
  seen(method: string, path: RegExp, server?: string): Seen[] {
    return this.log.filter((seen) =>
      seen.method === method && path.test(seen.path) &&
      (server === undefined || seen.server === server)
    );
  }

  count(method: string, path: RegExp, server?: string): number {
    return this.seen(method, path, server).length;
  }

  async start(): Promise<void> {
    const { hostname, port, tls } = this.options;
    const common = { log: this.log, faults: this.#faults, hostname, tls };
    const open = async (name: string, handler: (seen: Seen) => Answer, port?: number) => {
      const wire = await serveWire({ ...common, name, handler, port });
      this.#servers.push(wire);
      return wire.url;
    };
    this.url = await open("registry", (seen) => this.#answer(seen), port);
    this.cdnUrl = await open("cdn", (seen) => this.#serveSigned(seen));
    if (this.gate.needsTokenServer) {
      this.tokenUrl = this.gate.tokenUrl = await open("token", this.gate.answer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #answer(seen: Seen): Answer {
    if (seen.path.startsWith("/data/")) return this.#serveSigned(seen);
    const scope = scopeOf(seen);
    const refused = this.gate.refuse(seen, scope);
    if (refused) return refused;
    if (seen.path === "/v2/") return json(200, {});
    const links = this.options.links === "absolute" ? this.url : "";
    const paging = { base: links, pageSize: this.options.pageSize ?? Infinity };
    if (seen.path === "/v2/_catalog") {
      if (this.options.catalog === false) return denied(401, "UNAUTHORIZED");
      return listAnswer(seen, "repositories", [...this.repositories.keys()], {}, paging);
    }
    const match = ROUTE.exec(seen.path);
    if (!match) return denied(404, "NAME_UNKNOWN");
    const [, name = "", kind, reference = ""] = match;
    const pushing = /^(POST|PUT|PATCH)$/.test(seen.method);
    const repository = pushing ? this.repository(name) : this.repositories.get(name);
    if (!repository) return denied(404, "NAME_UNKNOWN");
    switch (kind) {
      case "manifests":
        return this.#manifest(repository, seen, reference);
      case "blobs":
        return reference.startsWith("uploads/")
          ? uploadAnswer(this.repositories, name, seen, reference.slice(8), links)
          : this.#blob(repository, seen, reference);
      case "referrers":
        return this.options.referrers === false
          ? { status: 404, body: "404 page not found" }
          : referrersAnswer(repository, seen, reference, paging);
      default:
        return listAnswer(seen, "tags", [...repository.tags.keys()], { name }, paging);
    }
  }

  #manifest(repository: Repository, seen: Seen, reference: string): Answer {
    const { redirect, manifestHeaders } = this.options;
    const digest = repository.manifest(reference)?.digest;
    if (redirect?.manifests && digest) return this.#redirect(redirect, repository, digest, seen);
    const answer = manifestAnswer(repository, seen, reference);
    return { ...answer, headers: { ...answer.headers, ...manifestHeaders } };
  }

  #blob(repository: Repository, seen: Seen, digest: string): Answer {
    const bytes = repository.blobs.get(digest);
    if (!bytes) return denied(404, "BLOB_UNKNOWN");
    if (seen.method === "DELETE") {
      repository.blobs.delete(digest);
      return { status: 202 };
    }
    const { redirect, ranges = true } = this.options;
    if (redirect) return this.#redirect(redirect, repository, digest, seen);
    const headers = { "docker-content-digest": digest, etag: `"${digest}"` };
    if (seen.headers.get("if-none-match") === headers.etag) return { status: 304, headers };
    return rangeAnswer(bytes, seen, ranges, headers);
  }

  #redirect(options: RedirectOptions, repository: Repository, digest: string, seen: Seen): Answer {
    const { to, status = 307, relative } = options;
    if (typeof to === "function") return { status, headers: { location: to(digest) } };
    if (to === "loop") {
      return { status, headers: { location: relative ? seen.target : this.url + seen.target } };
    }
    const signature = crypto.randomUUID();
    this.#signatures.set(signature, { repository, digest, uses: 0 });
    const path = `/data/${digest.slice(-12)}?sig=${signature}`;
    const base = relative ? "" : to === "cdn" ? this.cdnUrl : this.url;
    return { status, headers: { location: base + path } };
  }

  /** What a CDN does: the signature is the permission, and an Authorization header an error (S3). */
  #serveSigned(seen: Seen): Answer {
    const entry = this.#signatures.get(seen.query.get("sig") ?? "");
    if (!entry) return { status: 403, body: "bad signature" };
    if (seen.headers.has("authorization")) return { status: 400, body: "two ways to sign in" };
    if (this.options.redirect?.once && entry.uses > 0) return { status: 403, body: "expired" };
    entry.uses++;
    const manifest = entry.repository.manifests.get(entry.digest);
    if (manifest) return manifestAnswer(entry.repository, seen, entry.digest);
    const bytes = entry.repository.blobs.get(entry.digest);
    if (!bytes) return { status: 404, body: "gone" };
    return rangeAnswer(bytes, seen, this.options.ranges ?? true, {});
  }
}

const ROUTE = /^\/v2\/(.+?)\/(manifests|blobs|referrers|tags)\/(.+)$/;

/** The scope that `seen` needs, as a registry's challenge would name it. */
function scopeOf({ path, method }: Seen): string {
  if (path === "/v2/_catalog") return "registry:catalog:*";
  const name = ROUTE.exec(path)?.[1];
  if (name === undefined) return "";
  const own = `repository:${name}:`;
  if (method === "DELETE") return `${own}delete`;
  if (method === "GET" || method === "HEAD") return `${own}pull`;
  return `${own}pull,push`;
}

/** Starts a fake registry; `await using` closes it with all its connections. */
export async function fakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const registry = new FakeRegistry(options);
  await registry.start();
  return registry;
}
