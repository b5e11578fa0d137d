/** Waiting for other processes, with a deadline and nothing left to luck. */

/**
 * Asks `probe` every 20 ms until it says true. Throws, naming `what`, after `deadline` milliseconds;
 * an error of the probe's own ends the wait at once.
 */
export async function until(
  what: string,
  probe: () => boolean | Promise<boolean>,
  deadline = 20_000,
): Promise<void> {
  const end = performance.now() + deadline;
  while (!await probe()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${deadline} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether a GET of `url` is answered at all; with `statuses`, by one of these. */
export async function answers(
  url: string,
  options: { statuses?: number[]; client?: Deno.HttpClient } = {},
): Promise<boolean> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      ...(options.client && { client: options.client }),
    });
    await response.body?.cancel();
    return options.statuses?.includes(response.status) ?? true;
  } catch {
    return false;
  }
}

/** Whether something listens on a TCP port of loopback. */
export async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/** An address of loopback that is nobody else's, for a program that has to have a certain port. */
export function loopbackAddress(): string {
  const [a = 0, b = 0, c = 0] = crypto.getRandomValues(new Uint8Array(3));
  return `127.${1 + a % 254}.${b}.${1 + c % 254}`;
}
