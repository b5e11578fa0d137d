/** The dashboard's server for tests of its pages: the same routes and schemas, made-up data. */
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { z } from "@hono/zod-openapi";
import { type Activity, activityQuery } from "../../../ui/api/schema/activity.ts";
import {
  type Blob,
  type BlobDetails,
  type BlobPage,
  blobsQuery,
  type CachedImage,
  type CachedTag,
  imagesQuery,
  selection,
} from "../../../ui/api/schema/cache.ts";
import { clientsQuery, pullsQuery } from "../../../ui/api/schema/clients.ts";
import type { ConfigView } from "../../../ui/api/schema/config.ts";
import { previewRequest, type RegistryList } from "../../../ui/api/schema/registries.ts";
import { RIGHTS } from "../../../ui/api/rights.ts";
import type { Session } from "../../../ui/api/schema/session.ts";
import { statsQuery } from "../../../ui/api/schema/stats.ts";
import type { Page, Problem } from "../../../ui/api/schema.ts";
import { staticFiles } from "../../../ui/api/static.ts";
import { passes } from "../../../ui/web/activity_filter.ts";
import { type Scenario } from "./world.ts";
import { clientsOf, pullsOf } from "./clients.ts";
import { statsOf } from "./figures.ts";
import { blobsOf, imagesOf, manifestOf, tagsOf } from "./cache.ts";
import { configOf, growthAt, imageOf } from "./image.ts";
import { membersOf, registriesOf, statusOf } from "./registries.ts";
import { fillsOf, requestOf, requestsOf } from "./requests.ts";
import { decisionsAt, dryRunAt, pastAt } from "./trust.ts";
import { auditAt, madeTokenAt, tokensAt } from "./people.ts";
import { ownPullsOf, prefetchOf, PREVIEW, pullOf } from "./pulls.ts";
import { SETTINGS } from "./settings.ts";
import {
  CONNECT,
  forwardAt,
  liveOf,
  planOf,
  previewOf,
  reloadAt,
  testOf,
  VERIFIED,
} from "./answers.ts";

export interface FakeOptions {
  /** Directory of the built dashboard. */
  dist: string;
  scenario?: Scenario;
  /** Unix milliseconds at which everything happens. */
  now?: number;
  /** Repositories and digests in the cache. */
  images?: number;
  signedIn?: boolean;
  /** What the button of another way in says. */
  oidc?: string;
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
  readonly #oidc: string | null;
  readonly #app = new Hono();

  constructor(options: FakeOptions) {
    this.scenario = options.scenario ?? "busy";
    this.signedIn = options.signedIn ?? true;
    this.broken = options.broken ?? "";
    this.hanging = options.hanging ?? "";
    this.#now = () => options.now ?? Date.now();
    this.#images = options.images ?? 340;
    this.#oidc = options.oidc ?? null;
    this.#app.use(async (c, next) => {
      await next();
      c.header("Content-Security-Policy", CSP);
    });
    this.#guard();
    this.#session();
    this.#figures();
    this.#clients();
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
      oidc: this.#oidc,
      username: this.signedIn ? "admin" : "",
      rights: this.signedIn ? [...RIGHTS] : [],
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
          member: "",
          text: query.text ?? "",
          registry: query.registry ?? "",
          kind: query.kind ?? "",
          cache: query.cache ?? "",
          errors: query.errors ?? false,
          refused: query.refused ?? false,
          from: query.from ?? 0,
          to: query.to ?? 0,
        })
      );
      const items = found.slice(0, query.limit);
      const next = found.length > items.length ? items.at(-1)!.seq : null;
      return c.json<Activity>({ items, next, remembered: all.length });
    });
    app.get("/api/v1/activity/:id", (c) => {
      const found = requestsOf(this.scenario, 600, this.#now())
        .find(({ id }) => id === c.req.param("id"));
      return found
        ? c.json({ ...found, member: "berth-7f31aa" })
        : problem(404, "This request is not remembered");
    });
    app.get("/api/v1/events", (c) =>
      streamSSE(c, async (stream) => {
        const send = (event: string, data: unknown) =>
          stream.writeSSE({ event, data: JSON.stringify(data) });
        await send("status", statusOf(this.scenario, this.#now()));
        await send("members", membersOf(this.scenario, this.#now()));
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
            send("members", membersOf(scenario, this.#now()));
            send("requests", [requestOf(scenario, 601, this.#now())]);
          }
        }, 50);
        stream.onAbort(end);
        await over;
        clearInterval(timer);
      }));
  }

  #clients(): void {
    this.#app.get("/api/v1/clients", (c) => {
      const query = clientsQuery.parse(c.req.query());
      return c.json(clientsOf(this.scenario, this.#now(), query));
    });
    this.#app.get("/api/v1/pulls", (c) => {
      const { image = "", result, before = Infinity, limit } = pullsQuery.parse(c.req.query());
      const items = pullsOf(this.scenario, this.#now()).filter((pull) =>
        pull.id < before && (!result || pull.result === result) &&
        `${pull.registry}/${pull.repository}:${pull.reference}`.includes(image)
      );
      const next = items.length > limit ? items[limit - 1]!.id : null;
      return c.json({ items: items.slice(0, limit), next });
    });
    this.#app.get("/api/v1/pulls/images", (c) =>
      c.json({
        items: this.scenario === "empty" ? [] : pullsOf(this.scenario, this.#now()).slice(0, 5)
          .map(({ registry, repository }, i) => ({
            ...{
              registry,
              repository,
              pulls: 900 - 140 * i,
              clients: 40 - i,
              bytes: 9e9 / (i + 1),
            },
          })),
      }));
  }

  #registries(): void {
    const app = this.#app;
    app.get("/api/v1/registries", (c) =>
      c.json<RegistryList>({
        items: registriesOf(this.scenario, this.#now()),
        revision: "r1",
        file: "/etc/berth/config.yaml",
        overlay: false,
        shared: false,
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
    app.get(
      "/api/v1/cache/manifests/:digest/config",
      (c) => c.json(configOf(c.req.param("digest"), this.#now())),
    );
    app.get("/api/v1/cache/growth", (c) => c.json(growthAt(this.#now())));
    app.get(
      "/api/v1/cache/image",
      (c) =>
        c.req.query("reference") === "gone"
          ? problem(404, "Image not found")
          : c.json(imageOf(c.req.query(), this.#now())),
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
    app.get(
      "/api/v1/pulls/running",
      (c) => c.json({ items: ownPullsOf(this.scenario, this.#now()) }),
    );
    app.get("/api/v1/pulls/:id", (c) => c.json(pullOf(c.req.param("id"), this.#now())));
    app.get("/api/v1/prefetch", (c) => c.json(prefetchOf(this.scenario, this.#now())));
    app.post("/api/v1/prefetch/preview", (c) => c.json(PREVIEW));
    app.post("/api/v1/prefetch/rules", (c) => c.json(prefetchOf(this.scenario, this.#now())));
    app.post("/api/v1/pulls", (c) => c.json(pullOf("one", this.#now())));
    app.delete("/api/v1/pulls/:id", (c) => c.body(null, 204));
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
        overlay: false,
        shared: false,
        writable: true,
        readOnlyReason: "",
        revision: "r1",
        settings: SETTINGS,
        acme: null,
        lastReload: reloadAt(this.#now() - 2 * 3600e3),
      }));
    app.get("/api/v1/config/overlay", (c) => c.json({ file: "", problem: "", items: [] }));
    app.get(
      "/api/v1/tokens",
      (c) => c.json({ items: tokensAt(this.#now()), kept: true }),
    );
    app.get("/api/v1/trust/history", (c) => c.json(pastAt(this.#now(), c.req.query("image")!)));
    app.post("/api/v1/policy/try", (c) => c.json(dryRunAt(this.#now())));
    app.get("/api/v1/trust/decisions", (c) => c.json(decisionsAt(this.#now())));
    app.get("/api/v1/audit", (c) => c.json({ items: auditAt(this.#now()), next: 3 }));
    app.post("/api/v1/tokens", (c) => c.json(madeTokenAt(this.#now())));
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
