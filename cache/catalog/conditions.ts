/** What people may ask for, as SQL. */
import type { SQLInputValue } from "node:sqlite";
import { LINKING_TYPES } from "../manifest.ts";
import type { BlobRow } from "./rows.ts";
import type { BlobKind, BlobQuery, RepositoryQuery } from "../listing.ts";

/** A WHERE clause, or nothing, with its values. */
export interface Conditions {
  where: string;
  values: SQLInputValue[];
}

function all(conditions: [sql: string, ...values: SQLInputValue[]][]): Conditions {
  if (conditions.length === 0) return { where: "", values: [] };
  return {
    where: `WHERE ${conditions.map(([sql]) => sql).join(" AND ")}`,
    values: conditions.flatMap(([, ...values]) => values),
  };
}

const { ociIndex, ociManifest, dockerList, dockerManifest } = LINKING_TYPES;
const INDEX_TYPES: readonly string[] = [ociIndex, dockerList];
const MANIFEST_TYPES: readonly string[] = [ociManifest, dockerManifest];

const MANIFESTS = [...INDEX_TYPES, ...MANIFEST_TYPES];

/** Registries hand out layers as octet streams; the manifest knows better. */
export function describe(
  blob: BlobRow,
  named: Record<string, unknown> | undefined,
): BlobRow & { kind: BlobKind } {
  if (INDEX_TYPES.includes(blob.mediaType)) return { ...blob, kind: "index" };
  if (MANIFEST_TYPES.includes(blob.mediaType)) return { ...blob, kind: "manifest" };
  if (!named) return { ...blob, kind: "other" };
  const kind = named.kind === "config" ? "config" : "layer";
  return { ...blob, kind, mediaType: String(named.media_type) || blob.mediaType };
}

/** Which blobs `query` means. */
export function blobConditions(query: BlobQuery, pinned: () => ReadonlySet<string>): Conditions {
  const { digestPrefix, search, registry, repository, mediaType, kind } = query;
  const found: [string, ...SQLInputValue[]][] = [];
  if (digestPrefix) found.push(prefixed(digestPrefix));
  if (search) {
    const [prefix, ...values] = prefixed(search.toLowerCase());
    const held = "digest IN (SELECT digest FROM members WHERE instr(repository, ?) > 0)";
    found.push([`(${prefix} OR ${held})`, ...values, search]);
  }
  if (registry) {
    found.push([
      `digest IN (SELECT digest FROM members
         WHERE repository >= ? || '/' AND repository < ? || '0')`,
      registry,
      registry,
    ]);
  }
  if (repository) {
    found.push(["digest IN (SELECT digest FROM members WHERE repository = ?)", repository]);
  }
  if (mediaType) {
    found.push([
      `(instr(media_type, ?) > 0
         OR digest IN (SELECT child FROM refs WHERE instr(refs.media_type, ?) > 0))`,
      mediaType,
      mediaType,
    ]);
  }
  if (kind) found.push(ofKind(kind));
  if (query.untagged && repository) found.push(...untaggedIn(repository));
  if (query.pinned !== undefined) {
    const not = query.pinned ? "" : "NOT ";
    found.push([
      `digest ${not}IN (SELECT value FROM json_each(?))`,
      JSON.stringify([...pinned()]),
    ]);
  }
  return all(found);
}

/**
 * A signature names its subject, and is nothing that leads to it; where that is here, the signature
 * is shown there.
 */
function untaggedIn(repository: string): [sql: string, ...values: SQLInputValue[]][] {
  return [
    ["media_type IN (SELECT value FROM json_each(?))", JSON.stringify(MANIFESTS)],
    [
      "digest NOT IN (SELECT digest FROM tags WHERE registry = ? AND repository = ?)",
      ...splitRepository(repository),
    ],
    [
      `NOT EXISTS (SELECT 1 FROM refs JOIN members ON members.digest = parent
         WHERE child = blobs.digest AND kind <> 'subject' AND members.repository = ?)`,
      repository,
    ],
    [
      `NOT EXISTS (SELECT 1 FROM refs JOIN blobs AS subject ON subject.digest = child
         WHERE parent = blobs.digest AND kind = 'subject')`,
    ],
  ];
}

function prefixed(prefix: string): [sql: string, ...values: SQLInputValue[]] {
  const [short, long] = prefix.includes(":")
    ? [prefix, prefix]
    : [`sha256:${prefix}`, `sha512:${prefix}`];
  return [
    "(digest >= ? AND digest < ? || '~' OR digest >= ? AND digest < ? || '~')",
    ...[short, short, long, long],
  ];
}

function ofKind(kind: BlobKind): [sql: string, ...values: SQLInputValue[]] {
  const typed = "media_type IN (SELECT value FROM json_each(?))";
  const named = "digest IN (SELECT child FROM refs WHERE kind = ?)";
  const manifests = JSON.stringify(MANIFESTS);
  switch (kind) {
    case "index":
      return [typed, JSON.stringify(INDEX_TYPES)];
    case "manifest":
      return [typed, JSON.stringify(MANIFEST_TYPES)];
    case "other":
      return [`NOT ${typed} AND NOT ${named} AND NOT ${named}`, manifests, "config", "layer"];
    default:
      return [`NOT ${typed} AND ${named}`, manifests, kind];
  }
}

/** Which members `query` means. In ASCII `0` follows `/`, so that a registry's repositories are a range. */
export function repositoryConditions({ registry, search }: RepositoryQuery): Conditions {
  const found: [string, ...SQLInputValue[]][] = [];
  if (registry) found.push(["repository >= ? AND repository < ?", `${registry}/`, `${registry}0`]);
  if (search) found.push(["instr(repository, ?) > 0", search]);
  return all(found);
}

/** `docker/library/alpine` as registry and repository. */
export function splitRepository(name: string): [registry: string, repository: string] {
  const slash = name.indexOf("/");
  return [name.slice(0, slash), name.slice(slash + 1)];
}
