/** Accepts the clients of the forward port, up to the limit, and keeps accepting after an error. */
import { plainAddress } from "../http/origin.ts";
import type { Context } from "./context.ts";
import { serveConnection } from "./connection.ts";
import { Refusal } from "./hosts/refusal.ts";
import { hangUp } from "./wire/duplex.ts";
import { endWith, renderRefusal } from "./wire/reply.ts";

interface Clients {
  /** Settles when the listener is closed and every client has been served. */
  done(): Promise<void>;
  /** Closes the connections that are left. */
  hangUp(): void;
}

/** Milliseconds between two log lines that clients cannot be served. */
const LINE_EVERY = 10_000;
/** After an error such as too many open files. */
const PAUSE = 100;

/** Accepts clients until `listener` is closed. */
export function acceptAll(listener: Deno.TcpListener, context: Context): Clients {
  const { clock, emit, limits, dialing: { over } } = context;
  const busy = new Refusal("busy", `there are ${limits.connections} connections already`);
  const serving = new Map<Deno.TcpConn, Promise<void>>();
  let lastLine = -Infinity;

  function warn(message: string): void {
    if (clock.now() - lastLine < LINE_EVERY) return;
    lastLine = clock.now();
    emit({ kind: "warning", message });
  }

  function serve(client: Deno.TcpConn): Promise<void> {
    if (serving.size >= limits.connections) {
      warn(`the forward proxy turns clients away: ${busy.message}`);
      emit({ kind: "refused", client: plainAddress(client.remoteAddr.hostname), refusal: busy });
      return endWith(client, renderRefusal(busy), clock);
    }
    client.setNoDelay();
    return serveConnection(context, client);
  }

  async function run(): Promise<void> {
    while (!over.aborted) {
      try {
        const client = await listener.accept();
        serving.set(client, serve(client).finally(() => serving.delete(client)));
      } catch (error) {
        if (isClosed(error)) return;
        warn(`the forward proxy cannot accept clients: ${String(error)}`);
        await clock.delay(PAUSE, over).catch(() => {});
      }
    }
  }

  const running = run();
  return {
    async done() {
      await running;
      await Promise.all(serving.values());
    },
    hangUp() {
      for (const client of serving.keys()) hangUp(client);
    },
  };
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}
