/** Node streams as web streams. */
import type { Readable } from "node:stream";

/**
 * A Node stream as a byte stream. Chunks are copied, since Node's may share one slab. `failure`: what
 * its reader gets for an error of the stream.
 */
export function byteStream(
  body: Readable,
  failure: (error: unknown) => unknown = (error) => error,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  body.on("error", () => {}); // the reader gets it too; without a listener it would end the process
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { done, value } = await chunks.next().catch((error) => {
        throw failure(error);
      });
      if (!done) return controller.enqueue(new Uint8Array(value));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel() {
      body.destroy();
    },
  }, { highWaterMark: 0 });
}
