/** Large buffers, few and shared: thousands of quiet tunnels must not each hold one. */
export class LargeBuffers {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #out = 0;

  /**
   * @param size Bytes of a buffer.
   * @param limit How many exist at most.
   */
  constructor(readonly size = 256 * 2 ** 10, readonly limit = 128) {}

  /** A buffer, or `undefined` when all are in use. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#out >= this.limit) return undefined;
    this.#out++;
    return this.#free.pop() ?? new Uint8Array(this.size);
  }

  /** Takes a buffer back that {@linkcode take} gave out. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    this.#out--;
    this.#free.push(buffer);
  }
}
