/** Bringing the index in line with the files: after a crash a little, after a loss from nothing. */
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { IndexDamaged } from "../errors.ts";
import { Catalog } from "./catalog.ts";
import { MANIFEST_LIMIT, manifestType, referencesOf } from "../manifest.ts";
import { readFully } from "../blobs/read_fully.ts";
import type { BlobStore, StoredBlob } from "../blobs/store.ts";

export interface RebuildProgress {
  /** Blobs looked at so far, and their bytes. */
  blobs: number;
  bytes: number;
}

/** A blob committed just before a crash may carry a time a little earlier than the last note of time. */
const SLACK = 60e3;
const PROGRESS_EVERY = 500;
/** Blobs that are looked into at once, and recorded in one transaction. */
const BATCH = 100;
const SMALL = 256 * 1024;

/**
 * Opens the index in `dir`. A damaged one is put aside as `index.damaged`, and what can be found in
 * the files takes its place; tags and memberships are learnt anew from upstream. After a crash only
 * the places that changed since the last note of time are looked at.
 */
export async function openCatalog(
  dir: string,
  store: BlobStore,
  clock: Clock,
  progress: (progress: RebuildProgress) => void,
): Promise<Catalog> {
  const path = join(dir, "index.db");
  const existed = await Deno.stat(path).then(() => true, () => false);
  let catalog: Catalog;
  try {
    catalog = Catalog.open(path);
  } catch (error) {
    if (!(error instanceof IndexDamaged)) throw error;
    await putAside(path);
    catalog = Catalog.open(path);
    await adopt(catalog, store, 0, clock, progress);
    return catalog;
  }
  if (!existed) await adopt(catalog, store, 0, clock, progress);
  else if (!catalog.clean) {
    await adopt(catalog, store, catalog.recordedUntil - SLACK, clock, progress);
  }
  return catalog;
}

async function putAside(path: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) {
    await Deno.rename(path + suffix, path.replace(/\.db$/, `.damaged${suffix}`)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** Records blobs that have a file but no row, many at a time. */
async function adopt(
  catalog: Catalog,
  store: BlobStore,
  since: number,
  clock: Clock,
  progress: (progress: RebuildProgress) => void,
): Promise<void> {
  const seen = { blobs: 0, bytes: 0 };
  let batch: StoredBlob[] = [];
  const record = async () => {
    const contents = await Promise.all(batch.map((blob) => lookInto(store, blob)));
    catalog.transaction(() => {
      batch.forEach(({ digest, size, created }, at) => {
        const { mediaType, references } = contents[at]!;
        const times = { created, lastUsed: clock.now(), verified: 0 };
        catalog.addBlob({ digest, size, mediaType, ...times }, { references });
      });
    });
    batch = [];
  };
  for await (const blob of store.list(since)) {
    seen.blobs++;
    seen.bytes += blob.size;
    if (seen.blobs % PROGRESS_EVERY === 0) progress({ ...seen });
    if (catalog.blob(blob.digest)?.size === blob.size) continue;
    if (batch.push(blob) === BATCH) await record();
  }
  await record();
  if (seen.blobs > 0) progress({ ...seen });
}

/** What small content says of itself, when it is a manifest. */
async function lookInto(store: BlobStore, { digest, size }: StoredBlob) {
  const unknown = { mediaType: "", references: [] };
  if (size > Math.min(SMALL, MANIFEST_LIMIT)) return unknown;
  const file = await store.open(digest);
  if (!file) return unknown;
  try {
    const bytes = new Uint8Array(size);
    if (await readFully(file, bytes, 0) < size) return unknown;
    const mediaType = manifestType(bytes);
    return { mediaType, references: mediaType ? referencesOf(bytes) : [] };
  } finally {
    file.close();
  }
}
