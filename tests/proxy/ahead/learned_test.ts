import assert from "node:assert/strict";
import { Asker } from "../../../proxy/ahead/asker.ts";
import { Learned, type LearnedParts } from "../../../proxy/ahead/learned.ts";
import {
  type LearnedState,
  NO_STATE,
  NO_TOTALS,
  type PulledTag,
  type Totals,
} from "../../../proxy/ahead/learned_state.ts";
import { registryMap } from "../../../proxy/names/target.ts";
import { image, OCI_INDEX, OCI_MANIFEST } from "../../fake/content.ts";
import type { FakeRegistryOptions } from "../../fake/registry.ts";
import { until } from "../../cache/support.ts";
import { type Ahead, ahead } from "./ahead.ts";

const MINUTE = 60e3;
const EVERY = 15 * MINUTE;
const PLATFORMS = ["linux/amd64", "linux/arm64"];

const ONE = image({ seed: 1, platforms: PLATFORMS });
const TWO = image({ seed: 2, platforms: PLATFORMS });
const OTHER = image({ seed: 3 });
const IMAGES = { "org/app:latest": ONE, "org/other:1": OTHER };

/** What containerd accepts, and what Podman does. */
const CONTAINERD = `${OCI_INDEX}, ${OCI_MANIFEST}, */*`;
const PODMAN = `${OCI_INDEX}, ${OCI_MANIFEST}`;

interface Learning extends Ahead {
  learned: Learned;
  pulled: PulledTag[];
  counted: { registry: string; more: Partial<Totals> }[];
  kept: LearnedState;
  mine: boolean;
  tags: number;
  /** Moves the clock, and waits for the look that this begins. */
  pass(ms: number): Promise<void>;
  /** A client pulls `org/app:latest`, and the first look finds it as it is. */
  first(platform?: string): Promise<void>;
  /** A pull by a client: the manifest by tag, its own of `platform`, and all blobs. */
  client(tag: string, accept?: string, platform?: string): Promise<void>;
}

async function learning(
  { registry = {}, hub = {}, settings = {}, state, ttl = () => 0 }: {
    registry?: FakeRegistryOptions;
    hub?: Record<string, unknown>;
    settings?: Record<string, unknown>;
    state?: LearnedState;
    ttl?: LearnedParts["ttl"];
  } = {},
): Promise<Learning> {
  await using stack = new AsyncDisposableStack();
  const it = stack.use(
    await ahead({ images: IMAGES, ...registry }, {
      hub,
      settings,
      parts: ({ now }) => ({ now, onRecord: (record) => learned.saw(record) }),
    }),
  );
  const more = {
    pulled: [{ registry: "hub", repository: "org/app", tag: "latest", pulls: 7 }],
    counted: [] as Learning["counted"],
    kept: state ?? NO_STATE,
    mine: true,
    tags: 50,
  };
  const handle: ConstructorParameters<typeof Asker>[0] = (...asked) => it.proxy.handler(...asked);
  const learned: Learned = new Learned({
    learning: () => ({ tags: more.tags, every: EVERY, reserve: 0.3 }),
    pulled: (limit) => more.pulled.slice(0, limit),
    ttl,
    timeSaved: ({ cache, bytes }) => cache === "hit" ? bytes : 0,
    pulls: it.pulls,
    asker: (recorded) => new Asker(handle, recorded),
    cache: it.cache,
    map: () => registryMap(it.proxy.config),
    closedUntil: (...asked) => it.quota.closedUntil(...asked),
    clock: it.clock,
    store: {
      read: () => Promise.resolve(more.kept),
      write: (next) => Promise.resolve(void (more.kept = structuredClone(next))),
    },
    duty: () => Promise.resolve(more.mine),
    random: () => 0,
    counted: (registry, more_) => more.counted.push({ registry, more: more_ }),
    warn: (line, error) => assert.fail(`${line}: ${error}`),
  });
  stack.defer(() => learned.close());
  await learned.start();
  const owned = stack.move();
  const get = async (path: string, accept = "") => {
    const response = await it.proxy.get(`/v2/${path}?ns=hub`, { headers: { accept } });
    const bytes = await response.bytes();
    assert.equal(response.status, 200, path);
    return bytes;
  };
  const json = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));
  Object.assign(it, {
    learned,
    async pass(ms: number) {
      await it.clock.advance(ms);
      await until(() => !learned.view().running);
      // What has come is stored a moment later.
      await until(() => it.cache.fills().length === 0);
    },
    async first(platform = "amd64") {
      const { client, pass } = it as Learning;
      await client("org/app:latest", CONTAINERD, platform);
      await pass(15e3);
      assert.deepEqual(learned.view().looks.map(({ state }) => state), ["same"]);
    },
    async client(tag: string, accept = CONTAINERD, platform = "amd64") {
      const [repository, reference] = tag.split(":");
      const top = json(await get(`${repository}/manifests/${reference}`, accept));
      const own = top.manifests?.find((entry: { platform: { architecture: string } }) =>
        entry.platform.architecture === platform
      );
      const { config, layers } = own
        ? json(await get(`${repository}/manifests/${own.digest}`, accept))
        : top;
      for (const { digest } of [config, ...layers]) await get(`${repository}/blobs/${digest}`);
      await until(() => it.cache.fills().length === 0);
    },
  });
  for (const key of Object.keys(more) as (keyof typeof more)[]) {
    Object.defineProperty(it, key, {
      get: () => more[key],
      set: (value) => Object.assign(more, { [key]: value }),
    });
  }
  return Object.defineProperty(it, Symbol.asyncDispose, {
    value: () => owned.disposeAsync(),
  }) as Learning;
}

/** Bytes of the image for amd64: index, manifest and blobs. */
function bytesOf(of: typeof ONE): number {
  const [amd64] = of.manifests.filter(({ digest }) => digest !== of.root.digest);
  const { config, layers } = JSON.parse(new TextDecoder().decode(amd64!.bytes));
  const digests = new Set([config, ...layers].map(({ digest }) => digest));
  return [of.root, amd64!, ...of.blobs.filter(({ digest }) => digests.has(digest))]
    .reduce((sum, { bytes }) => sum + bytes.length, 0);
}

Deno.test("Learned, a tag that has moved comes before the next client, who is spared all of it", async () => {
  await using it = await learning();
  await it.first();
  it.upstream.add("org/app:latest", TWO);
  await it.pass(EVERY);
  const { totals, looks } = it.learned.view();
  assert.deepEqual(looks, [
    { image: "hub/org/app:latest", pulls: 7, state: "fetched", error: "" },
  ]);
  assert.deepEqual([totals.checks, totals.moved, totals.pulls], [2, 1, 2]);
  assert.equal(totals.bytes, bytesOf(TWO), "what the registry sent, and only for one platform");
  assert.equal(totals.found, 0);
  const before = it.upstream.log.length;
  await it.client("org/app:latest");
  const asked = it.upstream.log.slice(before).map(({ method }) => method);
  assert.deepEqual(asked, ["HEAD"], "a client still asks what the tag stands for, and no more");
  const after = it.learned.view().totals;
  assert.deepEqual([after.found, after.savedBytes], [1, bytesOf(TWO)]);
  // The index was answered after a question to the registry, which the test's rule makes worthless.
  assert.equal(after.savedMs, bytesOf(TWO) - TWO.root.bytes.length);
  await it.client("org/app:latest");
  await it.client("org/app:latest", PODMAN);
  assert.deepEqual(it.learned.view().totals, after, "it would be here by now anyway");
});

Deno.test("Learned, what a look costs is what the registry was asked", async () => {
  await using it = await learning();
  await it.first();
  const before = it.upstream.log.length;
  it.upstream.add("org/app:latest", TWO);
  await it.pass(EVERY);
  const { totals } = it.learned.view();
  assert.equal(totals.requests, it.upstream.log.length - before);
  const sum = it.counted.reduce((sum, { more }) => sum + (more.requests ?? 0), 0);
  assert.equal(sum, totals.requests);
  assert.ok(it.counted.every(({ registry }) => registry === "hub"));
});

Deno.test("Learned, a tag that stays costs a HEAD for each kind of client, and none just after one", async () => {
  await using it = await learning();
  await it.client("org/app:latest");
  await it.client("org/app:latest", PODMAN);
  let before = it.upstream.log.length;
  await it.pass(15e3);
  assert.equal(it.upstream.log.length, before, "clients have just asked");
  assert.equal(it.learned.lookNow(), true);
  assert.equal(it.learned.lookNow(), false);
  await it.pass(0);
  assert.equal(it.upstream.log.length, before += 2, "a person wants to know");
  await it.pass(EVERY);
  assert.deepEqual(it.upstream.log.slice(before).map(({ method }) => method), ["HEAD", "HEAD"]);
  assert.equal(it.learned.view().looks[0]!.state, "same");
  before = it.upstream.log.length;
  await it.pass(EVERY - MINUTE);
  assert.equal(it.upstream.log.length, before, "not before its time");
  assert.equal(it.learned.view().nextAt, it.clock.now() + MINUTE);
  const { totals } = it.learned.view();
  assert.deepEqual([totals.moved, totals.bytes, totals.pulls, totals.requests], [0, 0, 0, 4]);
});

Deno.test("Learned, platforms: those that clients had, or those that the registry's settings want", async () => {
  const cases: [Record<string, unknown>, string][] = [
    [{}, "arm64"],
    [{ platforms: ["linux/amd64"] }, "amd64"],
  ];
  for (const [hub, expected] of cases) {
    await using it = await learning({ hub });
    await it.first("arm64");
    it.upstream.add("org/app:latest", TWO);
    await it.pass(EVERY);
    const index = JSON.parse(new TextDecoder().decode(TWO.root.bytes));
    for (const { digest, platform } of index.manifests) {
      const { architecture } = platform;
      assert.equal(it.cache.holds(digest), architecture === expected, architecture);
    }
  }
});

Deno.test("Learned, off, or another Berth's, it asks nothing", async () => {
  await using it = await learning();
  it.tags = 0;
  await it.pass(4 * EVERY);
  assert.deepEqual([it.learned.view().nextAt, it.learned.lookNow()], [null, false]);
  it.tags = 50;
  it.mine = false;
  await it.pass(4 * EVERY);
  assert.equal(it.upstream.log.length, 0);
  it.mine = true;
  await it.pass(15e3);
  assert.equal(it.learned.view().totals.checks, 1);
});

Deno.test("Learned, only so many, and none that is believed for a day or cannot be kept", async () => {
  await using it = await learning({ ttl: (_, tag) => tag === "fixed" ? 24 * 60 * MINUTE : 0 });
  const tag = (registry: string, name: string, tag = "latest") => ({
    ...{ registry, repository: name, tag, pulls: 1 },
  });
  it.pulled = [
    tag("gone", "org/app"),
    tag("hub", "org/app", "fixed"),
    tag("hub", "org/app"),
    tag("hub", "org/other", "1"),
  ];
  it.tags = 1;
  await it.pass(15e3);
  assert.deepEqual(it.learned.view().looks.map(({ image }) => image), ["hub/org/app:latest"]);
});

Deno.test("Learned, of the last part of a quota nothing is taken, and no registry is asked for nothing", async () => {
  await using it = await learning();
  await it.first();
  it.upstream.add("org/app:latest", TWO);
  const left = new Headers({
    "ratelimit-limit": "100;w=3600",
    "ratelimit-remaining": "30;w=3600",
  });
  it.quota.observe("hub", left, 200, it.clock.now());
  const before = it.upstream.log.length;
  await it.pass(EVERY);
  const [look] = it.learned.view().looks;
  assert.equal(look!.state, "skipped");
  assert.match(
    look!.error,
    /what is left of the registry's quota is for clients until 2026-01-01 01:00 UTC/,
  );
  assert.equal(it.upstream.log.length, before);
  await it.pass(4 * EVERY);
  assert.equal(it.learned.view().looks[0]!.state, "fetched");
});

Deno.test("Learned, what did not come whole is tried again, and counts as fetched and saved only then", async () => {
  await using it = await learning();
  await it.first();
  it.upstream.add("org/app:latest", TWO);
  it.upstream.fault({ path: /blobs/, method: "GET", action: { kind: "answer", status: 500 } });
  await it.pass(EVERY);
  const failed = it.learned.view();
  assert.equal(failed.looks[0]!.state, "failed");
  assert.equal(failed.totals.moved, 1);
  it.upstream.clearFaults();
  await it.pass(EVERY);
  assert.equal(it.learned.view().looks[0]!.state, "fetched");
});

Deno.test("Learned, a client that comes while it is fetched was spared nothing", async () => {
  const gate = Promise.withResolvers<void>();
  await using it = await learning();
  await it.first();
  it.upstream.add("org/app:latest", TWO);
  it.upstream.fault({ path: /blobs/, action: { kind: "stall", until: gate.promise } });
  await it.clock.advance(EVERY);
  await until(() => it.cache.fills().length > 0);
  const asked = it.client("org/app:latest");
  await until(() => it.cache.fills().some(({ followers }) => followers > 1));
  gate.resolve();
  await asked;
  await it.pass(0);
  const { found, savedBytes, moved } = it.learned.view().totals;
  assert.deepEqual([moved, found, savedBytes], [1, 0, 0]);
});

Deno.test("Learned, a restart goes on counting, and looks when it is time", async () => {
  const now = Date.UTC(2026, 0, 1);
  const totals = { ...NO_TOTALS, since: now - EVERY, checks: 4, found: 2 };
  await using it = await learning({ state: { ...NO_STATE, last: now - 5 * MINUTE, totals } });
  assert.equal(it.learned.view().nextAt, now + 10 * MINUTE);
  assert.deepEqual(it.learned.view().totals, totals);
  await it.pass(9 * MINUTE);
  assert.equal(it.upstream.log.length, 0);
  await it.pass(MINUTE);
  await it.pass(15e3);
  assert.deepEqual([it.kept.last, it.kept.totals.checks], [now + 10 * MINUTE, 5]);
});

Deno.test("Learned, what a process that was killed had not fetched whole is tried again", async () => {
  await using it = await learning({ state: { ...NO_STATE, unfinished: [ONE.root.digest] } });
  await it.client("org/app:latest");
  await it.pass(15e3);
  const [look] = it.learned.view().looks;
  assert.deepEqual([look!.state, it.kept.unfinished], ["fetched", []]);
});

Deno.test("Learned, a tag that is gone is told, and keeps nobody else from being looked at", async () => {
  await using it = await learning();
  it.pulled = [
    { registry: "hub", repository: "org/app", tag: "gone", pulls: 3 },
    { registry: "hub", repository: "org/other", tag: "1", pulls: 2 },
  ];
  await it.pass(15e3);
  const [gone, other] = it.learned.view().looks;
  assert.match(gone!.error, /does not have org\/app:gone/);
  assert.deepEqual([gone!.state, other!.state], ["failed", "fetched"]);
});
