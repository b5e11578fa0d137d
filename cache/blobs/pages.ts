/**
 * Memory for content in large pieces, straight from the system and back to it as soon as nobody has
 * it any more. Ordinary buffers come from the allocator's heap: what is freed there stays with the
 * process where something small was put behind it meanwhile, which comes to hundreds of megabytes
 * after a busy time. Buffers that could be resized have pages of their own.
 */
export function pagesFor(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }), 0, bytes);
}
