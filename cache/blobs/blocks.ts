/**
 * Pieces of content that is being read, or comes in: each is read once for all who want it and kept
 * for the next, within a number of bytes. Filling memory that was used before costs half of what new
 * memory does, so a block whose bytes nobody can see any more makes room for another.
 */
import { pagesFor } from "./pages.ts";

/** Loans that end between two calls to who looks after what they leave behind. */
const MANY_LOANS = 32;

/** Bytes of a block; the last one of some content is shorter. */
export const BLOCK = 2 ** 18;
/** What is begun up to this size has memory of its own, which goes with it. */
const SMALL = 2 ** 16;

/** A piece of some content. Its bytes stay what they are until it has been given back. */
export interface Block {
  readonly bytes: Uint8Array;
}

/** Fills a block's bytes, at once or later. */
export type Load = (into: Uint8Array) => Promise<void> | void;

class Held implements Block {
  /** The digest of the content, or what else it is called. */
  readonly name: string;
  readonly key: string;
  readonly buffer: Uint8Array;
  readonly bytes: Uint8Array;
  loans = 1;
  /** Somebody may see its bytes for ever: they must not change any more. */
  lost: boolean;
  counted: boolean;
  /** Resolves when the bytes are here; `undefined` once they are. */
  ready: Promise<Held> | undefined;

  constructor(name: string, key: string, buffer: Uint8Array, length: number) {
    this.name = name;
    this.key = key;
    this.buffer = buffer;
    this.bytes = buffer.subarray(0, length);
    this.counted = buffer.length === BLOCK;
    this.lost = !this.counted;
  }
}

export class Blocks {
  /** What the next who wants it finds. */
  readonly #filed = new Map<string, Held>();
  /** Those of them that are not lent, the least recently used first. */
  readonly #idle = new Set<Held>();
  readonly #spare: Uint8Array[] = [];
  #limit: number;
  /** Buffers that may be written to again, and those of lost blocks that are filed. */
  #count = 0;
  #asked = false;
  #begun = 0;
  #ended = 0;
  readonly #onManyEnded: (() => void) | undefined;

  /**
   * @param maxBytes Of all blocks together; more only while more is lent.
   * @param onManyEnded Called when many loans have ended, which is when memory may be garbage.
   */
  constructor(maxBytes: number, onManyEnded?: () => void) {
    this.#limit = Math.floor(maxBytes / BLOCK);
    this.#onManyEnded = onManyEnded;
  }

  /** How often something was asked for that was not here, since the start. */
  get begun(): number {
    return this.#begun;
  }

  /** True while more than the limit is held, as so much is lent at once. */
  get crowded(): boolean {
    return this.#count > this.#limit;
  }

  /** Bytes held. */
  get size(): number {
    return this.#count * BLOCK;
  }

  /**
   * The block `index` of `name`, `length` bytes long, by `load` where it is not here. It is lent
   * until {@linkcode giveBack} or {@linkcode writeOff}. Throws what `load` throws, to everyone who
   * waits for it; the next one tries again.
   */
  borrow(name: string, index: number, length: number, load: Load): Block | Promise<Block> {
    const found = this.#filed.get(keyOf(name, index));
    if (!found) return this.#load(this.#file(name, index, this.#buffer(), length), load);
    this.#asked = true;
    this.#idle.delete(found);
    found.loans++;
    return found.ready ?? found;
  }

  /**
   * A block to be filled by who asks for it, lent as by {@linkcode borrow}; others find it, too. Who
   * begins blocks of a name deletes that name in the end.
   */
  begin(name: string, index: number, length: number): Block {
    const buffer = length <= SMALL ? new Uint8Array(length) : this.#buffer();
    return this.#file(name, index, buffer, length);
  }

  /** The block `index` of `name`, where it is here, not lent. */
  peek(name: string, index: number): Block | undefined {
    return this.#filed.get(keyOf(name, index));
  }

  /** Ends a loan whose bytes nobody sees any more. */
  giveBack(block: Block): void {
    const held = block as Held;
    if (++this.#ended % MANY_LOANS === 0) this.#onManyEnded?.();
    if (--held.loans > 0) return;
    if (this.#isFiled(held)) this.#idle.add(held);
    else this.#release(held);
  }

  /** Ends a loan whose bytes somebody may still see: they will not be written over. */
  writeOff(block: Block): void {
    (block as Held).lost = true;
    this.giveBack(block);
  }

  /** Drops what is here of `name`; those who have it borrowed read on. */
  delete(name: string): void {
    for (const block of this.#filed.values()) if (block.name === name) this.#drop(block);
  }

  /** Changes the limit. */
  resize(maxBytes: number): void {
    this.#limit = Math.floor(maxBytes / BLOCK);
    this.trim();
  }

  /** Lets go of what is beyond the limit, and was needed while much was lent at once. */
  trim(): void {
    while (this.#count > this.#limit && this.#forgetOne());
  }

  /** Lets go of everything where nobody has asked for anything since the last call. */
  rest(): void {
    if (!this.#asked) { while (this.#forgetOne()); }
    this.#asked = false;
  }

  #file(name: string, index: number, buffer: Uint8Array, length: number): Held {
    this.#asked = true;
    this.#begun++;
    const block = new Held(name, keyOf(name, index), buffer, length);
    this.#filed.set(block.key, block);
    return block;
  }

  #load(block: Held, load: Load): Block | Promise<Block> {
    try {
      const loading = load(block.bytes);
      if (!loading) return block;
      block.ready = loading.then(() => {
        block.ready = undefined;
        return block;
      }, (error) => {
        this.#spoil(block);
        throw error;
      });
      return block.ready;
    } catch (error) {
      this.#spoil(block);
      throw error;
    }
  }

  /** Nobody gets it, and so nobody gives it back. */
  #spoil(block: Held): void {
    if (this.#isFiled(block)) this.#filed.delete(block.key);
    this.#uncount(block);
  }

  #isFiled(block: Held): boolean {
    return this.#filed.get(block.key) === block;
  }

  #buffer(): Uint8Array {
    while (this.#spare.length === 0 && this.#count >= this.#limit) {
      const [oldest] = this.#idle;
      if (!oldest) break;
      this.#drop(oldest);
    }
    const spare = this.#spare.pop();
    if (spare) return spare;
    this.#count++;
    return pagesFor(BLOCK);
  }

  /** Nobody finds it any more. */
  #drop(block: Held): void {
    this.#filed.delete(block.key);
    if (this.#idle.delete(block)) this.#release(block);
    else if (block.lost) this.#uncount(block);
  }

  /** Neither filed nor lent. */
  #release(block: Held): void {
    if (block.lost) this.#uncount(block);
    else this.#spare.push(block.buffer);
  }

  #uncount(block: Held): void {
    if (block.counted) this.#count--;
    block.counted = false;
  }

  /** False where everything that is here is lent. */
  #forgetOne(): boolean {
    if (this.#spare.length === 0) {
      const [oldest] = this.#idle;
      if (!oldest) return false;
      this.#drop(oldest);
    }
    if (this.#spare.pop()) this.#count--;
    return true;
  }
}

function keyOf(name: string, index: number): string {
  return `${name} ${index}`;
}
