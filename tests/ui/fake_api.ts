/** The dashboard's server for tests of its pages: the same routes and schemas, made-up data. */
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { z } from "@hono/zod-openapi";
import { type Activity, activityQuery } from "../../ui/api/schema/activity.ts";
import {
  type Blob,
  type BlobDetails,
  type BlobPage,
  blobsQuery,
  type CachedImage,
  type CachedTag,
  type EvictionPlan,
  imagesQuery,
  selection,
} from "../../ui/api/schema/cache.ts";
import type { ConfigView, Reload } from "../../ui/api/schema/config.ts";
import type { Connect, Forward } from "../../ui/api/schema/connect.ts";
import type { Live, Verification } from "../../ui/api/schema/events.ts";
import {
  type Preview,
  previewRequest,
  type RegistryList,
  type TestResult,
} from "../../ui/api/schema/registries.ts";
import type { Session } from "../../ui/api/schema/session.ts";
import { statsQuery } from "../../ui/api/schema/stats.ts";
import type { Page, Problem } from "../../ui/api/schema.ts";
import { staticFiles } from "../../ui/api/static.ts";
import { passes } from "../../ui/web/activity_filter.ts";
import {
  blobsOf,
  countersOf,
  digestOf,
  fillsOf,
  imagesOf,
  manifestOf,
  registriesOf,
  requestOf,
  requestsOf,
  type Scenario,
  SETTINGS,
  statsOf,
  statusOf,
  tagsOf,
} from "./fake_data.ts";

export interface FakeOptions {
  /** Directory of the built dashboard. */
  dist: string;
  scenario?: Scenario;
  /** Unix milliseconds at which everything happens. */
  now?: number;
  /** Repositories and digests in the cache. */
  images?: number;
  signedIn?: boolean;
  /** Part of a path whose answers are errors. */
  broken?: string;
  /** Part of a path that never answers. */
  hanging?: string;
}

const CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** A server whose `fetch` can be handed to `Deno.serve`. Its fields may be changed as it runs. */
export class FakeApi {
  scenario: Scenario;
  signedIn: boolean;
  broken: string;
  hanging: string;
  readonly #now: () => number;
  readonly #images: number;
  readonly #app = new Hono();

  constructor(options: FakeOptions) {
    this.scenario = options.scenario ?? "busy";
    this.signedIn = options.signedIn ?? true;
    this.broken = options.broken ?? "";
    this.hanging = options.hanging ?? "";
    this.#now = () => options.now ?? Date.now();
    this.#images = options.images ?? 340;
    this.#app.use(async (c, next) => {
      await next();
      c.header("Content-Security-Policy", CSP);
    });
    this.#guard();
    this.#session();
    this.#figures();
    this.#registries();
    this.#cache();
    this.#rest();
    const files = staticFiles(options.dist);
    this.#app.get("*", (c) => files(c.req.raw));
  }

  readonly fetch = (request: Request): Response | Promise<Response> => this.#app.fetch(request);

  #guard(): void {
    this.#app.use("/api/*", async (c, next) => {
      if (this.hanging !== "" && c.req.path.includes(this.hanging)) {
        await new Promise((resolve) => c.req.raw.signal.addEventListener("abort", resolve));
      }
      if (this.broken !== "" && c.req.path.includes(this.broken)) {
        return problem(500, "Something went wrong inside Berth", "The log says what.");
      }
      const open = /\/(session|login)$/.test(c.req.path);
      if (!this.signedIn && !open) return problem(401, "Sign in first");
      return await next();
    });
  }

  #session(): void {
    const session = (): Session => ({
      signedIn: this.signedIn,
      auth: "required",
      username: this.signedIn ? "admin" : "",
      expires: this.signedIn ? this.#now() + 7 * 86400e3 : null,
    });
    this.#app.get("/api/v1/session", (c) => c.json(session()));
    this.#app.post("/api/v1/login", async (c) => {
      const { password } = await c.req.json();
      if (password !== "correct horse") {
        return problem(401, "Wrong user name or password", "Four more attempts this minute.");
      }
      this.signedIn = true;
      return c.json(session());
    });
    this.#app.post("/api/v1/logout", (c) => {
      this.signedIn = false;
      return c.body(null, 204);
    });
  }

  #figures(): void {
    const app = this.#app;
    app.get("/api/v1/status", (c) => c.json(statusOf(this.scenario, this.#now())));
    app.get("/api/v1/stats", (c) => {
      const { period, from, to } = statsQuery.parse(c.req.query());
      const range = from !== undefined && to !== undefined ? { from, to } : undefined;
      return c.json(statsOf(this.scenario, period, this.#now(), range));
    });
    app.get("/api/v1/activity", (c) => {
      const query = activityQuery.parse(c.req.query());
      const all = requestsOf(this.scenario, 600, this.#now());
      const found = all.filter((entry) =>
        entry.seq < (query.before ?? Infinity) && passes(entry, {
          text: query.text ?? "",
          registry: query.registry ?? "",
          kind: query.kind ?? "",
          cache: query.cache ?? "",
          errors: query.errors ?? false,
        })
      );
      const items = found.slice(0, query.limit);
      const next = found.length > items.length ? items.at(-1)!.seq : null;
      return c.json<Activity>({ items, next, remembered: all.length });
    });
    app.get("/api/v1/activity/:id", (c) => {
      const found = requestsOf(this.scenario, 600, this.#now())
        .find(({ id }) => id === c.req.param("id"));
      return found ? c.json(found) : problem(404, "This request is not remembered");
    });
    app.get("/api/v1/events", (c) =>
      streamSSE(c, async (stream) => {
        const send = (event: string, data: unknown) =>
          stream.writeSSE({ event, data: JSON.stringify(data) });
        await send("status", statusOf(this.scenario, this.#now()));
        await send("live", liveOf(this.scenario, this.#now()));
        await send("fills", fillsOf(this.scenario, this.#now()));
        await send("requests", requestsOf(this.scenario, 40, this.#now()));
        await send("verification", VERIFIED(this.#now()));
        let scenario = this.scenario;
        const { promise: over, resolve: end } = Promise.withResolvers<void>();
        const timer = setInterval(() => {
          if (scenario !== this.scenario) {
            scenario = this.scenario;
            send("status", statusOf(scenario, this.#now()));
            send("requests", [requestOf(scenario, 601, this.#now())]);
          }
        }, 50);
        stream.onAbort(end);
        await over;
        clearInterval(timer);
      }));
  }

  #registries(): void {
    const app = this.#app;
    app.get("/api/v1/registries", (c) =>
      c.json<RegistryList>({
        items: registriesOf(this.scenario, this.#now()),
        revision: "r1",
        file: "/etc/berth/config.yaml",
        writable: true,
        readOnlyReason: "",
      }));
    app.post("/api/v1/registries/preview", async (c) => {
      const { name, settings, create } = previewRequest.parse(await c.req.json());
      return c.json(previewOf(name, settings?.url, create));
    });
    app.post("/api/v1/registries/test", async (c) => {
      const { settings } = await c.req.json();
      return c.json(testOf(settings.url));
    });
    app.post("/api/v1/registries", (c) => c.json({}, 201));
    app.put("/api/v1/registries/:name", (c) => c.json({}));
    app.delete("/api/v1/registries/:name", (c) => c.body(null, 204));
  }

  #cache(): void {
    const app = this.#app;
    app.get("/api/v1/cache/images", (c) => {
      const query = imagesQuery.parse(c.req.query());
      const found = (this.scenario === "empty" ? [] : imagesOf(this.#images, this.#now()))
        .filter(({ registry, repository }) =>
          registry.includes(query.registry ?? "") && repository.includes(query.search ?? "")
        );
      return c.json<Page<CachedImage>>(pageOf(found, query, query.sort));
    });
    app.get(
      "/api/v1/cache/tags",
      (c) => {
        const items = tagsOf(c.req.query("repository")!, this.#now());
        return c.json<Page<CachedTag>>({ items, total: items.length, page: 1, limit: 50 });
      },
    );
    app.get(
      "/api/v1/cache/manifests/:digest",
      (c) => c.json(manifestOf(c.req.param("digest"), this.#now())),
    );
    app.get("/api/v1/cache/blobs", (c) => c.json(this.#blobs(blobsQuery.parse(c.req.query()))));
    app.get("/api/v1/cache/blobs/:digest", (c) => {
      const found = blobsOf(this.#images, this.#now())
        .find(({ digest }) => digest === c.req.param("digest"));
      if (!found) return problem(404, "This digest is not in the cache");
      const tags = found.repositories.map((name) => `${name}:latest`);
      return c.json<BlobDetails>({ ...found, tags });
    });
    app.post("/api/v1/cache/evictions/plan", async (c) => {
      const body = selection.parse(await c.req.json());
      return c.json(planOf(body));
    });
    app.post("/api/v1/cache/evictions", async (c) => {
      const { digests, bytes, tags } = planOf(selection.parse(await c.req.json()));
      return c.json({ digests, bytes, tags });
    });
    app.post("/api/v1/cache/pins", (c) => c.json({ digests: 1 }));
    app.get("/api/v1/cache/verify", (c) => c.json(VERIFIED(this.#now())));
    app.post("/api/v1/cache/verify", (c) => c.json(VERIFIED(this.#now()), 202));
  }

  #blobs(query: z.infer<typeof blobsQuery>): BlobPage {
    const search = (query.search ?? "").toLowerCase();
    const found = (this.scenario === "empty" ? [] : blobsOf(this.#images, this.#now()))
      .filter((blob) =>
        (query.kind === undefined || blob.kind === query.kind) &&
        (query.pinned === undefined || blob.pinned === query.pinned) &&
        [blob.digest, ...blob.repositories].some((text) => text.includes(search))
      );
    const bytes = found.reduce((sum, { size }) => sum + size, 0);
    return { ...pageOf<Blob>(found, query, query.sort), bytes };
  }

  #rest(): void {
    const app = this.#app;
    app.get("/api/v1/config", (c) =>
      c.json<ConfigView>({
        file: "/etc/berth/config.yaml",
        writable: true,
        readOnlyReason: "",
        revision: "r1",
        settings: SETTINGS,
        lastReload: reloadAt(this.#now() - 2 * 3600e3),
      }));
    app.post("/api/v1/config/reload", (c) => c.json(reloadAt(this.#now())));
    app.get("/api/v1/connect", (c) => c.json(CONNECT));
    app.get("/api/v1/forward", (c) => c.json(forwardAt(this.#now())));
    app.post("/api/v1/forward/allowed-hosts", (c) => c.json(forwardAt(this.#now())));
  }
}

function problem(status: number, title: string, detail?: string): Response {
  const body: Problem = { type: "about:blank", title, status, ...(detail ? { detail } : {}) };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}

function pageOf<T>(
  found: T[],
  { page, limit, order }: { page: number; limit: number; order: "asc" | "desc" },
  sort: string,
): Page<T> {
  const sign = order === "asc" ? 1 : -1;
  const key = sort as keyof T;
  const items = found.toSorted((a, b) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0))
    .slice((page - 1) * limit, page * limit);
  return { items, total: found.length, page, limit };
}

function liveOf(scenario: Scenario, now: number): Live {
  const idle = scenario === "empty";
  return {
    now,
    total: countersOf(idle ? 0 : 981_204, 0.87),
    since: now - 41 * 86400e3,
    lastMinute: { ...countersOf(idle ? 0 : 96, 0.9), pulls: idle ? 0 : 14 },
    active: 5,
  };
}

const VERIFIED = (now: number): Verification => ({
  running: false,
  checkedBlobs: 4212,
  totalBlobs: 4212,
  checkedBytes: 18.2 * 2 ** 30,
  startedAt: now - 7 * 3600e3,
  finishedAt: now - 6.9 * 3600e3,
  damaged: [],
});

function previewOf(name: string, url: string | undefined, create: boolean): Preview {
  const fields = [];
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) {
    fields.push({
      path: "name",
      message: "expected a registry name of lower-case letters, digits and dashes",
    });
  }
  if (url !== undefined && !/^https?:\/\/[^/]/.test(url)) {
    fields.push({
      path: "url",
      message: "expected a URL such as https://registry.example.com, without credentials or query",
    });
  }
  const lines = [
    { kind: "skip" as const, line: 0, text: "" },
    { kind: "same" as const, line: 30, text: "registries:" },
    { kind: "same" as const, line: 31, text: "  # our own, behind the VPN" },
    { kind: "same" as const, line: 32, text: "  harbor:" },
  ];
  const diff = url === undefined
    ? [
      ...lines.slice(0, 3),
      { kind: "remove" as const, line: 32, text: `  ${name}:` },
      { kind: "remove" as const, line: 33, text: "    url: https://harbor.example.com" },
    ]
    : create
    ? [
      ...lines,
      { kind: "same" as const, line: 33, text: "    url: https://harbor.example.com" },
      { kind: "add" as const, line: 34, text: `  ${name}:` },
      { kind: "add" as const, line: 35, text: `    url: ${url}` },
    ]
    : [
      ...lines,
      { kind: "remove" as const, line: 33, text: "    url: https://harbor.example.com" },
      { kind: "add" as const, line: 33, text: `    url: ${url}` },
      { kind: "same" as const, line: 34, text: "    auth: { username: robot$berth, password: … }" },
    ];
  return { fields, diff, file: "/etc/berth/config.yaml", revision: "r1" };
}

function testOf(url: string): TestResult {
  const host = URL.parse(url)?.host ?? url;
  const ok = !host.includes("broken");
  const step = (step: TestResult["steps"][0]["step"], title: string, ms: number, text: string) => ({
    step,
    title,
    ms,
    text,
    result: "ok" as const,
  });
  return {
    ok,
    text: ok
      ? "Reachable, signed in as anonymous"
      : "The certificate is not trusted: it was issued by “Example Internal CA”. Name that authority in ca_file.",
    ms: 131,
    steps: [
      step("dns", `Find ${host}`, 8, "192.0.2.17, 2001:db8::17"),
      ok ? step("tls", "Encrypt the connection", 41, "TLS 1.3, certificate valid until 3 March") : {
        ...step("tls", "Encrypt the connection", 38, "self-signed certificate in chain"),
        result: "failed",
      },
      ok
        ? step("ping", "Ask for /v2/", 37, "401: a sign-in is wanted, as of most registries")
        : { ...step("ping", "Ask for /v2/", 0, ""), result: "skipped" },
      ok
        ? step("sign-in", "Sign in", 45, "A token for 5 min")
        : { ...step("sign-in", "Sign in", 0, ""), result: "skipped" },
    ],
    quota: ok && host.includes("docker")
      ? { limit: 200, remaining: 173, windowMs: 6 * 3600e3, resetsAt: null, measuredAt: 0 }
      : null,
  };
}

function planOf({ digests, images, unusedForMs }: z.infer<typeof selection>): EvictionPlan {
  const all = unusedForMs === undefined ? images.length * 3 + digests.length : 1204;
  return {
    digests: all,
    bytes: all * 137 * 2 ** 20,
    tags: images.length,
    pinnedDigests: unusedForMs === undefined ? 0 : 41,
    pinnedBytes: unusedForMs === undefined ? 0 : 1.3 * 2 ** 30,
    sharedDigests: images.length > 0 ? 2 : 0,
    sharedBytes: images.length > 0 ? 31 * 2 ** 20 : 0,
    inUseDigests: 0,
    largest: Array.from({ length: Math.min(3, all) }, (_, i) => ({
      digest: digestOf(`evicted ${i}`),
      size: (210 - i * 60) * 2 ** 20,
      mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
      repository: "docker/library/alpine",
    })),
    repositories: ["docker/library/alpine"],
    repositoryCount: Math.max(1, images.length),
  };
}

function reloadAt(at: number): Reload {
  return {
    at,
    ok: true,
    cause: "file",
    text: "2 values changed",
    fields: [],
    changes: [
      { path: "cache.max_age", before: "60d", after: "30d" },
      { path: "registries.harbor.url", before: "", after: "https://harbor.example.com" },
    ],
  };
}

const CONNECT: Connect = {
  publicUrl: "",
  port: 8080,
  tls: false,
  domainSuffix: "",
  defaultRegistry: "docker",
  pathNames: false,
  signIn: false,
  registries: registriesOf("busy", 0).map(({ name, settings }) => ({
    name,
    host: settings.aliases?.[0] ?? new URL(settings.url).host,
    aliases: settings.aliases ?? [],
    library: settings.library ?? false,
    hosts: settings.hosts ?? [],
    repoPrefix: "",
    example: { docker: "library/alpine:latest", quay: "prometheus/busybox:latest" }[name] ?? "",
  })),
  forward: { port: 3128, intercept: ["quay"] },
};

function forwardAt(now: number): Forward {
  return {
    listen: ":3128",
    open: 1,
    tunnels: [
      {
        id: "t1",
        host: "quay.io",
        port: 443,
        client: "10.20.1.14",
        user: "",
        startedAt: now - 42e3,
        sentBytes: 18_322,
        receivedBytes: 88 * 2 ** 20,
        intercepted: true,
      },
    ],
    refused: [
      {
        host: "telemetry.example.net",
        port: 443,
        reason: "host",
        message: "telemetry.example.net:443 is not an allowed host",
        entry: "telemetry.example.net",
        count: 12,
        client: "10.20.1.14",
        lastAt: now - 61e3,
      },
      {
        host: "files.example.com",
        port: 8443,
        reason: "private",
        message: "files.example.com has the address 10.20.1.9, which is not public: " +
          "set forward.allow_private to let clients reach such addresses",
        entry: null,
        count: 2,
        client: "10.20.1.77",
        lastAt: now - 3 * 3600e3,
      },
    ],
    file: "/etc/berth/config.yaml",
    revision: "r1",
    writable: true,
    readOnlyReason: "",
  };
}
