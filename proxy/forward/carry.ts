/** One connection of a client joined to one of a server, listed and reported while it lasts. */
import type { Context } from "./context.ts";
import { Relay, type RelayEnd } from "./tunnel/relay.ts";
import type { Tunnel } from "./tunnel/tunnels.ts";

/**
 * Copies bytes between `client` and `server` until both are done; `head` goes to the server first.
 * With `listed`, the connection is among {@linkcode Context.tunnels} meanwhile.
 */
export async function carry(
  context: Pick<Context, "clock" | "buffers" | "tunnels" | "emit" | "settings">,
  client: Deno.Conn,
  server: Deno.Conn,
  head: Uint8Array,
  listed?: Pick<Tunnel, "kind" | "host" | "port" | "client" | "user">,
): Promise<RelayEnd> {
  const { clock, buffers, tunnels, emit } = context;
  const { idleTimeout } = context.settings();
  const relay = new Relay(client, server, { clock, buffers, idleTimeout, head });
  const entry = listed && tunnels.add({ ...listed, since: clock.now() }, relay);
  if (entry) emit({ kind: "opened", tunnel: entry.tunnel });
  const end = await relay.run();
  if (entry) emit({ kind: "closed", tunnel: entry.end(), end });
  return end;
}
