/**
 * All rows that several Berths have in common, as they are somewhere: lines of JSON, compressed, with
 * a signature at the end. Not a database file: another version reads what it knows of it, and nobody
 * opens a database that somebody else has made.
 */
import type { Change, RowSnapshot } from "../change.ts";
import type { Seal } from "./message.ts";

const VERSION = 1;

/** `snapshot` as gzip. It is disposed of once that has been read, or is not wanted. */
export function packed(snapshot: RowSnapshot, seal: Seal): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(lines(snapshot, seal))
    .pipeThrough(new TextEncoderStream())
    .pipeThrough(new CompressionStream("gzip"));
}

async function* lines(snapshot: RowSnapshot, seal: Seal): AsyncGenerator<string> {
  using rows = snapshot;
  let signed = seal.sign(JSON.stringify({ v: VERSION, id: rows.id }));
  yield `${JSON.stringify({ v: VERSION, id: rows.id })}\n`;
  for (const batch of rows.changes) {
    const line = JSON.stringify(batch);
    signed = seal.sign(signed + line);
    yield `${line}\n`;
    // Others are to be answered between two pieces.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  yield `${JSON.stringify({ end: signed })}\n`;
}

/** A snapshot that has been opened somewhere; read it to its end, or cancel it. */
export class Packed {
  readonly #lines: AsyncGenerator<string, undefined>;
  readonly #seal: Seal;
  readonly #head: string;
  /** Up to where changes had been applied where it was made; `undefined` where none were. */
  readonly id: string | undefined;

  private constructor(lines: AsyncGenerator<string, undefined>, seal: Seal, head: string) {
    this.#lines = lines;
    this.#seal = seal;
    this.#head = head;
    this.id = (JSON.parse(head) as { id?: string }).id;
  }

  /** Opens what {@linkcode packed} has made; `undefined` where it is of another version. */
  static async open(stream: ReadableStream<Uint8Array>, seal: Seal): Promise<Packed | undefined> {
    const lines = unpacked(stream);
    const head = (await lines.next()).value ?? "{}";
    const { v } = JSON.parse(head) as { v?: number };
    if (v === VERSION) return new Packed(lines, seal, head);
    await lines.return(undefined);
    return undefined;
  }

  /** Every row. Throws where it is not all there, or not from who has the secret. */
  async changes(): Promise<Change[]> {
    const all: Change[] = [];
    let signed = this.#seal.sign(this.#head);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error("the snapshot has no end");
      const line = JSON.parse(value) as Change[] | { end: string };
      if (!Array.isArray(line)) {
        await this.cancel();
        if (line.end === signed) return all;
        throw new Error("the snapshot is not of this cluster");
      }
      signed = this.#seal.sign(signed + value);
      for (const change of line) all.push(change);
    }
  }

  async cancel(): Promise<void> {
    await this.#lines.return(undefined);
  }
}

async function* unpacked(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const text = (stream as ReadableStream<Uint8Array<ArrayBuffer>>)
    .pipeThrough(new DecompressionStream("gzip"))
    .pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const piece of text) {
    const found = (rest + piece).split("\n");
    rest = found.pop()!;
    yield* found;
  }
  return undefined;
}
