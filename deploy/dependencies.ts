/**
 * `deno task dependencies`: what Berth is made of that others wrote: each npm package that it asks for,
 * what for, in which part, and what it weighs there: the bytes of it and of what it needs itself, as
 * they are in the executable (in the scripts of the dashboard, before they are minified).
 */
import { join } from "node:path";
import deno from "../deno.json" with { type: "json" };
import { shippedPackages } from "./packages.ts";
import { giveUp, run } from "./process.ts";

/** What each package is for; a test holds the names to deno.json. */
export const PURPOSES: Record<string, string> = {
  "@hono/zod-openapi": "the dashboard's API: routes with checked input, and the OpenAPI document",
  "@logtape/logtape": "the log's levels and sinks",
  "@peculiar/asn1-schema": "certificates that name a CA in its own bytes (forward proxy)",
  "@peculiar/asn1-x509": "the same: the parts of a certificate",
  "@peculiar/x509": "makes and reads certificates (forward proxy, ACME, notices before they end)",
  "@preact/signals": "state of the dashboard's pages",
  "@seriousme/openapi-schema-validator": "tests: is the OpenAPI document one",
  "@sigstore/bundle": "signatures of cosign: reading what they come in; loaded only for them",
  "@sigstore/protobuf-specs": "signatures of cosign: trusted roots",
  "@sigstore/verify": "signatures of cosign without a key, against a trusted root",
  "acme-client": "certificates by ACME; loaded only where `tls.acme` is set",
  "asn1js": "the encoding that certificates are in",
  "aws4fetch": "signatures of requests to S3 and ECR",
  "axe-core": "tests: accessibility of the pages",
  "bcryptjs": "passwords in htpasswd files",
  "diff": "what a change from the dashboard does to the configuration's lines",
  "fast-check": "tests: properties instead of examples",
  "fflate": "the zip of a release for Windows",
  "hono": "routes of the dashboard and its API",
  "iovalkey": "Valkey and Redis, with sentinels and clusters; loaded only where `cluster` is set",
  "ipaddr.js": "networks, and which addresses are private",
  "lru-cache": "tokens, proofs and rows in memory, with a bound",
  "oidc-provider": "tests: a provider to sign in at",
  "openid-client": "sign-in by OpenID Connect; loaded only where `admin.oidc` is set",
  "playwright-core": "tests: drives Chromium",
  "preact": "the dashboard's pages",
  "preact-iso": "which page an address means, and pages that are loaded when they are opened",
  "prom-client": "metrics, in the format of Prometheus",
  "reflect-metadata": "wanted by `@peculiar/x509`",
  "semver": "patterns of tags that are versions",
  "tar": "the archives of a release",
  "tldts": "which domains belong together (a registry and its token server)",
  "undici": "requests to registries through a proxy, by addresses that were checked",
  "uplot": "charts",
  "yaml": "the configuration, with comments kept",
  "zod": "what configuration and requests may be, and errors that name the place",
};

interface Dependency {
  readonly name: string;
  readonly version: string;
  /** `program`, `dashboard`, both, or `tests and build`. */
  readonly part: string;
  /** Bytes; 0 where nothing of it is shipped. */
  readonly bytes: number;
  readonly purpose: string;
}

/** Bytes of each npm package (`name@version`) in a bundle that says where each module came from. */
export function bytesByPackage(bundle: string): Map<string, number> {
  const found = new Map<string, number>();
  const parts = bundle.split(/^\/\/ (\S+\.\w+)$/m);
  for (let i = 1; i < parts.length; i += 2) {
    const [, name, version] = /\/registry\.npmjs\.org\/((?:@[^/]+\/)?[^/]+)\/([^/]+)\//
      .exec(parts[i]!) ?? [];
    if (!name) continue;
    const id = `${name}@${version}`;
    found.set(id, (found.get(id) ?? 0) + new TextEncoder().encode(parts[i + 1]).length);
  }
  return found;
}

async function bundled(entry: string, platform: "deno" | "browser"): Promise<Map<string, number>> {
  const dir = await Deno.makeTempDir();
  try {
    const output = join(dir, "bundle.js");
    const args = ["bundle", "--quiet", "--platform", platform, "-o", output, entry];
    await run(Deno.execPath(), args);
    return bytesByPackage(await Deno.readTextFile(output));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The packages of deno.json, the heaviest first. */
export async function dependencies(): Promise<Dependency[]> {
  const shipped = await shippedPackages();
  const byId = new Map(shipped.map((one) => [one.id, one]));
  const places = {
    program: await bundled("main.ts", "deno"),
    dashboard: await bundled(join("ui", "app.tsx"), "browser"),
  };
  /** With all that it needs, each once. */
  const below = (id: string, seen = new Set<string>()): Set<string> => {
    const one = byId.get(id);
    if (!one || seen.has(id)) return seen;
    seen.add(id);
    for (const dependency of one.dependencies) below(dependency, seen);
    return seen;
  };
  const all = Object.entries(deno.imports).map(([name, specifier]) => {
    const version = specifier.slice(specifier.lastIndexOf("@") + 1);
    const id = shipped.find((one) => one.name === name && one.version === version)?.id;
    const names = [...id ? below(id) : []].map((one) => byId.get(one)!);
    const bytesIn = (place: Map<string, number>) =>
      names.reduce((sum, one) => sum + (place.get(`${one.name}@${one.version}`) ?? 0), 0);
    const parts = Object.entries(places).filter(([, place]) => place.has(`${name}@${version}`));
    return {
      name,
      version,
      part: parts.map(([part]) => part).join(", ") || "tests and build",
      bytes: parts.reduce((sum, [, place]) => sum + bytesIn(place), 0),
      purpose: PURPOSES[name] ?? "",
    };
  });
  return all.toSorted((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

async function main(): Promise<void> {
  const rows = (await dependencies()).map(({ name, version, part, bytes, purpose }) => [
    `${name} ${version}`,
    bytes ? `${(bytes / 1000).toFixed(0)} kB` : "–",
    part,
    purpose,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const [name, weight, part, purpose] of rows) {
    const [a, b, c] = widths as [number, number, number];
    console.log(`${name!.padEnd(a)}  ${weight!.padStart(b)}  ${part!.padEnd(c)}  ${purpose}`);
  }
}

if (import.meta.main) await main().catch(giveUp);
