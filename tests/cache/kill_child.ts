/**
 * Fills the cache in the directory it is given until it is killed, and prints the digest of each
 * blob once the cache says that it is stored. `deno run kill_child.ts DIR SEED`
 */
import { openCache } from "../../cache/cache.ts";
import { blob, bytesOf, sourceOf, until } from "./support.ts";

const [dir, seed] = Deno.args as [string, string];
const cache = await openCache({ dir, minFree: 0, scrubRate: 0 });
const encoder = new TextEncoder();

async function fillForever(lane: number): Promise<void> {
  for (let n = 0;; n++) {
    const number = Number(seed) + lane * 1000 + n;
    const { bytes, digest } = blob(number * 7919 % 2_000_000, number + 1);
    const stored = n % 3 === 0
      ? cache.put(digest, bytes, "a/b", "r/x")
      : cache.fill(digest, sourceOf(bytes).source, { repository: "r/x" })
        .then(({ body }) => bytesOf(body));
    await stored;
    await until(() => cache.look(digest, "").stored && cache.linked("r/x", digest));
    // In one write: a line is there whole or not at all.
    Deno.stdout.writeSync(encoder.encode(`${digest}\n`));
  }
}

await Promise.all([0, 1, 2].map(fillForever));
