/** A file that may be cut into parts (`out.tar.001`, `out.tar.002`, …), read and written as one. */
import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describeWriteError } from "../../base/atomic_file.ts";
import { describeReadError } from "../../base/read_error.ts";
import { BundleProblem } from "./problem.ts";

/** Bytes that are read at a time. */
const PIECE = 2 ** 18;
/** What is behind the name of a file that is not whole yet. */
const UNFINISHED = ".incomplete";

/** One file, or all of its parts in their order. */
export class Parts implements AsyncDisposable {
  readonly #parts: readonly { handle: FileHandle; from: number; size: number }[];
  /** Bytes of all of them. */
  readonly size: number;

  private constructor(parts: readonly { handle: FileHandle; from: number; size: number }[]) {
    this.#parts = parts;
    this.size = parts.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Opens the file of that name, or the parts of which `paths` names the first, all, or what they
   * are called without their numbers. Throws {@linkcode BundleProblem}.
   */
  static async open(paths: readonly string[]): Promise<Parts> {
    const parts: { handle: FileHandle; from: number; size: number }[] = [];
    let from = 0;
    try {
      for (const path of await filesOf(paths)) {
        const handle = await open(path).catch((error) => {
          throw new BundleProblem(`cannot read ${path}: ${describeReadError(error)}`);
        });
        const { size } = await handle.stat();
        parts.push({ handle, from, size });
        from += size;
      }
      return new Parts(parts);
    } catch (error) {
      for (const { handle } of parts) await handle.close();
      throw error;
    }
  }

  /** Up to `length` bytes from `at` on; fewer only at the end. */
  async read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const into = new Uint8Array(Math.max(0, Math.min(length, this.size - at)));
    for (let done = 0; done < into.length;) {
      const place = at + done;
      const part = this.#parts.findLast(({ from }) => from <= place)!;
      const within = place - part.from;
      const most = Math.min(into.length - done, part.size - within);
      const { bytesRead } = await part.handle.read(into, done, most, within);
      if (bytesRead === 0) throw new BundleProblem("the file got shorter while it was read");
      done += bytesRead;
    }
    return into;
  }

  /** `length` bytes from `from` on, as they are taken. */
  stream(from: number, length: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const end = from + length;
    let at = from;
    return new ReadableStream({
      pull: async (controller) => {
        if (at < end) {
          const piece = await this.read(at, Math.min(PIECE, end - at));
          at += piece.length;
          controller.enqueue(piece);
        }
        if (at >= end) controller.close();
      },
    }, { highWaterMark: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle } of this.#parts) await handle.close();
  }
}

/** Name and number of a part. */
const PART = /^(.+)\.(\d{3,})$/;

/** The files that `paths` mean, in their order. */
async function filesOf(paths: readonly string[]): Promise<string[]> {
  const [first] = paths as [string];
  if (paths.length > 1) {
    const bases = new Set(paths.map((path) => PART.exec(path)?.[1] ?? path));
    if (bases.size > 1) {
      throw new BundleProblem(`expected one bundle, or its parts; got ${[...bases].join(" and ")}`);
    }
  }
  const there = await stat(first).then(() => true, () => false);
  const base = PART.exec(first)?.[1] ?? (there ? undefined : first);
  if (base === undefined) return [first];
  const parts = await partsOf(base);
  // Other files end in a number, too.
  if (paths.length === 1 && there && parts[0]?.number !== 1) return [first];
  if (parts.length === 0) return [first];
  const missing = parts.findIndex(({ number }, index) => number !== index + 1);
  if (missing >= 0) {
    throw new BundleProblem(`${nameOf(base, missing + 1)} is missing: every part is needed`);
  }
  return parts.map(({ path }) => path);
}

async function partsOf(base: string): Promise<{ path: string; number: number }[]> {
  const dir = dirname(base);
  const names = await readdir(dir).catch(() => []);
  return names.flatMap((name) => {
    const [, stem, number] = PART.exec(name) ?? [];
    return stem === basename(base) ? [{ path: join(dir, name), number: Number(number) }] : [];
  }).sort((a, b) => a.number - b.number);
}

function nameOf(base: string, number: number): string {
  return `${base}.${String(number).padStart(3, "0")}`;
}

/** Removes what a process that was killed has left of `path`. */
async function removeUnfinished(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const whole = name.endsWith(UNFINISHED) && name.slice(0, -UNFINISHED.length);
    if (!whole || (PART.exec(whole)?.[1] ?? whole) !== basename(path)) continue;
    await rm(join(dirname(path), name));
  }
}

/** Writes a file, or parts of `limit` bytes, that get their names once they are whole. */
export class PartsWriter implements AsyncDisposable {
  readonly #path: string;
  readonly #limit: number;
  readonly #made: string[] = [];
  #handle: FileHandle | undefined;
  /** Bytes of the part that is being written. */
  #size = 0;
  #finished = false;

  /** @param limit bytes of a part; 0: the whole is one file */
  constructor(path: string, limit: number) {
    this.#path = path;
    this.#limit = limit;
  }

  /** Throws {@linkcode BundleProblem} for what the disk does not take. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        if (!this.#handle || (this.#limit > 0 && this.#size >= this.#limit)) await this.#next();
        const room = this.#limit > 0 ? this.#limit - this.#size : Infinity;
        const piece = bytes.subarray(done, done + Math.min(room, bytes.length - done));
        for (let at = 0; at < piece.length;) {
          at += (await this.#handle!.write(piece, at)).bytesWritten;
        }
        done += piece.length;
        this.#size += piece.length;
      }
    } catch (error) {
      throw new BundleProblem(`cannot write ${this.#path}: ${describeWriteError(error)}`);
    }
  }

  /** Gives everything its name, in place of what had it, and returns the names. */
  async finish(): Promise<string[]> {
    try {
      await this.#close();
      // A mixture of old and new parts must not have a first one.
      const old = (await partsOf(this.#path)).map(({ path }) => path);
      if (this.#limit > 0) { for (const path of old) await rm(path); }
      for (const name of this.#made.toReversed()) await rename(name + UNFINISHED, name);
      this.#finished = true;
      return [...this.#made];
    } catch (error) {
      throw new BundleProblem(`cannot write ${this.#path}: ${describeWriteError(error)}`);
    }
  }

  async #next(): Promise<void> {
    await this.#close();
    if (this.#made.length === 0) await removeUnfinished(this.#path);
    const name = this.#limit > 0 ? nameOf(this.#path, this.#made.length + 1) : this.#path;
    this.#handle = await open(name + UNFINISHED, "w", 0o644);
    this.#made.push(name);
    this.#size = 0;
  }

  async #close(): Promise<void> {
    await this.#handle?.sync();
    await this.#handle?.close();
    this.#handle = undefined;
  }

  /** Removes what did not get its name. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#finished) return;
    await this.#handle?.close();
    for (const name of this.#made) await rm(name + UNFINISHED, { force: true });
  }
}
