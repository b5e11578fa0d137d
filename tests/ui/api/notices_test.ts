import assert from "node:assert/strict";
import { configSchema } from "../../../proxy/config/schema.ts";
import { type NoticeInputs, notices } from "../../../ui/api/views/notices.ts";
import { statusText } from "../../../ui/api/views/status.ts";
import type { RegistryHealth } from "../../../ui/api/schema/status.ts";
import { NOTICE_EVENTS } from "../../../proxy/config/webhook_events.ts";
import { kindOf } from "../../../proxy/notify/notice.ts";
import { idleStatus } from "../../fake/present.ts";

const url = "https://registry.example.com";

function inputs(fields: Partial<NoticeInputs> = {}): NoticeInputs {
  return {
    config: configSchema.parse({ registries: { docker: { url } } }),
    registries: [],
    storage: idleStatus.storage,
    cluster: null,
    troubles: { notStored: undefined, upkeep: undefined, damaged: [] },
    lastReload: undefined,
    overlay: undefined,
    shared: undefined,
    pendingRestart: [],
    statsError: "",
    certificate: undefined,
    acme: undefined,
    now: 1000,
    ...fields,
  };
}

function health(fields: Partial<RegistryHealth>): RegistryHealth {
  return {
    name: "docker",
    state: "ok",
    text: "Reachable",
    since: null,
    lastOk: 1,
    latencyMs: null,
    quota: null,
    ...fields,
  };
}

const told = (fields: Partial<NoticeInputs>) =>
  notices(inputs(fields)).map(({ severity, id, title }) => `${severity} ${id}: ${title}`);

Deno.test("notices, nothing to say when all is well", () => {
  assert.deepEqual(notices(inputs({ registries: [health({})] })), []);
});

Deno.test("notices, registries: unreachable, refused, out of pulls", () => {
  const registries = [
    health({ name: "docker", state: "limited", text: "9 pulls left" }),
    health({ name: "quay", state: "failing", text: "The connection was refused", since: 7 }),
    health({ name: "ghcr", state: "refused", text: "It refused the configured sign-in" }),
    health({ name: "mcr", state: "limited", text: "No pulls left, resets in 5 h" }),
  ];
  assert.deepEqual(told({ registries }), [
    "error registry-failing:quay: quay cannot be reached",
    "error registry-refused:ghcr: ghcr rejects Berth's credentials",
    "error registry-limited:mcr: mcr: No pulls left, resets in 5 h",
    "warning registry-limited:docker: docker: 9 pulls left",
  ]);
  const [first] = notices(inputs({ registries }));
  assert.deepEqual([first?.since, first?.registry, first?.href], [7, "quay", "/registries/quay"]);
  assert.match(first!.detail, /connection was refused.*still served/i);
});

Deno.test("notices, the cache: disk full, not writable, low, damaged, upkeep", () => {
  const troubles = inputs().troubles;
  const notStored = { since: 5, message: "no space left on device", diskFull: true };
  assert.deepEqual(told({ troubles: { ...troubles, notStored } }), [
    "error disk-full: The disk is full",
  ]);
  assert.deepEqual(
    told({ troubles: { ...troubles, notStored: { ...notStored, diskFull: false } } }),
    [
      "error cache-not-stored: The cache cannot be written",
    ],
  );
  const tooLarge = { ...notStored, message: "9 GiB are more", diskFull: false, tooLarge: true };
  const [large] = notices(inputs({ troubles: { ...troubles, notStored: tooLarge } }));
  assert.deepEqual([large?.id, large?.title], [
    "cache-not-stored",
    "Content is larger than the cache",
  ]);
  assert.match(large!.detail, /Raise cache\.max_size/);
  const storage = {
    ...idleStatus.storage,
    minFreeBytes: 10,
    evicting: true,
    disk: { totalBytes: 100, freeBytes: 4 },
  };
  assert.deepEqual(told({ storage }), ["warning disk-low: Disk 96 % full, evicting"]);
  const damaged = [{ at: 5, digest: "sha256:ab" }];
  const upkeep = { since: 5, message: "making room: read-only file system" };
  assert.deepEqual(told({ troubles: { ...troubles, damaged, upkeep } }), [
    "warning cache-damaged: 1 digest found damaged in the last day",
    "warning cache-upkeep: Cache maintenance failed",
  ]);
});

Deno.test("notices, the depot: not in use, failing, and what is history", () => {
  const depot = {
    ...{ problem: "", bytes: 1, objects: 1, maxBytes: 9, queued: 2 },
    lastError: { at: 1000, message: "cache.depot.endpoint: it answered 503" },
  };
  const with_ = (fields: object, now = 2000) => ({
    storage: { ...idleStatus.storage, depot: { ...depot, ...fields } },
    now,
  });
  const problem = "cache.depot.url: there is no such bucket";
  assert.deepEqual(told(with_({ problem })), ["warning depot: The depot is not in use"]);
  assert.deepEqual(told(with_({})), ["warning depot: The depot fails; 2 blobs not put there yet"]);
  const [notice] = notices(inputs(with_({})));
  assert.match(notice!.detail, /^cache\.depot\.endpoint: it answered 503\. It is tried again/);
  assert.deepEqual(told(with_({ queued: 0 })), []);
  assert.deepEqual(told(with_({ lastError: null })), []);
  assert.deepEqual(told(with_({}, 3600e3)), []);
});

Deno.test("notices, a refused configuration and statistics that are not kept", () => {
  const lastReload = {
    ok: false,
    reason: "file changed" as const,
    by: "",
    at: 5,
    changes: [],
    warnings: [],
    problems: [{ key: "cache.max_size", message: 'found "32x"' }],
  };
  const found = notices(inputs({ lastReload, statsError: "database is locked" }));
  assert.deepEqual(found.map(({ id }) => id), ["reload-refused", "stats-not-written"]);
  assert.match(found[0]!.detail, /cache\.max_size: found "32x"/);
});

Deno.test("notices, several Berths: a file that differs names its keys, and what is not shared why", () => {
  const differing = [{ id: "berth-2", keys: ["registries.lab", "prefetch"] }];
  const found = notices(inputs({ shared: { problem: "another secret sealed it", differing } }));
  assert.deepEqual(found.map(({ id, title }) => [id, title]), [
    ["overlay-shared", "Changes of other Berths may be missing here"],
    ["configuration-differs:berth-2", "The configuration file of berth-2 differs from this one's"],
  ]);
  assert.match(found[1]!.detail, /^registries\.lab, prefetch\. /);
});

Deno.test("notices, credentials that everybody may use", () => {
  const secret = { username: "robot", password: "hidden" };
  const config = (input: object) =>
    configSchema.parse({ registries: { docker: { url, auth: secret } }, ...input });
  const [notice] = notices(inputs({ config: config({}) }));
  assert.equal(notice?.id, "private-exposed");
  assert.doesNotMatch(JSON.stringify(notice), /hidden/);
  assert.deepEqual(told({ config: config({ listen: "127.0.0.1:8080" }) }), []);
  assert.deepEqual(told({ config: config({ users: { ann: "hash" } }) }), []);
  assert.deepEqual(told({ config: config({ allowed_networks: ["10.0.0.0/8"] }) }), []);
});

Deno.test("notices, a certificate that is about to expire, and one that has", () => {
  const day = 24 * 3600e3;
  const certificate = { file: "/etc/berth/tls.pem", notAfter: 100 * day };
  assert.deepEqual(told({ certificate, now: 85 * day }), []);
  assert.deepEqual(told({ certificate, now: 94 * day }), [
    "warning certificate: The TLS certificate expires in 6 d",
  ]);
  assert.deepEqual(told({ certificate, now: 100 * day }), [
    "error certificate: The TLS certificate has expired",
  ]);
  assert.match(notices(inputs({ certificate, now: 99 * day }))[0]!.detail, /tls\.pem/);
});

Deno.test("notices, webhooks know every kind of them, and no other", () => {
  const states = (["failing", "refused", "limited"] as const).map((state) => health({ state }));
  const auth = { username: "robot", password: "hidden" };
  const disk = { totalBytes: 100, freeBytes: 4 };
  const depot = {
    problem: "away",
    bytes: 0,
    objects: 0,
    maxBytes: 0,
    queued: 0,
    lastError: null,
  };
  const counts = { shared: 0, sentBytes: 0, receivedBytes: 0 };
  const cluster = { problem: "away", id: "", address: "", peers: [], ...counts };
  const everything: NoticeInputs = {
    config: configSchema.parse({ registries: { docker: { url, auth } } }),
    registries: states,
    storage: { ...idleStatus.storage, minFreeBytes: 10, disk, depot },
    cluster,
    troubles: {
      notStored: undefined,
      upkeep: { since: 1, message: "" },
      damaged: [{ at: 5, digest: "sha256:ab" }],
    },
    pendingRestart: ["listen"],
    lastReload: {
      ok: false,
      reason: "SIGHUP",
      by: "",
      at: 5,
      changes: [],
      warnings: [],
      problems: [],
    },
    statsError: "locked",
    acme: undefined,
    overlay: { file: "/data/overlay.yaml", problem: "broken" },
    shared: { problem: "sealed", differing: [{ id: "berth-2", keys: ["prefetch"] }] },
    certificate: { file: "", notAfter: 0 },
    now: 1,
  };
  const full = [true, false].map((diskFull) => ({
    ...everything,
    troubles: { ...everything.troubles, notStored: { since: 1, message: "", diskFull } },
  }));
  const reached = { ...everything, cluster: { ...cluster, problem: "" } };
  const kinds = new Set([everything, reached, ...full].flatMap(notices).map(kindOf));
  assert.deepEqual([...kinds].sort(), [...NOTICE_EVENTS].sort());
});

Deno.test("statusText, the worst first", () => {
  const registries = [health({ state: "failing", text: "It timed out" })];
  assert.equal(
    statusText(notices(inputs({ registries, statsError: "locked" })), registries),
    "docker cannot be reached (+1 more problem)",
  );
  assert.equal(statusText([], [health({}), health({ name: "quay" })]), "All registries reachable");
  assert.equal(statusText([], [health({ state: "idle" })]), "Ready; nothing pulled yet");
  const offline = health({ name: "quay", state: "offline" });
  assert.equal(statusText([], [health({}), offline]), "docker is reachable, 1 set to offline");
  assert.equal(statusText([], [offline]), "Ready; 1 set to offline");
  const muted = health({ name: "ghcr", state: "failing" });
  assert.equal(
    statusText([], [health({}), health({ name: "mcr" }), offline, muted]),
    "2 registries reachable, 1 set to offline, 1 muted",
  );
});

Deno.test("notices, the cluster: nobody to ask, and others that are not reached", () => {
  const peer = { id: "b-1", address: "b:8082", version: "1", since: 0, problem: "", seen: 0 };
  const cluster = {
    problem: "",
    id: "a-1",
    address: "a:8082",
    peers: [peer],
    shared: 0,
    sentBytes: 0,
    receivedBytes: 0,
  };
  assert.deepEqual(told({ cluster }), []);
  const problem = "the coordinator does not answer (connect ECONNREFUSED): check cluster.url";
  const away = { ...cluster, problem };
  assert.deepEqual(told({ cluster: away }), [
    "warning cluster: This Berth is not in step with its cluster",
  ]);
  const [notice] = notices(inputs({ cluster: away }));
  assert.match(notice!.detail, /^The coordinator does not answer .*cluster\.url\. Pulls continue/);
  const lost = { ...cluster, peers: [{ ...peer, problem: "cannot be reached" }] };
  assert.deepEqual(told({ cluster: lost }), [
    "warning cluster:b-1: b-1 and this Berth do not share downloads",
  ]);
});

Deno.test("notices, a certificate by ACME: its absence at once, a renewal that fails after a while", () => {
  const day = 24 * 3600e3;
  const now = 100 * day;
  const acme = {
    domains: ["berth.example.com"],
    directory: "https://acme.example/dir",
    notAfter: now + 20 * day as number | null,
    next: now + 5 * 60e3,
    problem: "acme.example: DNS problem",
    failingSince: now - 3600e3 as number | null,
  };
  const certificate = { file: "/data/acme/acme.example.pem", notAfter: now + day };
  const tell = (fields: Partial<typeof acme>) =>
    told({ acme: { ...acme, ...fields }, certificate, now });
  assert.deepEqual(tell({ problem: "", failingSince: null }), []);
  assert.deepEqual(tell({ failingSince: now - 60e3 }), []);
  assert.deepEqual(tell({}), ["warning certificate: The TLS certificate cannot be renewed"]);
  assert.deepEqual(tell({ notAfter: now - 1 }), [
    "error certificate: The TLS certificate cannot be renewed",
  ]);
  assert.deepEqual(tell({ notAfter: null, failingSince: now }), [
    "error certificate: No TLS certificate for berth.example.com",
  ]);
  const [notice] = notices(inputs({ acme, certificate, now }));
  assert.equal(
    notice!.detail,
    "acme.example: DNS problem. The present one is valid for another 20 d. Next attempt at " +
      "00:05 UTC.",
  );
});
