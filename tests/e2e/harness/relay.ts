/** A TCP relay that can stop in the middle of a transfer. */

export interface Relay extends AsyncDisposable {
  readonly port: number;
  /**
   * Passes on no more than `bytes` in one direction of each connection from now on; resolves when one
   * has come to that.
   */
  holdAfter(bytes: number, direction: "up" | "down"): Promise<void>;
  /** Passes everything on again. */
  release(): void;
}

/** Starts a relay to `port` of loopback. */
export function startRelay(port: number): Relay {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  let hold: { bytes: number; direction: "up" | "down"; reached: () => void } | undefined;
  let released = Promise.withResolvers<void>();

  async function pass(from: Deno.Conn, to: Deno.Conn, direction: "up" | "down"): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    let passed = 0;
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        passed += count;
        if (hold?.direction === direction && passed > hold.bytes) {
          hold.reached();
          await released.promise;
        }
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // One end is gone, and then the other.
    }
    for (const conn of [from, to]) {
      if (connections.delete(conn)) conn.close();
    }
  }

  async function serve(): Promise<void> {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
      if (!server) {
        client.close();
        continue;
      }
      connections.add(client).add(server);
      void pass(client, server, "up");
      void pass(server, client, "down");
    }
  }
  const serving = serve();

  return {
    port: listener.addr.port,
    holdAfter(bytes, direction) {
      const { promise, resolve } = Promise.withResolvers<void>();
      hold = { bytes, direction, reached: resolve };
      return promise;
    },
    release() {
      hold = undefined;
      released.resolve();
      released = Promise.withResolvers();
    },
    async [Symbol.asyncDispose]() {
      hold = undefined;
      released.resolve();
      listener.close();
      await serving;
      for (const conn of connections) conn.close();
      connections.clear();
    },
  };
}
