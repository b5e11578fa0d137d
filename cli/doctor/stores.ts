/** What Berth shares with others: the cluster's coordinator, and the depot. */
import { readFileSync } from "node:fs";
import { systemClock } from "../../base/clock.ts";
import { parseHostsUrl } from "../../base/hosts_url.ts";
import type { Config } from "../../proxy/config/schema.ts";
import type { Environment } from "../../proxy/upstream/proxies.ts";
import { type Finding, ok, problem } from "./finding.ts";

/** Milliseconds for everything that is asked of either. */
const LIMIT = 5_000;

/** Whether the coordinator answers; nothing where there is none. */
export async function clusterFindings({ url, ca_file }: Config["cluster"]): Promise<Finding[]> {
  if (url === "") return [];
  const { connect, reasonOf } = await import("../../cache/peers/connect.ts");
  const server = parseHostsUrl(url)!;
  const shown = server.hosts.map(({ host }) => host).join(", ");
  const ca = ca_file ? readFileSync(ca_file, "utf8") : undefined;
  const client = connect({ url: server, ca }, LIMIT);
  let last: unknown;
  client.on("error", (error) => last = error);
  try {
    const ready = Promise.withResolvers<void>();
    const cancel = systemClock.after(LIMIT, () => ready.reject(last ?? new Error("no answer")));
    client.once("ready", () => ready.resolve());
    await ready.promise.finally(cancel);
    await client.ping();
    return [ok("cluster.url", `the coordinator at ${shown} answers`)];
  } catch (error) {
    const next = "Check the address, the password and the firewall; Berth works alone meanwhile.";
    return [problem("cluster.url", `the coordinator at ${shown}: ${reasonOf(error)}`, next)];
  } finally {
    client.disconnect();
  }
}

/** Whether the depot can be asked for objects; nothing where there is none. */
export async function depotFindings({ cache }: Config, env: Environment): Promise<Finding[]> {
  const { url } = cache.depot;
  if (url === "") return [];
  const check = "cache.depot.url";
  try {
    const { lookAtDepot } = await import("../depot_look.ts");
    await lookAtDepot(cache.depot, env, AbortSignal.timeout(LIMIT));
    return [ok(check, `${url} answers`)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const next = "Check the bucket, its region and the keys; the disk's cache works without it.";
    return [problem(check, `${url}: ${reason}`, next)];
  }
}
