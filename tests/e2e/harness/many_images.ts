/** An index of many images without their content: what the dashboard lists it takes from there. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Catalog } from "../../../cache/catalog/catalog.ts";
import type { Reference } from "../../../cache/manifest.ts";
import { NOBODY } from "./account.ts";

const OCI = "application/vnd.oci.image";
const REGISTRIES = ["docker", "ghcr", "quay", "gcr"];
const BASES = 40;

/** The digest that the content called `name` would have. */
function digestFor(name: string): string {
  return `sha256:${createHash("sha256").update(name).digest("hex")}`;
}

/** A repository of a registry, with its tags. */
interface ManyTags {
  registry: string;
  repository: string;
  tags: number;
}

/**
 * Fills the index of the cache in `dir` with `images` repositories over four registries, an index of
 * two platforms with three layers each, one of which many share; and with `one`, all of whose tags
 * differ. Berth must not run there.
 */
export async function fillIndex(dir: string, images: number, one: ManyTags): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  const now = Date.now();
  const catalog = Catalog.open(join(dir, "index.db"));
  catalog.transaction(() => {
    for (let i = 0; i < images; i++) {
      const registry = REGISTRIES[i % REGISTRIES.length]!;
      addImage(catalog, { registry, repository: `team-${i % 97}/app-${i}` }, "1.0", i, now);
    }
    for (let i = 0; i < one.tags; i++) addImage(catalog, one, `build-${i}`, images + i, now);
  });
  catalog.close(now);
  const files = ["", ...(await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name)];
  if (Deno.uid() !== 0) return;
  for (const name of files) await Deno.chown(join(dir, name), NOBODY.uid, NOBODY.gid);
}

function addImage(
  catalog: Catalog,
  { registry, repository }: { registry: string; repository: string },
  tag: string,
  i: number,
  now: number,
): void {
  const held = `${registry}/${repository}`;
  const add = (name: string, mediaType: string, size: number, references: Reference[] = []) => {
    const digest = digestFor(name);
    const times = { created: now, lastUsed: now - i * 1000, verified: now };
    catalog.addBlob({ digest, size, mediaType, ...times }, { references, repositories: [held] });
    return digest;
  };
  const name = `${held}:${tag}`;
  const manifests = ["amd64", "arm64"].map((architecture): Reference => {
    const mediaType = `${OCI}.manifest.v1+json`;
    const part = (kind: "config" | "layer", of: string, size: number): Reference => {
      const type = kind === "config" ? `${OCI}.config.v1+json` : `${OCI}.layer.v1.tar+gzip`;
      return { digest: add(of, type, size), kind, mediaType: type, size, platform: "" };
    };
    const parts = [
      part("config", `${name} ${architecture} config`, 1500),
      part("layer", `base ${i % BASES} ${architecture}`, 30_000),
      ...[1, 2].map((n) => part("layer", `${name} ${architecture} ${n}`, 20_000 * n + i)),
    ];
    const digest = add(`${name} ${architecture}`, mediaType, 1400, parts);
    const platform = `linux/${architecture}`;
    return { digest, kind: "manifest", mediaType, size: 1400, platform };
  });
  const mediaType = `${OCI}.index.v1+json`;
  const digest = add(name, mediaType, 900, manifests);
  const key = { registry, repository, tag, accept: "*/*" };
  catalog.names.setTag(key, { digest, mediaType, size: 900, checkedAt: now });
}
