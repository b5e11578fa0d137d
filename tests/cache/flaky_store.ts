/** A disk that can be full, read-only or worn out, as the test says. */
import { DiskStore } from "../../cache/blobs/disk.ts";
import type { BlobFile, BlobStore, BlobWriter, StoredBlob } from "../../cache/blobs/store.ts";

export class FlakyStore implements BlobStore {
  readonly #disk: DiskStore;
  /** Bytes that it still takes. */
  room = Infinity;
  readOnly = false;
  failCommit = false;
  /** Bytes of free space that it reports, more with what is removed; the disk's own where not set. */
  reportedFree: number | undefined;
  /** Reading at or past this byte of a file is an I/O error. */
  unreadableFrom = Infinity;
  /** Opening a file is refused, as where the disk was taken away or its permissions changed. */
  unreachable = false;

  private constructor(disk: DiskStore) {
    this.#disk = disk;
  }

  static async open(dir: string, now: number): Promise<FlakyStore> {
    return new FlakyStore(await DiskStore.open(dir, now));
  }

  stat(digest: string): Promise<StoredBlob | undefined> {
    return this.#disk.stat(digest);
  }

  async open(digest: string): Promise<BlobFile | undefined> {
    if (this.unreachable) throw refusal("EACCES", "Permission denied (os error 13)");
    const file = await this.#disk.open(digest);
    return file && this.#worn(file);
  }

  fileOf(digest: string): string | undefined {
    return this.#disk.fileOf(digest);
  }

  async create(digest: string, options?: { resume: boolean }): Promise<BlobWriter> {
    if (this.readOnly) throw refusal("EROFS", "Read-only file system (os error 30)");
    return this.#limited(await this.#disk.create(digest, options));
  }

  async remove(digest: string): Promise<boolean> {
    const size = (await this.#disk.stat(digest))?.size ?? 0;
    const removed = await this.#disk.remove(digest);
    this.room += size;
    if (this.reportedFree !== undefined) this.reportedFree += size;
    return removed;
  }

  inUse(digest: string): boolean {
    return this.#disk.inUse(digest);
  }

  setAside(digest: string): () => Promise<BlobFile> {
    const open = this.#disk.setAside(digest);
    return async () => this.#worn(await open());
  }

  list(changedSince?: number): AsyncIterable<StoredBlob> {
    return this.#disk.list(changedSince);
  }

  async space(): Promise<{ free: number; total: number }> {
    const { free, total } = await this.#disk.space();
    return { free: this.reportedFree ?? free, total };
  }

  #worn(file: BlobFile): BlobFile {
    const limit = this.unreadableFrom;
    if (limit === Infinity) return file;
    return {
      size: file.size,
      readable: (from) => file.readable(from),
      read: (into, at) => {
        if (at >= limit) return Promise.reject(refusal("EIO", "Input/output error (os error 5)"));
        return file.read(into.subarray(0, limit - at), at);
      },
      readNow: (into, at) => {
        if (at >= limit) throw refusal("EIO", "Input/output error (os error 5)");
        return file.readNow(into.subarray(0, limit - at), at);
      },
      close: () => file.close(),
    };
  }

  /** Writes what there is room for, then refuses: as a full disk does. */
  #limited(writer: BlobWriter): BlobWriter {
    const write = async (bytes: Uint8Array) => {
      const count = Math.min(bytes.length, this.room);
      await writer.write(bytes.subarray(0, count));
      this.room -= count;
      if (count < bytes.length) throw refusal("ENOSPC", "No space left on device (os error 28)");
    };
    return {
      get size() {
        return writer.size;
      },
      write,
      open: () => writer.open(),
      commit: () =>
        this.failCommit
          ? Promise.reject(refusal("EROFS", "Read-only file system"))
          : writer.commit(),
      keep: () => writer.keep(),
      abort: () => writer.abort(),
    };
  }
}

function refusal(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
