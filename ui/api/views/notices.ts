/** What an operator should know, in words, the worst first. */
import type { ReloadResult } from "../../../proxy/config/live.ts";
import { formatProblem } from "../../../proxy/config/problem.ts";
import { exposedRegistries } from "../../../proxy/config/exposure.ts";
import type { Config } from "../../../proxy/config/schema.ts";
import type { SharedOverlay } from "../../../proxy/config/write_place.ts";
import { formatSize } from "../../../base/units.ts";
import type { AcmeState } from "../../../proxy/acme/keeper.ts";
import type { CertificateEnd } from "../../../proxy/http/certificate_term.ts";
import type { CacheWatch } from "../../../proxy/observe/stats/cache_watch.ts";
import type { ClusterView, Notice, RegistryHealth, Storage } from "../schema/status.ts";
import { durationWords, plural, sentence } from "./words.ts";

export interface NoticeInputs {
  config: Config;
  registries: RegistryHealth[];
  storage: Storage;
  /** Null where this Berth is alone. */
  cluster: ClusterView | null;
  troubles: Pick<CacheWatch, "notStored" | "upkeep" | "damaged">;
  lastReload: ReloadResult | undefined;
  /** The overlay that cannot be used, and why; undefined where it can. */
  overlay: { file: string; problem: string } | undefined;
  /** How it stands with the one that several Berths share; undefined where this one is alone. */
  shared: Pick<SharedOverlay, "problem" | "differing"> | undefined;
  /** Keys whose new value waits for a restart. */
  pendingRestart: readonly string[];
  /** Why statistics could not be written; empty while they are. */
  statsError: string;
  /** When the certificate of the registry API ends; undefined where it has none. */
  certificate: CertificateEnd | undefined;
  /** How it stands with the one that Berth asks for; undefined where it asks for none. */
  acme: AcmeState | undefined;
  /** Unix milliseconds. */
  now: number;
}

const ORDER = ["error", "warning", "info"];

/** Everything that is wrong or worth knowing now; empty when all is well. */
export function notices(inputs: NoticeInputs): Notice[] {
  return [
    ...inputs.registries.flatMap((health) => [...registryNotices(health)]),
    ...storageNotices(inputs),
    ...depotNotices(inputs),
    ...clusterNotices(inputs),
    ...reloadNotices(inputs.lastReload),
    ...overlayNotices(inputs.overlay),
    ...sharedNotices(inputs),
    ...restartNotices(inputs.pendingRestart),
    ...exposureNotices(inputs.config),
    ...statsNotices(inputs.statsError),
    ...(inputs.acme ? acmeNotices(inputs.acme, inputs.now) : certificateNotices(inputs)),
  ].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

function* registryNotices({ name, state, text, since }: RegistryHealth): Generator<Notice> {
  const about = { id: `registry-${state}:${name}`, since, registry: name };
  const href = `/registries/${name}`;
  if (state === "failing") {
    const detail = `${text}. Images that are cached are still served; others fail until ` +
      `${name} answers again.`;
    const title = `${name} cannot be reached`;
    yield { ...about, severity: "error", title, detail, href };
  } else if (state === "refused") {
    const detail = `${text}. Check its user name, password or token.`;
    const title = `${name} rejects Berth's credentials`;
    yield { ...about, severity: "error", title, detail, href };
  } else if (state === "limited") {
    const gone = /^No pulls|^Rate limited/.test(text);
    const detail =
      "Berth serves cached content where it can. Logging in to the registry may raise the limit.";
    const severity = gone ? "error" : "warning";
    yield { ...about, severity, title: `${name}: ${text}`, detail, href };
  }
}

function* storageNotices({ storage, troubles }: NoticeInputs): Generator<Notice> {
  const { notStored, upkeep, damaged } = troubles;
  const base = { registry: "", href: "/cache?sort=lastUsed&order=asc" };
  if (notStored?.tooLarge) {
    const title = "Content is larger than the cache";
    const detail = `${notStored.message}. It is passed on, and downloaded again for each client. ` +
      "Raise cache.max_size.";
    const { since } = notStored;
    yield { ...base, id: "cache-not-stored", severity: "error", title, detail, since };
  } else if (notStored) {
    const title = notStored.diskFull ? "The disk is full" : "The cache cannot be written";
    const detail = `${notStored.message}. Pulls continue, but nothing new is cached. ` +
      (notStored.diskFull
        ? "Evict content you do not need, or lower cache.max_size."
        : "Check cache.dir, its owner and its file system.");
    const id = notStored.diskFull ? "disk-full" : "cache-not-stored";
    yield { ...base, id, severity: "error", title, detail, since: notStored.since };
  } else if (storage.disk && storage.disk.freeBytes < storage.minFreeBytes) {
    const { freeBytes, totalBytes } = storage.disk;
    const used = totalBytes > 0 ? Math.floor((1 - freeBytes / totalBytes) * 100) : 100;
    const title = `Disk ${used} % full${storage.evicting ? ", evicting" : ""}`;
    const detail = `${formatSize(freeBytes)} free; cache.min_free is ` +
      `${formatSize(storage.minFreeBytes)}. The least recently used content is evicted first.`;
    yield { ...base, id: "disk-low", severity: "warning", title, detail, since: null };
  }
  const latest = damaged.at(-1);
  if (latest) {
    const title = `${plural(damaged.length, "digest")} found damaged in the last day`;
    const detail =
      `The latest is ${latest.digest}. No damaged content was served: it is downloaded ` +
      "again when requested. If this continues, check the disk.";
    const href = "/cache/blobs";
    const id = "cache-damaged";
    yield { ...base, id, severity: "warning", title, detail, since: latest.at, href };
  }
  if (upkeep) {
    const title = "Cache maintenance failed";
    const { message: detail, since } = upkeep;
    yield { ...base, id: "cache-upkeep", severity: "warning", title, detail, since };
  }
}

/** Failures to put something there longer ago than this are history, or being tried again. */
const DEPOT_MS = 15 * 60e3;

function* depotNotices({ storage: { depot }, now }: NoticeInputs): Generator<Notice> {
  if (!depot) return;
  const { problem, queued, lastError } = depot;
  const base = { id: "depot", severity: "warning" as const, registry: "", href: "/cache" };
  if (problem) {
    const detail = `${problem}. Pulls continue, by way of the disk and the registries.`;
    yield { ...base, title: "The depot is not in use", detail, since: lastError?.at ?? null };
  } else if (queued > 0 && lastError && now - lastError.at < DEPOT_MS) {
    const title = `The depot fails; ${plural(queued, "blob")} not put there yet`;
    const detail = `${lastError.message}. It is tried again; pulls continue meanwhile.`;
    yield { ...base, title, detail, since: lastError.at };
  }
}

function* clusterNotices({ cluster }: NoticeInputs): Generator<Notice> {
  if (!cluster) return;
  const base = { severity: "warning" as const, registry: "", href: "/cache", since: null };
  if (cluster.problem) {
    const title = "This Berth is not in step with its cluster";
    const detail = `${sentence(cluster.problem)}. Pulls continue; what several Berths are asked ` +
      "for may be fetched by each of them.";
    yield { ...base, id: "cluster", title, detail };
  }
  for (const { id, address, problem } of cluster.peers) {
    if (!problem) continue;
    const title = `${id} and this Berth do not share downloads`;
    const detail = `${address}: ${problem}. Check cluster.advertise and cluster.secret.`;
    yield { ...base, id: `cluster:${id}`, title, detail };
  }
}

function* reloadNotices(reload: ReloadResult | undefined): Generator<Notice> {
  if (!reload || reload.ok) return;
  const [first] = reload.problems;
  yield {
    id: "reload-refused",
    severity: "error",
    title: "The changed configuration was rejected",
    detail: `${first ? formatProblem(first) : ""}. The previous configuration stays active.`.trim(),
    since: reload.at,
    registry: "",
    href: "/settings",
  };
}

function* sharedNotices({ shared, cluster }: NoticeInputs): Generator<Notice> {
  const base = { severity: "warning" as const, registry: "", href: "/settings", since: null };
  // Where the coordinator is away, the cluster's own notice says so.
  if (shared?.problem && !cluster?.problem) {
    const title = "Changes of other Berths may be missing here";
    yield { ...base, id: "overlay-shared", title, detail: `${sentence(shared.problem)}.` };
  }
  for (const { id, keys } of shared?.differing ?? []) {
    const title = `The configuration file of ${id} differs from this one's`;
    const detail = `${keys.join(", ")}. Give all Berths of the cluster the same file; what the ` +
      "dashboard has changed lies above each.";
    yield { ...base, id: `configuration-differs:${id}`, title, detail };
  }
}

function* overlayNotices(overlay: NoticeInputs["overlay"]): Generator<Notice> {
  if (!overlay?.problem) return;
  yield {
    id: "overlay",
    severity: "error",
    title: "Changes made in the dashboard are not active",
    detail: `${overlay.file} cannot be used: ${overlay.problem}. The configuration file alone ` +
      "counts. Mend it and reload, or drop it in Settings.",
    since: null,
    registry: "",
    href: "/settings",
  };
}

function* restartNotices(keys: readonly string[]): Generator<Notice> {
  if (keys.length === 0) return;
  const title = `Restart to apply ${
    keys.length === 1 ? keys[0] : `${keys.length} changed settings`
  }`;
  const detail = `Changed in the configuration and not active yet: ${keys.join(", ")}. ` +
    "Berth runs with the previous values until it is restarted.";
  const base = { since: null, registry: "", href: "/settings" };
  yield { ...base, id: "restart-pending", severity: "warning", title, detail };
}

/** Berth signs in with credentials of its own, and anyone who can reach it pulls with them. */
function* exposureNotices(config: Config): Generator<Notice> {
  const names = exposedRegistries(config);
  if (names.length === 0) return;
  yield {
    id: "private-exposed",
    severity: "warning",
    title: `Anyone who can reach Berth can pull private images of ${names.join(", ")}`,
    detail: "Berth signs in there with its own credentials but does not ask clients to sign in. " +
      "Set users or allowed_networks, or auth.mode: client for these registries; docs/private.md " +
      "tells how.",
    since: null,
    registry: names.length === 1 ? names[0]! : "",
    href: names.length === 1 ? `/registries/${names[0]}` : "/registries",
  };
}

function* statsNotices(error: string): Generator<Notice> {
  if (error === "") return;
  yield {
    id: "stats-not-written",
    severity: "warning",
    title: "Statistics cannot be written",
    detail: `${error}. They are kept in memory and written when that works again.`,
    since: null,
    registry: "",
    href: "",
  };
}

/** Those who renew certificates by themselves have done so by then. */
const RENEWED_MS = 14 * 24 * 3600e3;

function* certificateNotices({ certificate, now }: NoticeInputs): Generator<Notice> {
  if (!certificate || certificate.notAfter - now > RENEWED_MS) return;
  const left = certificate.notAfter - now;
  const over = left <= 0;
  yield {
    id: "certificate",
    severity: over ? "error" : "warning",
    title: over
      ? "The TLS certificate has expired"
      : `The TLS certificate expires in ${durationWords(left)}`,
    detail: `Clients refuse to connect with an expired one. Replace ${certificate.file}; Berth ` +
      "takes the new one without a restart.",
    since: null,
    registry: "",
    href: "/settings",
  };
}

/** One that fails the first time is tried again before anybody has to know. */
const SILENT_MS = 10 * 60e3;

/** Berth renews by itself: what is worth a word is that it cannot. */
function* acmeNotices(
  { domains, notAfter, next, problem, failingSince }: AcmeState,
  now: number,
): Generator<Notice> {
  if (problem === "" || failingSince === null) return;
  if (notAfter !== null && now - failingSince < SILENT_MS) return;
  const over = notAfter === null || notAfter <= now;
  const present = notAfter === null
    ? "Until there is one, clients refuse to connect."
    : over
    ? "The present one has expired, and clients refuse to connect."
    : `The present one is valid for another ${durationWords(notAfter - now)}.`;
  yield {
    id: "certificate",
    severity: over ? "error" : "warning",
    title: notAfter === null
      ? `No TLS certificate for ${domains.join(", ")}`
      : "The TLS certificate cannot be renewed",
    detail: `${problem}. ${present} Next attempt at ${
      new Date(next).toISOString().slice(11, 16)
    } UTC.`,
    since: failingSince,
    registry: "",
    href: "/settings",
  };
}
