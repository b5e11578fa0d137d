/** TCP ports of loopback that nobody gets by chance: the system hands out 32768 and above. */

/** Nothing listens here, and `fetch` does not refuse it by itself as it does 1, 7 or 9. */
export const CLOSED_PORT = 10;

const FIRST = 12_000;
const COUNT = 20_000;
const taken = new Set<number>();

/** A free TCP port, and no other's in this process; for programs that cannot say which they took. */
export function freePort(): number {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (taken.has(port) || !isFree(port)) continue;
    taken.add(port);
    return port;
  }
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}
