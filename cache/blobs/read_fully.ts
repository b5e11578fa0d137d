/** Reading a file in one piece: a single read may give less than was asked for. */
import type { BlobFile } from "./store.ts";

/** Fills `into` with bytes from `at` on. Returns how many there were: less only where the file ends. */
export async function readFully(
  file: Pick<BlobFile, "read">,
  into: Uint8Array,
  at: number,
): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const count = await file.read(into.subarray(done), at + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
