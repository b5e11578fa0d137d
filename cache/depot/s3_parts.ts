/**
 * Storing in parts, for what is too large for one request:
 * <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>.
 */
import { readFully } from "../blobs/read_fully.ts";
import type { BlobFile } from "../blobs/store.ts";
import { hasherFor } from "../hash.ts";
import { DepotError } from "../errors.ts";
import type { NewObject } from "./depot.ts";

/** A part that has been stored. */
export interface UploadPart {
  /** From 1 on. */
  number: number;
  etag: string;
  /** In base64. */
  sha256: string;
}

/** The requests that it takes. */
interface PartCalls {
  signal: AbortSignal;
  /** Returns the upload's id. */
  begin(): Promise<string>;
  part(id: string, number: number, bytes: Uint8Array<ArrayBuffer>): Promise<UploadPart>;
  complete(id: string, parts: UploadPart[]): Promise<void>;
  abort(id: string): Promise<void>;
}

/**
 * Stores `file` in parts of `size` bytes, one after another. No checksum of a store's covers the
 * whole, so it is hashed here; nothing is stored where that is not the digest's, or anything fails.
 */
export async function uploadParts(
  { digest }: NewObject,
  file: BlobFile,
  size: number,
  calls: PartCalls,
): Promise<void> {
  const id = await calls.begin();
  try {
    const hasher = hasherFor(digest);
    const parts: UploadPart[] = [];
    for (let at = 0; at < file.size; at += size) {
      calls.signal.throwIfAborted();
      const bytes = new Uint8Array(Math.min(size, file.size - at));
      const count = await readFully(file, bytes, at);
      if (count < bytes.length) throw new DepotError("refused", "url", `${digest} ended early`);
      hasher.update(bytes);
      parts.push(await calls.part(id, parts.length + 1, bytes));
    }
    if (hasher.finish() !== digest) {
      throw new DepotError("refused", "url", `what was to be stored is not ${digest}`);
    }
    await calls.complete(id, parts);
  } catch (error) {
    await calls.abort(id).catch(() => {});
    throw error;
  }
}
