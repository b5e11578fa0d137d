/** The state of Berth in words and figures, with or without a dashboard that shows it. */
import { registryCertificate } from "../proxy/config/certificates.ts";
import type { Cache } from "../cache/api.ts";
import type { AcmeState } from "../proxy/acme/keeper.ts";
import type { LiveConfig } from "../proxy/config/live.ts";
import { CertificateTerm } from "../proxy/http/certificate_term.ts";
import type { ClusterFigures } from "../proxy/observe/cluster_metrics.ts";
import { NodeNames, type ReverseLookup } from "../proxy/observe/node_names.ts";
import { CacheWatch } from "../proxy/observe/stats/cache_watch.ts";
import type { Stats } from "../proxy/observe/stats/stats.ts";
import type { TrustBook } from "../proxy/trust/book.ts";
import type { QuotaBook } from "../proxy/upstream/quota.ts";
import type { Verdict } from "../proxy/upstream/watch/standing.ts";
import { Fleet, type Peers } from "./api/fleet.ts";
import { Present } from "./api/present.ts";
import { Verifier } from "./api/verifier.ts";
import { ClientsView } from "./api/views/clients.ts";

export interface StateDeps {
  live: LiveConfig;
  /** None: nothing is kept. */
  cache: Cache | undefined;
  /** What people decided about tags; none without a cache. */
  trust?: TrustBook | undefined;
  /** None: this one is alone. */
  cluster?: (() => ClusterFigures) | undefined;
  /** The way to the others; none where this one is alone. */
  peers?: Peers | undefined;
  stats: Stats;
  quotas: QuotaBook;
  /** What the watch holds of a registry. */
  standing: (registry: string) => Verdict | undefined;
  /** Asks the DNS what an address is called. */
  reverse: ReverseLookup;
  version: string;
  /** How it stands with a certificate by ACME; none is asked for where it is undefined. */
  acme?: (() => AcmeState | undefined) | undefined;
  /** Port of the registry API as bound. */
  registryPort: () => number;
  /** Requests being answered at the registry port. */
  active: () => number;
  /** Told of errors that are ours, for the log. */
  report: (error: unknown, path: string) => void;
  /** Unix milliseconds; the system's clock where absent. */
  now?: () => number;
}

/** What is known of the present, and the verification that runs. */
export interface State {
  present: Present;
  fleet: Fleet | undefined;
  clients: ClientsView;
  verifier: Verifier;
  certificate: CertificateTerm;
}

/** Begins to learn from the cache's events. */
export function createState({ now = Date.now, ...deps }: StateDeps): State {
  const { live, cache, report } = deps;
  const watch = new CacheWatch(now);
  cache?.onEvent(watch.observe);
  cache?.onEvent(deps.stats.storage.observe);
  const verifier = new Verifier({ now, report: (error) => report(error, "/cache/verify") });
  const certificate = new CertificateTerm(() => registryCertificate(live.current).cert_file, now);
  const verification = () => verifier.state;
  const fleet = deps.peers && new Fleet(deps.peers, now);
  const present = new Present({ ...deps, fleet, watch, certificate, verification, now });
  const which = () => live.current.clients.names;
  const names = new NodeNames({ lookup: deps.reverse, now, which });
  const clients = new ClientsView(deps.stats, names, () => live.current, now);
  return { present, fleet, clients, verifier, certificate };
}
