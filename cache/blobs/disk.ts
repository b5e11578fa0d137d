/**
 * Blobs in files: `blobs/<algorithm>/<first two hex digits>/<hex>`. A file is written under `tmp/`,
 * synced, and renamed to its place, so that whatever has a blob's name is complete.
 */
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseDigest, requireDigest } from "../digest.ts";
import type { BlobFile, BlobStore, BlobWriter, StoredBlob } from "./store.ts";

const PARTIAL_AGE = 24 * 3600e3;

class DiskFile implements BlobFile {
  readonly #file: Deno.FsFile;
  #position = 0;

  constructor(file: Deno.FsFile, readonly size: number) {
    this.#file = file;
  }

  /**
   * The stream is read outside of JavaScript, and nobody says when that is over. A shared lock ends
   * with the file that it is on, so that trying for an exclusive one tells.
   */
  readable(from: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#file.tryLockSync(false);
    if (from !== this.#position) this.#file.seekSync(from, Deno.SeekMode.Start);
    return this.#file.readable;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    if (at !== this.#position) await this.#file.seek(at, Deno.SeekMode.Start);
    const count = await this.#file.read(into) ?? 0;
    this.#position = at + count;
    return count;
  }

  readNow(into: Uint8Array, at: number): number {
    if (at !== this.#position) this.#file.seekSync(at, Deno.SeekMode.Start);
    const count = this.#file.readSync(into) ?? 0;
    this.#position = at + count;
    return count;
  }

  close(): void {
    this.#file.close();
  }
}

async function openFile(path: string): Promise<DiskFile> {
  const file = await Deno.open(path);
  try {
    return new DiskFile(file, (await file.stat()).size);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Makes the names in `path` durable; without it a rename may be lost with the power. */
async function syncDirectory(path: string): Promise<void> {
  using directory = await Deno.open(path);
  await directory.sync();
}

async function removeQuietly(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Renames before anybody else gets a turn; false where there is no such file. */
function moveNow(from: string, to: string): boolean {
  try {
    Deno.renameSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

class DiskWriter implements BlobWriter {
  readonly #file: Deno.FsFile;
  readonly #target: string;
  readonly #partial: string;
  #path: string;
  #renaming: Promise<void> | undefined;

  constructor(
    file: Deno.FsFile,
    paths: { temp: string; target: string; partial: string },
    size: number,
  ) {
    this.#file = file;
    this.#path = paths.temp;
    this.#target = paths.target;
    this.#partial = paths.partial;
    this.size = size;
  }

  size: number;

  async write(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      const count = await this.#file.write(rest);
      this.size += count;
      rest = rest.subarray(count);
    }
  }

  async open(): Promise<BlobFile> {
    try {
      return await openFile(this.#path);
    } catch (error) {
      if (!this.#renaming) throw error;
      await this.#renaming;
      return await openFile(this.#path);
    }
  }

  async commit(): Promise<void> {
    await this.#file.sync();
    const directory = dirname(this.#target);
    await Deno.mkdir(directory, { recursive: true });
    await this.#move(this.#target);
    this.#file.close();
    await syncDirectory(directory);
  }

  async keep(): Promise<void> {
    await this.#move(this.#partial);
    this.#file.close();
  }

  async abort(): Promise<void> {
    this.#file.close();
    await removeQuietly(this.#path);
  }

  async #move(to: string): Promise<void> {
    this.#renaming = Deno.rename(this.#path, to).then(() => {
      this.#path = to;
    });
    await this.#renaming;
  }
}

export class DiskStore implements BlobStore {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /**
   * Opens `dir`, which must not be in use by another process: what was being written by the last
   * one is removed, but for partials kept within the last day.
   * @param now Unix milliseconds
   */
  static async open(dir: string, now: number): Promise<DiskStore> {
    const store = new DiskStore(dir);
    await Deno.remove(join(dir, "tmp"), { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    for (const name of ["blobs", "tmp", "partial"]) {
      await Deno.mkdir(join(dir, name), { recursive: true, mode: 0o750 });
    }
    for await (const entry of Deno.readDir(join(dir, "partial"))) {
      const path = join(dir, "partial", entry.name);
      if (now - ((await Deno.stat(path)).mtime?.getTime() ?? 0) > PARTIAL_AGE) {
        await removeQuietly(path);
      }
    }
    return store;
  }

  async stat(digest: string): Promise<StoredBlob | undefined> {
    try {
      const { size, mtime } = await Deno.stat(this.#path(digest));
      return { digest, size, created: mtime?.getTime() ?? 0 };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  async open(digest: string): Promise<BlobFile | undefined> {
    try {
      return await openFile(this.#path(digest));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  fileOf(digest: string): string {
    const { algorithm, hex } = requireDigest(digest);
    return `${algorithm}/${hex.slice(0, 2)}/${hex}`;
  }

  async create(digest: string, { resume } = { resume: false }): Promise<BlobWriter> {
    const { algorithm, hex } = requireDigest(digest);
    const temp = join(this.dir, "tmp", crypto.randomUUID());
    const partial = join(this.dir, "partial", `${algorithm}-${hex}`);
    const resumed = resume && moveNow(partial, temp);
    const file = await Deno.open(temp, { read: true, write: true, create: true, mode: 0o640 });
    const size = resumed ? await file.seek(0, Deno.SeekMode.End) : 0;
    return new DiskWriter(file, { temp, target: this.#path(digest), partial }, size);
  }

  inUse(digest: string): boolean {
    try {
      using file = Deno.openSync(this.#path(digest));
      return !file.tryLockSync(true);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Large files take long to delete, so the name is taken away first. */
  async remove(digest: string): Promise<boolean> {
    const doomed = join(this.dir, "tmp", crypto.randomUUID());
    if (!moveNow(this.#path(digest), doomed)) return false;
    return await removeQuietly(doomed);
  }

  setAside(digest: string): () => Promise<BlobFile> {
    const { algorithm, hex } = requireDigest(digest);
    const path = join(this.dir, "damaged", `${algorithm}-${hex}`);
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    moveNow(this.#path(digest), path);
    return () => openFile(path);
  }

  /**
   * A directory's own time tells whether a file was added to it or taken from it, so only those
   * that changed since then are read.
   */
  async *list(changedSince = 0): AsyncIterable<StoredBlob> {
    for (const algorithm of ["sha256", "sha512"]) {
      for await (const directory of directories(join(this.dir, "blobs", algorithm))) {
        const changed = (await Deno.stat(directory)).mtime?.getTime() ?? Infinity;
        if (changed < changedSince) continue;
        const digests = (await Array.fromAsync(Deno.readDir(directory)))
          .map(({ name }) => `${algorithm}:${name}`)
          .filter((digest) => parseDigest(digest));
        const blobs = await Promise.all(digests.map((digest) => this.stat(digest)));
        for (const blob of blobs) if (blob) yield blob;
      }
    }
  }

  async space(): Promise<{ free: number; total: number }> {
    const { bavail, blocks, bsize } = await statfs(this.dir);
    return { free: bavail * bsize, total: blocks * bsize };
  }

  #path(digest: string): string {
    return join(this.dir, "blobs", this.fileOf(digest));
  }
}

async function* directories(path: string): AsyncIterable<string> {
  try {
    for await (const entry of Deno.readDir(path)) {
      if (entry.isDirectory) yield join(path, entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
