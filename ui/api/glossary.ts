/**
 * What `openapi.json` tells of properties and parameters that mean the same wherever the API has
 * them, and examples of bodies. What a name means in one place alone its schema says by `.openapi()`;
 * only of another component that stands there is it said here (`Schema.property`).
 */
interface Word {
  readonly description: string;
  readonly example?: unknown;
}

const DIGEST = "sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1";
const INSTANT = 1767225600000;

const word = (description: string, example?: unknown): Word =>
  example === undefined ? { description } : { description, example };

export const GLOSSARY: Readonly<Record<string, Word>> = {
  // What is asked of lists.
  from: word("Begin of the span.", INSTANT),
  limit: word("How many a page has.", 50),
  order: word("Ascending or descending."),
  page: word("Which page, from 1.", 1),
  sort: word("What the list is sorted by."),
  to: word("End of the span.", INSTANT + 3600e3),
  // What lists answer.
  items: word("What was asked for, in order."),
  total: word("How many there are on all pages.", 1),

  // Images and content.
  artifactType: word("What an artifact is, as its manifest says; empty for images."),
  blobs: word("How many blobs.", 7),
  bytes: word("Their size together.", 3623807),
  cached: word("Whether it is here."),
  config: word("The image's configuration; null for an index."),
  created: word("When it came into the cache.", INSTANT),
  digest: word("The digest of the content.", DIGEST),
  digests: word("Digests of content.", [DIGEST]),
  hits: word("How often the cache had the answer.", 12),
  images: word("Tags, or whole repositories."),
  lastUsed: word("When it was asked for last; null where it never was.", INSTANT),
  layers: word("The image's layers, lowest first."),
  manifests: word("The manifests of an index."),
  mediaType: word("Its media type.", "application/vnd.oci.image.manifest.v1+json"),
  pinned: word("Whether it is kept whatever its age.", false),
  pinnedBytes: word("Bytes of what is pinned.", 0),
  platform: word("Operating system, architecture and variant.", "linux/arm64/v8"),
  platforms: word("Operating systems and architectures.", ["linux/amd64"]),
  reference: word("The tag or digest that was asked for.", "3.22"),
  registries: word("Registries, by their names in the map."),
  registry: word("A registry, by its name in the map.", "docker"),
  repositories: word("How many repositories.", 3),
  repository: word("A repository, as its registry calls it.", "library/alpine"),
  repositoryCount: word("How many repositories that are in all.", 1),
  sharedBytes: word("Their size together.", 0),
  size: word("Its size.", 1024),
  tag: word("A tag; empty or left out: none.", "3.22"),
  tags: word("How many tags.", 1),

  // Requests.
  attempts: word("Each request to upstream that this one took, failed ones too."),
  at: word("When it was.", INSTANT),
  cache: word("How the cache answered; `none` where it was not asked."),
  clientName: word(
    "By reverse look-up, or as a trusted proxy says; empty where neither tells.",
    "",
  ),
  client: word("The client's address, behind trusted proxies its own.", "192.0.2.7"),
  durationMs: word("From the first byte of the request to the last of the answer.", 42),
  ended: word("How the answer ended; `handed over`: a web server sent it."),
  error: word("The code of the error; empty where there is none.", ""),
  firstByteMs: word("Until the first byte of the answer.", 3),
  id: word("Names it.", "b2f7c1"),
  kind: word("What was asked for.", "manifest"),
  message: word("What went wrong, in words; empty where nothing did.", ""),
  method: word("The HTTP method.", "GET"),
  ms: word("How long it took.", 42),
  path: word("The path of the request, without its query.", "/v2/library/alpine/manifests/3.22"),
  status: word("The HTTP status.", 200),
  text: word("In words."),
  time: word("When it began.", INSTANT),
  upstreamBytes: word("What upstream sent for it, until it ended.", 0),
  upstreamError: word("Why upstream could not be asked; empty where it could."),
  upstreamMs: word("Until upstream's headers came; 0 where it was not asked.", 0),
  upstreamStatus: word("The status that upstream answered with; 0 where it was not asked.", 0),
  user: word("Who signed in; empty where nobody did.", ""),
  userAgent: word("What the client calls itself.", "containerd/v2.1.4"),
  via: word("By which port: the registry's, or the forward proxy's, opened or plain."),

  // Figures.
  bytesFromCache: word("What clients got from the cache.", 3623807),
  bytesFromUpstream: word("What upstream sent.", 0),
  counters: word("What was counted."),
  members: word("Which Berths of the cluster the figures cover."),
  misses: word("Requests that upstream had to answer.", 3),
  now: word("The server's clock.", INSTANT),
  period: word("Which period, up to now.", "24h"),
  requests: word("Requests.", 120),
  series: word("A point for each step."),
  since: word("Since when; null where that is not known.", INSTANT),
  timeSavedMs: word("Waiting that the cache saved, an estimate from upstream's speed.", 1800),
  "Stats.previous": word("The same span just before; null where there are no figures."),
  "Stats.total": word("Everything in the span together."),

  // State.
  address: word("Where the others reach it.", "https://192.0.2.8:7000"),
  addresses: word("How clients can name it."),
  evicting: word("Whether content is being evicted."),
  freeBytes: word("Bytes that are free.", 68719476736),
  health: word("How it is doing."),
  lastError: word("What failed last; null where nothing did."),
  lastOk: word("When it answered last; null where it never did.", INSTANT),
  lastReload: word("How the last reload went."),
  measuredAt: word("When upstream said so.", INSTANT),
  memoryBytes: word("What is held in memory.", 67108864),
  notices: word("What an operator should know, the worst first."),
  objects: word("How many objects.", 7),
  peers: word("The others."),
  quota: word("Pulls that upstream grants; null where it does not say."),
  receivedBytes: word("Bytes received.", 0),
  remaining: word("How many pulls are left.", 88),
  sentBytes: word("Bytes sent.", 0),
  severity: word("How bad it is."),
  startedAt: word("When it began.", INSTANT),
  storage: word("What the disk and the memory hold."),
  totalBytes: word("How many bytes in all; null where that is not known.", 137438953472),
  version: word("The version of Berth.", "0.1.0"),

  "Status.cluster": word("The cluster; null where this Berth is alone."),
  "Storage.depot": word("The depot; null where there is none."),
  "Webhook.last": word("The last attempt; null before the first."),

  // Verification.
  checkedBlobs: word("How many were compared with their digests.", 7),
  checkedBytes: word("How many bytes were compared.", 3623807),
  finishedAt: word("When it ended; null while it runs or before the first.", INSTANT),
  running: word("Whether it runs."),
  totalBlobs: word("How many there are to compare.", 7),

  // Configuration.
  "Config.acme": word("The certificate by ACME; null where none is asked for."),
  after: word("The value since; empty where it is not set any more, or is secret."),
  aliases: word("Other names of the registry's host.", ["registry-1.docker.io"]),
  cause: word("Why it was read."),
  changes: word("What changed."),
  create: word("Whether the name must be new.", true),
  defaultRegistry: word("The registry of names that mention none.", "docker"),
  domainSuffix: word("`domain_suffix`.", ""),
  fields: word("What is wrong with which value."),
  file: word("The configuration file; empty where there is none.", "/etc/berth/config.yaml"),
  isDefault: word("Whether it is `default_registry`.", true),
  library: word("Whether names of one part are official images.", true),
  name: word("Its name.", "docker"),
  origin: word("Where it comes from."),
  pathNames: word("`path_names`: whether names may begin with a registry.", true),
  readOnlyReason: word("Why not, and what to do; empty where it can.", ""),
  repoPrefix: word("`repo_prefix` of the registry.", ""),
  revision: word("Of the configuration file, for `If-Match`.", "1f2d3c"),
  secret: word("Whether the value is never told.", false),
  settings: word("The settings."),
  tls: word("Whether the registry API is served over TLS.", true),
  writable: word("Whether the file can be written.", true),

  // The forward proxy.
  count: word("How often.", 2),
  forward: word("The forward proxy; null where it is off."),
  host: word("A host name.", "quay.io"),
  intercepted: word("Whether its TLS is opened.", false),
  lastAt: word("When it was last.", INSTANT),
  port: word("A port.", 443),
  refused: word("Hosts that were asked for and that clients do not reach."),

  // People and tokens.
  createdBy: word("Who made it; empty for one of the configuration.", "admin"),
  expired: word("Whether it is over.", false),
  lastFrom: word("The address that used it last.", "192.0.2.7"),
  password: word("The password."),
  scopes: word("What it is good for.", ["read", "cache"]),
  signedIn: word("Whether somebody is signed in.", true),
  token: word("The token. It is told once.", "berth_…"),
  username: word("The user's name; empty where nobody is signed in.", "admin"),

  // Clients and pulls.
  bypass: word("Why it is thought to bypass the mirror; null where it is not."),
  cachedBytes: word("What of that came from the cache.", 3623807),
  errors: word("Answers that failed: 5xx and 429.", 0),
  first: word("When it was seen first.", INSTANT),
  last: word("When it was seen last.", INSTANT),
  limited: word("The limit that refused it or slowed it down; empty where none did.", ""),
  pulls: word("Images asked for: the several requests of one pull count once.", 5),
  result: word("How it went."),

  // Pulls of Berth's own.
  allPlatforms: word("Whether every platform of an index is meant.", false),
  by: word("Who asked for it.", "admin"),
  came: word("What has come from upstream."),
  endedAt: word("When it ended; null while it runs.", INSTANT),
  here: word("What was in the cache already."),
  image: word("The image as the cache lists it.", "docker/library/alpine:3.22"),
  lacking: word("Platforms that were wanted and are not there."),
  left: word("What is still to come."),
  parts: word("Manifests and blobs."),
  received: word("Bytes that have come.", 0),
  referrers: word("Signatures, attestations, SBOMs and the like."),
  state: word("How far it is."),
  until: word("Until when it waits; null where it does not.", INSTANT),

  // An image and what its author says of it.
  annotations: word("Annotations of the manifest."),
  author: word("Who made it; empty where it does not say."),
  checkedAt: word("When upstream last confirmed the tag; null for digests.", INSTANT),
  cmd: word("The command, or the arguments of the entry point.", ["/bin/sh"]),
  command: word("The command of the step, shortened where it is very long."),
  comment: word("What the step says of itself; empty where it does not."),
  entrypoint: word("The program that is run."),
  env: word("Names of environment variables; not what they hold.", ["PATH"]),
  labels: word("Labels, by their authors."),
  layer: word("The layer that the step made; null where it made none."),
  parsed: word("What the config says; null where it cannot be read."),
  ports: word("Ports that it listens on.", ["80/tcp"]),
  samples: word("A sample a day."),
  stopSignal: word("The signal that stops it; empty where it does not say.", "SIGTERM"),
  subject: word("The digest of what it is about.", DIGEST),
  value: word("Its value."),
  volumes: word("Directories whose content outlives it."),
  workingDir: word("The directory that it runs in.", "/"),

  // An overlay, savings and sign-in by OpenID Connect.
  currency: word("The currency.", "EUR"),
  fileText: word("What the configuration file says; empty where it says nothing."),
  "OidcFinish.search": word("The query with which the identity provider sent the browser back."),
  "OidcStart.url": word("Where the browser goes to sign in."),
  overlay: word("Whether changes go to the overlay, since the file cannot be written.", false),
  perGb: word("What a gigabyte (1000³ bytes) costs.", 0.09),
  removed: word("Whether the file says it and it is taken away.", false),

  // The audit log.
  action: word("What was done.", "registry-change"),
  next: word("What to send as `before` for the next page; null at the end."),
  outcome: word("Whether it was done.", "done"),

  // Webhooks and tests.
  format: word("How events are written."),
  ok: word("Whether it went well.", true),
  step: word("Which step."),
  steps: word("Step by step."),

  // Problems.
  detail: word("What to do next.", "Look at `fields`."),
  title: word("What happened, in a few words.", "Invalid request"),

  // Of one part alone.
  "if-match": word(
    'The revision that the change is based on, `"abc"`: a file that changed since is a 409.',
  ),
  "Prefetch.learn": word("The tags that are pulled most, kept fresh."),
  "PrefetchLearn.totals": word("What that cost, and what it spared clients."),
  "PrefetchRule.last": word("How its last run ended; null before the first."),
  what: word("The image or pattern."),
  why: word("Why, in words."),
  pattern: word("The pattern as it was asked for."),

  // Parameters of paths and headers.
  "last-event-id": word("The `id` of the last event that was seen: what came since is told."),
};

const TAG = { registry: "docker", repository: "library/alpine", tag: "3.22" };
const CORP = { name: "corp", settings: { url: "https://registry.corp.example" } };

/** A body for each route that takes one. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  "POST /cache/evictions": { images: [TAG] },
  "POST /cache/evictions/plan": { images: [TAG] },
  "POST /cache/pins": { images: [TAG], pinned: true },
  "POST /cache/verify": { digests: [] },
  "POST /forward/allowed-hosts": { host: "quay.io", port: 443 },
  "POST /login": { username: "admin", password: "correct horse" },
  "POST /notices/{id}/mute": { until: null },
  "POST /oidc/finish": { search: "?code=abc&state=def" },
  "POST /oidc/start": {},
  "POST /policy/try": { rules: [{ action: "deny", platforms: ["windows/**"] }] },
  "POST /prefetch/preview": { images: ["quay.io/org/app:^1.27"] },
  "POST /prefetch/rules": { images: ["quay.io/org/app:^1.27"], every: "6h" },
  "POST /prefetch/run": { name: "quay.io/org/app:^1.27" },
  "PUT /prefetch/learn": { tags: 50, every: "15m" },
  "POST /pulls": { images: ["quay.io/org/app:1"] },
  "POST /registries": CORP,
  "POST /registries/preview": { ...CORP, create: true },
  "POST /registries/test": CORP,
  "POST /tokens": { name: "ci", scopes: ["read", "cache"] },
  "POST /trust/freeze": { image: "docker/library/alpine:3.22" },
  "POST /trust/release": { image: "docker/library/alpine:3.22" },
  "PUT /registries/{name}": CORP,
};
