/** `GET` and `HEAD /v2/<name>/manifests/<reference>` */
import type { Cache } from "../../cache/api.ts";
import type { TagKey, TagRow } from "../../cache/types.ts";
import { serveDigest, type Wanted } from "./by_digest.ts";
import type { Exchange } from "../exchange.ts";
import type { FreshnessRules } from "./freshness.ts";
import { type Checked, checkTag } from "./check_tag.ts";
import { OciError } from "../oci/errors.ts";
import { acceptKey, accepts, joinAccept } from "../oci/manifest.ts";
import type { OciPath, Reference } from "../oci/path.ts";
import { isOutage } from "../upstream/outage.ts";
import { passThrough } from "../through/pass.ts";
import type { CacheResult } from "../observe/record.ts";
import { contentHeaders, headOf, notModified } from "./respond.ts";

type Manifest = Extract<OciPath, { kind: "manifest" }>;

export interface ManifestOptions {
  cache: Cache;
  rules: FreshnessRules;
  /** True where the registry's quota is nearly used up, and asking is to be avoided. */
  quotaLow(registry: string): boolean;
  now(): number;
}

export type ManifestHandler = (x: Exchange<Manifest>) => Promise<Response>;

/** Without a cache, or where clients are to be redirected, manifests pass through. */
export function passManifest(x: Exchange<Manifest>): Promise<Response> {
  x.record.cache = "pass";
  return passThrough(x, { path: `manifests/${x.path.reference.value}` }, (signed) => signed);
}

/** Manifests from the cache; tags by the rules of `options`. */
export function manifests(options: ManifestOptions): ManifestHandler {
  const { cache, rules, now } = options;
  const missing = negativeCache(rules.negativeTtl, now);
  const checks = new Map<string, Promise<Checked>>();

  /** Asks upstream once for all who want to know the same of the same tag. */
  function check(x: Exchange<Manifest>, key: TagKey, accept: string): Promise<Checked> {
    const id = JSON.stringify([key, x.proof.id]);
    const running = checks.get(id);
    if (running) return running;
    const started = checkTag(x, cache, key, accept, now)
      .catch((error) => {
        if (error instanceof OciError && error.status === 404) missing.add(id, error);
        throw error;
      })
      .finally(() => checks.delete(id));
    checks.set(id, started);
    return started;
  }

  async function byTag(x: Exchange<Manifest>, tag: string): Promise<Response> {
    const accept = joinAccept(x.request.headers);
    const { registry, repository } = x.target;
    const key = { registry: registry.name, repository, tag, accept: acceptKey(accept) };
    const row = cache.tag(key);
    const held = row && cache.stat(row.digest) ? row : undefined;
    const age = row ? now() - row.checkedAt : Infinity;

    const ttl = rules.ttl(registry.name, tag);
    if (held && age < ttl && x.proof.holds()) {
      const response = await serve(x, held, "hit");
      if (x.reusable) x.reusable.until = held.checkedAt + ttl;
      return response;
    }
    if (held && age < rules.staleIfError && x.proof.holds()) {
      if (options.quotaLow(registry.name)) return await serve(x, held, "stale");
      if (rules.whileRevalidate) {
        check(x, key, accept).catch(() => {});
        return await serve(x, held, "stale");
      }
    }
    missing.check(JSON.stringify([key, x.proof.id]));
    try {
      const checked = await check(x, key, accept);
      return await serve(x, checked.row, checked.changed ? "miss" : "revalidated");
    } catch (error) {
      const served = isOutage(error) && x.proof.holdsOffline();
      const stale = served ? held ?? substitute(key, accept) : undefined;
      if (!stale || now() - stale.checkedAt > rules.staleIfError) throw error;
      x.record.error = "";
      return await serve(x, stale, "stale");
    }
  }

  /** While upstream is away: the manifest that another client was given, if this one can use it. */
  function substitute(key: TagKey, accept: string): TagRow | undefined {
    return cache.tags(key.registry, key.repository, key.tag)
      .filter((row) => accepts(accept, row.mediaType) && cache.stat(row.digest))
      .sort((a, b) => b.checkedAt - a.checkedAt)[0];
  }

  async function serve(x: Exchange, row: TagRow, result: CacheResult): Promise<Response> {
    const unchanged = notModified(x, row, result);
    if (unchanged) return unchanged;
    if (x.request.method === "HEAD") return headOf(x, row, result);
    const wanted = wantedManifest(x, { kind: "digest", value: row.digest });
    const response = await serveDigest(x, cache, wanted);
    if (x.record.cache !== "hit" || result === "hit") return response;
    x.reusable = undefined;
    for (const [name, value] of contentHeaders(x, row, result)) response.headers.set(name, value);
    return response;
  }

  return (x) => {
    const { reference } = x.path;
    if (x.target.registry.redirects === "pass") return passManifest(x);
    if (reference.kind === "tag") return byTag(x, reference.value);
    return serveDigest(x, cache, wantedManifest(x, reference));
  };
}

function wantedManifest(x: Exchange, reference: Reference): Wanted {
  return {
    digest: reference.value,
    path: `manifests/${reference.value}`,
    accept: joinAccept(x.request.headers),
  };
}

const MAX_MISSING = 10_000;

/** Remembers 404s for a few seconds: a typo in a deployment is not worth a request a pod. */
function negativeCache(ttl: number, now: () => number) {
  const entries = new Map<string, { until: number; error: OciError }>();
  return {
    add(id: string, error: OciError): void {
      if (ttl === 0) return;
      if (entries.size >= MAX_MISSING) entries.delete(entries.keys().next().value!);
      entries.set(id, { until: now() + ttl, error });
    },
    /** Throws the remembered error while it lasts. */
    check(id: string): void {
      const entry = entries.get(id);
      if (!entry) return;
      if (now() < entry.until) throw entry.error;
      entries.delete(id);
    },
  };
}
