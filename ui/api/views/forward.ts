/** The forward proxy as the API tells of it. */
import type { LiveConfig } from "../../../proxy/config/live.ts";
import { describeProvenance } from "../../../proxy/config/provenance.ts";
import { fileState, fixedOrigin } from "../../../proxy/config/write.ts";
import { entryFor } from "../../../proxy/forward/hosts/refusal.ts";
import type { RefusedHost } from "../../../proxy/forward/hosts/refused_hosts.ts";
import type { Tunnel } from "../../../proxy/forward/tunnel/tunnels.ts";
import { ALLOWED_HOSTS } from "../forward_changes.ts";
import type { Forward } from "../schema/connect.ts";

/** What runs through the forward proxy, and what it refused. */
export interface ForwardState {
  tunnels(): Tunnel[];
  refused(): RefusedHost[];
}

/** Tunnels that are told of; thousands may be open. */
const SHOWN = 200;

/** What runs through the forward proxy, what it refused, and whether that can be changed here. */
export async function forwardView(live: LiveConfig, forward: ForwardState): Promise<Forward> {
  const { file, revision, writable, readOnlyReason } = await fileState(live);
  const open = forward.tunnels();
  const fixed = fixedOrigin(live.loaded, ALLOWED_HOSTS);
  return {
    listen: live.current.forward.listen,
    open: open.length,
    tunnels: open.slice(-SHOWN).reverse().map(tunnelView),
    refused: forward.refused().map(refusedView),
    file,
    revision,
    writable: writable && !fixed,
    readOnlyReason: fixed
      ? `forward.allowed_hosts comes from ${describeProvenance(fixed)}; change it there`
      : readOnlyReason,
  };
}

function tunnelView(tunnel: Tunnel): Forward["tunnels"][number] {
  return {
    id: String(tunnel.id),
    host: tunnel.host,
    port: tunnel.port,
    client: tunnel.client,
    user: tunnel.user,
    startedAt: tunnel.since,
    sentBytes: tunnel.up,
    receivedBytes: tunnel.down,
    intercepted: tunnel.kind === "interception",
  };
}

function refusedView(refused: RefusedHost): Forward["refused"][number] {
  const { host, port, reason, message, count, client, last } = refused;
  const entry = reason === "host" || reason === "port" ? entryFor({ host, port }, reason) : null;
  return { host, port, reason, message, entry, count, client, lastAt: last };
}
