/** A store whose failures to give back what it holds have a type and a place. */
import { StorageError } from "../errors.ts";
import type { BlobFile, BlobStore } from "./store.ts";

/**
 * `store`, which keeps its blobs under `dir`, with a {@linkcode StorageError} in place of whatever it
 * throws when a blob is opened or read. What a writer throws stays as it is: a fill that cannot be
 * stored goes to its readers all the same, and needs to know why.
 */
export function reported(store: BlobStore, dir: string): BlobStore {
  const failed = (error: unknown): never => {
    throw error instanceof Error ? new StorageError("read stored content", dir, error) : error;
  };
  const reportedFile = (file: BlobFile): BlobFile => ({
    size: file.size,
    readable: (from) => file.readable(from),
    read: (into, at) => file.read(into, at).catch(failed),
    readNow(into, at) {
      try {
        return file.readNow(into, at);
      } catch (error) {
        return failed(error);
      }
    },
    close: () => file.close(),
  });
  return {
    stat: (digest) => store.stat(digest),
    async open(digest) {
      const file = await store.open(digest).catch(failed);
      return file && reportedFile(file);
    },
    fileOf: (digest) => store.fileOf(digest),
    create: (digest, options) => store.create(digest, options),
    inUse: (digest) => store.inUse(digest),
    remove: (digest) => store.remove(digest),
    setAside(digest) {
      const open = store.setAside(digest);
      return async () => reportedFile(await open().catch(failed));
    },
    list: (changedSince) => store.list(changedSince),
    space: () => store.space(),
  };
}
