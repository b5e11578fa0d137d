/** The certificate that Berth has issued for itself: what it is kept with, and what is counted. */
import { systemClock } from "../base/clock.ts";
import { AcmeKeeper, type Wanted } from "../proxy/acme/keeper.ts";
import type { AcmePeers } from "../proxy/acme/shared.ts";
import { acmeMetrics } from "../proxy/acme/metrics.ts";
import { registryCertificate } from "../proxy/config/certificates.ts";
import { type Config, parseListen } from "../proxy/config/schema.ts";
import { logger } from "../proxy/observe/log.ts";
import type { Metrics } from "../proxy/observe/metrics.ts";
import type { Cluster } from "./cluster.ts";

/**
 * Opens the port for challenges and sees to it that there is something to listen with, where a
 * certificate is asked for. Throws `ListenError`.
 */
export async function keepCertificate(
  config: Config,
  { metrics: { register }, cluster }: { metrics: Metrics; cluster: Cluster | undefined },
  started: AsyncDisposableStack,
): Promise<AcmeKeeper> {
  const tried = acmeMetrics(register, () => keeper.state);
  const keeper = new AcmeKeeper({
    clock: systemClock,
    log: logger("acme"),
    tried,
    peers: cluster && peersOf(cluster),
  });
  started.defer(() => keeper.close());
  await keeper.makeReady(wantedOf(config));
  return keeper;
}

function peersOf(cluster: Cluster): AcmePeers {
  const { memory, documents, acmeDuty: turn } = cluster;
  return {
    ...{ memory, documents, turn },
    tell: () => cluster.tellOthers("certificate", "certificate", null),
    onTold: (listener) => cluster.onTold("certificate", listener),
  };
}

/** What `config` asks for. */
export function wantedOf(config: Config): Wanted {
  const { tls: { acme }, public_url } = config;
  const url = URL.parse(public_url);
  const httpsPort = url?.protocol === "https:"
    ? Number(url.port || 443)
    : parseListen(config.listen)?.port ?? 443;
  return { acme, file: registryCertificate(config).cert_file, httpsPort };
}
