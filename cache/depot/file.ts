/** A depot in a directory, which several machines may share. */
import { dirname, join } from "node:path";
import { readFully } from "../blobs/read_fully.ts";
import type { BlobFile } from "../blobs/store.ts";
import { DepotError } from "../errors.ts";
import { hasherFor } from "../hash.ts";
import type { SourceAnswer } from "../types.ts";
import {
  BLOBS,
  type Depot,
  digestAt,
  type ListedObject,
  type NewObject,
  type ObjectStat,
  placeOf,
  ROWS,
} from "./depot.ts";
import { MARKER, openPlace } from "./marker.ts";

const PIECE = 2 ** 20;
/** The media type lies beside the bytes; a depot's listing leaves these out. */
const TYPE = ".type";
/** What has not got its name yet. */
const PART = /^\.[0-9a-f-]{36}\.part$/;

export class FileDepot implements Depot {
  readonly #dir: string;
  readonly #clusters: readonly string[];

  /**
   * @param dir a directory that exists, empty or a depot already
   * @param clusters what stands for the lines of the cluster's secret, if there is one
   */
  constructor(dir: string, clusters: readonly string[] = []) {
    this.#dir = dir;
    this.#clusters = clusters;
  }

  open(): Promise<string> {
    const marker = join(this.#dir, MARKER);
    const place = {
      name: this.#dir,
      within: `file://${join(this.#dir, "berth")}`,
      read: () => orUndefined(Deno.readTextFile(marker)),
      write: (text: string) => this.#replace(marker, (path) => Deno.writeTextFile(path, text)),
      isEmpty: async () => {
        for await (const { name } of this.#entries("")) if (!PART.test(name)) return false;
        return true;
      },
    };
    return this.#reporting(() => openPlace(place, this.#clusters));
  }

  source(digest: string) {
    return (from: number): Promise<SourceAnswer> =>
      this.#reporting(async () => {
        const path = this.#path(digest);
        const mediaType = await orUndefined(Deno.readTextFile(path + TYPE)) ?? "";
        const file = await orUndefined(Deno.open(path));
        if (!file) throw new DepotError("gone", "url", `${digest} is not there`);
        const { size } = await file.stat();
        await file.seek(from, Deno.SeekMode.Start);
        return { offset: from, total: size, mediaType, body: file.readable };
      });
  }

  put(object: NewObject, open: () => Promise<BlobFile>, signal: AbortSignal): Promise<void> {
    return this.#reporting(async () => {
      const path = this.#path(object.digest);
      await Deno.mkdir(dirname(path), { recursive: true });
      if (object.mediaType) {
        await this.#replace(path + TYPE, (temp) => Deno.writeTextFile(temp, object.mediaType));
      }
      await this.#replace(path, (temp) => copy(object, open, temp, signal));
    }, signal);
  }

  stat(digest: string): Promise<ObjectStat | undefined> {
    return this.#reporting(async () => {
      const path = this.#path(digest);
      const found = await orUndefined(Deno.stat(path));
      if (!found) return undefined;
      const mediaType = await orUndefined(Deno.readTextFile(path + TYPE)) ?? "";
      return { size: found.size, mediaType, created: found.mtime?.getTime() ?? 0 };
    });
  }

  remove(digests: readonly string[]): Promise<void> {
    return this.#reporting(async () => {
      for (const digest of digests) {
        const path = this.#path(digest);
        await orUndefined(Deno.remove(path));
        await orUndefined(Deno.remove(path + TYPE));
      }
    });
  }

  async *list(signal: AbortSignal, after = ""): AsyncIterable<ListedObject> {
    for (const algorithm of await this.#names(BLOBS)) {
      for (const start of await this.#names(`${BLOBS}${algorithm}`)) {
        const dir = `${BLOBS}${algorithm}/${start}`;
        for (const name of await this.#names(dir)) {
          signal.throwIfAborted();
          const digest = digestAt(`${dir}/${name}`);
          const stat = digest && digest > after ? await this.stat(digest) : undefined;
          if (stat) yield { digest: digest!, size: stat.size, created: stat.created };
        }
      }
    }
  }

  writeRows(rows: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#reporting(async () => {
      const path = join(this.#dir, ROWS);
      await Deno.mkdir(dirname(path), { recursive: true });
      await this.#replace(path, (temp) => Deno.writeFile(temp, rows));
    });
  }

  readRows(): Promise<ReadableStream<Uint8Array> | undefined> {
    return this.#reporting(async () =>
      (await orUndefined(Deno.open(join(this.#dir, ROWS))))?.readable
    );
  }

  #path(digest: string): string {
    return join(this.#dir, placeOf(digest));
  }

  async #names(place: string): Promise<string[]> {
    return (await this.#reporting(() => Array.fromAsync(this.#entries(place), ({ name }) => name)))
      .sort();
  }

  async *#entries(place: string): AsyncIterable<Deno.DirEntry> {
    try {
      yield* Deno.readDir(join(this.#dir, place));
    } catch (error) {
      if (place === "" || !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** `path` has what `write` wrote, all of it or nothing. */
  async #replace(path: string, write: (temp: string) => Promise<void>): Promise<void> {
    const temp = join(dirname(path), `.${crypto.randomUUID()}.part`);
    try {
      await write(temp);
      await Deno.rename(temp, path);
    } catch (error) {
      await orUndefined(Deno.remove(temp));
      throw error;
    }
  }

  async #reporting<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof DepotError || !(cause instanceof Error)) throw cause;
      if (cause instanceof Deno.errors.NotFound) {
        const reason = `there is no directory ${this.#dir}`;
        throw new DepotError("settings", "url", reason, { cause });
      }
      const kind = cause instanceof Deno.errors.PermissionDenied ? "settings" : "away";
      throw new DepotError(kind, "url", `${this.#dir}: ${cause.message}`, { cause });
    }
  }
}

async function copy(
  { digest, size }: NewObject,
  open: () => Promise<BlobFile>,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const from = await open();
  const hasher = hasherFor(digest);
  try {
    using to = await Deno.open(path, { write: true, createNew: true });
    const buffer = new Uint8Array(Math.min(PIECE, Math.max(1, size)));
    for (let at = 0;;) {
      signal.throwIfAborted();
      const count = await readFully(from, buffer, at);
      if (count === 0) break;
      const piece = buffer.subarray(0, count);
      hasher.update(piece);
      for (let done = 0; done < count;) done += await to.write(piece.subarray(done));
      at += count;
    }
    await to.sync();
  } finally {
    from.close();
  }
  if (hasher.finish() !== digest) {
    throw new DepotError("refused", "url", `what was to be stored is not ${digest}`);
  }
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
