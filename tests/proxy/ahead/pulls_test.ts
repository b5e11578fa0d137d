import assert from "node:assert/strict";
import type { Usage } from "../../../cache/api.ts";
import { BadImage } from "../../../proxy/ahead/image.ts";
import { sumsOf } from "../../../proxy/ahead/progress.ts";
import { settle } from "../../fake/clock.ts";
import { image, OCI_INDEX, OCI_MANIFEST, referrer } from "../../fake/content.ts";
import { until } from "../../cache/support.ts";
import { ahead, memoryStore, NOTHING } from "./ahead.ts";

const app = image({ platforms: ["linux/amd64", "linux/arm64"], attestations: true });
const [amd64, , arm64] = app.manifests;
const large = image({ seed: 7, layers: [400_000] });
const LARGE = large.blobs[1]!;
const APP = "hub/org/app:latest";

/** Blobs of the manifest `digest`. */
function blobsOf(manifest: { bytes: Uint8Array } | undefined): string[] {
  const { config, layers } = JSON.parse(new TextDecoder().decode(manifest!.bytes));
  return [config, ...layers].map(({ digest }) => digest);
}

Deno.test("pull, one platform of an index comes, whole, and clients have it without upstream", async () => {
  await using it = await ahead({ images: { "org/app:latest": app } });
  const pull = await it.pull({ images: [APP], platforms: ["linux/amd64"] });
  assert.equal(pull.state, "done", pull.images[0]!.error);
  const [progress] = pull.images;
  assert.deepEqual(progress!.platforms, ["linux/amd64"]);
  assert.equal(progress!.digest, app.root.digest);
  const { here, came, left } = sumsOf(progress!.parts);
  assert.deepEqual([here.parts, came.parts, left.parts], [0, 6, 0]);
  const asked = it.upstream.seen("GET", /blobs/).map(({ path }) => path.split("/").at(-1)!);
  assert.deepEqual(asked.sort(), blobsOf(amd64).sort());
  assert.equal(it.upstream.count("GET", new RegExp(arm64!.digest)), 0);
  await it.upstream[Symbol.asyncDispose]();
  const accept = { headers: { accept: `${OCI_INDEX}, ${OCI_MANIFEST}` } };
  const index = await it.proxy.get("/v2/org/app/manifests/latest?ns=hub", accept);
  assert.equal(index.headers.get("docker-content-digest"), app.root.digest);
  assert.deepEqual(await index.bytes(), app.root.bytes);
  for (const digest of [...blobsOf(amd64)]) {
    const blob = await it.proxy.get(`/v2/org/app/blobs/${digest}?ns=hub`);
    assert.equal(blob.status, 200);
    await blob.body?.cancel();
  }
});

Deno.test("pull, what is here is not fetched again, and counts as here", async () => {
  await using it = await ahead({ images: { "org/app:latest": app, "org/other:1": app } });
  await it.pull({ images: [APP] });
  const gets = it.upstream.count("GET", /./);
  const again = await it.pull({ images: [APP] });
  assert.equal(it.upstream.count("GET", /./), gets, "a HEAD is all that it took");
  const { here, came } = sumsOf(again.images[0]!.parts);
  assert.deepEqual([here.parts, came.parts, came.bytes], [6, 0, 0]);
  const shared = await it.pull({ images: ["hub/org/other:1"] });
  assert.equal(shared.state, "done");
  assert.equal(it.upstream.count("GET", /other\/blobs/), 0, "the other repository has to prove it");
  assert.ok(it.upstream.count("HEAD", /other\/blobs/) > 0);
});

Deno.test("pull, a tag that has moved is fetched although it is fresh", async () => {
  const settings = { cache: { manifests: { ttl: "1h" } } };
  await using it = await ahead({ images: { "org/app:latest": app } }, { settings });
  await it.pull({ images: [APP] });
  it.upstream.add("org/app:latest", large);
  const { images } = await it.pull({ images: [APP] });
  assert.equal(images[0]!.digest, large.root.digest);
  const tag = { registry: "hub", repository: "org/app", tag: "latest" };
  const seen = it.cache.tagHistory(tag).map(({ digest, seenBy }) => [digest, seenBy]);
  assert.deepEqual(seen, [[large.root.digest, "prefetch"], [app.root.digest, "prefetch"]]);
});

Deno.test("pull, the platforms of a registry's settings, and an index that stays as it is", async () => {
  const hub = { platforms: ["linux/arm64"] };
  await using it = await ahead({ images: { "org/app:latest": app } }, { hub });
  const { images } = await it.pull({ images: [APP] });
  assert.deepEqual(images[0]!.platforms, ["linux/arm64"]);
  assert.ok(it.cache.holds(arm64!.digest));
  assert.ok(!it.cache.holds(amd64!.digest));
  const accept = { headers: { accept: `${OCI_INDEX}, ${OCI_MANIFEST}` } };
  const index = await it.proxy.get("/v2/org/app/manifests/latest?ns=hub", accept);
  assert.deepEqual(await index.bytes(), app.root.bytes, "clients are told of every platform");
  const other = await it.proxy.get(`/v2/org/app/manifests/${amd64!.digest}?ns=hub`, accept);
  assert.deepEqual(await other.bytes(), amd64!.bytes, "and get each");
  const stated = await it.pull({ images: [APP], platforms: ["linux/amd64"] });
  assert.deepEqual(stated.images[0]!.platforms, ["linux/amd64"], "a pull may say otherwise");
});

Deno.test("pull, every platform, and what refers to it", async () => {
  const signature = referrer(app.root, "application/vnd.dev.cosign.artifact.sig.v1+json");
  await using it = await ahead({ images: { "org/app:latest": app, "org/app": signature } });
  const all = await it.pull({ images: [APP], allPlatforms: true, referrers: true });
  assert.equal(all.state, "done", all.images[0]!.error);
  for (const { digest } of [...app.manifests, ...app.blobs, ...signature.blobs]) {
    assert.ok(it.cache.holds(digest), digest);
  }
  assert.ok(all.images[0]!.parts.some(({ kind }) => kind === "referrer"));
  assert.deepEqual(all.images[0]!.platforms, ["linux/amd64", "linux/arm64"]);
  for (const { digest } of app.blobs) {
    const hex = digest.split(":")[1]!;
    assert.equal(it.upstream.count("GET", new RegExp(`referrers/.*${hex}`)), 0, digest);
    assert.equal(it.upstream.count("HEAD", new RegExp(`manifests/sha256-${hex}`)), 0, digest);
  }
  const plain = await it.pull({ images: [APP], allPlatforms: true });
  assert.deepEqual(plain.images[0]!.platforms, ["linux/amd64", "linux/arm64"]);
});

Deno.test("pull, a client that comes meanwhile follows, and outlives a pull that is called off", async () => {
  const gate = Promise.withResolvers<void>();
  await using it = await ahead({ images: { "org/app:large": large } });
  it.upstream.fault({
    path: new RegExp(LARGE.digest),
    method: "GET",
    action: { kind: "stall", after: 100_000, until: gate.promise },
  });
  const wanted = { ...NOTHING, images: ["hub/org/app:large"] };
  const { id, images } = it.pulls.start(wanted, { by: "ann" });
  const part = () => images[0]!.parts.find(({ digest }) => digest === LARGE.digest);
  await until(() => (part()?.received ?? 0) > 0);
  const client = it.proxy.get(`/v2/org/app/blobs/${LARGE.digest}?ns=hub`);
  await until(() => (it.cache.fills()[0]?.followers ?? 0) > 1);
  assert.equal(it.pulls.cancel(id), true);
  await it.pulls.over(id);
  assert.equal(images[0]!.state, "cancelled");
  gate.resolve();
  assert.deepEqual(await (await client).bytes(), LARGE.bytes);
  assert.equal(it.upstream.count("GET", new RegExp(LARGE.digest)), 1);
  assert.equal(it.pulls.cancel(id), false);
});

Deno.test("pull, called off with nobody else there, it stops asking and goes on later from there", async () => {
  const gate = Promise.withResolvers<void>();
  // What a source that goes quiet has sent last is not handed on at once: there is enough before it.
  const huge = image({ seed: 8, layers: [3_000_000] });
  const { digest: layer } = huge.blobs[1]!;
  await using it = await ahead({ images: { "org/app:large": huge } });
  it.upstream.fault({
    path: new RegExp(layer),
    method: "GET",
    action: { kind: "stall", after: 2_500_000, until: gate.promise },
  });
  const wanted = { ...NOTHING, images: ["hub/org/app:large"] };
  const { id, images } = it.pulls.start(wanted, { by: "ann" });
  const part = () => images[0]!.parts.find(({ digest }) => digest === layer);
  await until(() => (part()?.received ?? 0) > 100_000);
  it.pulls.cancel(id);
  await it.pulls.over(id);
  await until(() => it.cache.fills().length === 0);
  gate.resolve();
  assert.equal((await it.pull(wanted)).state, "done");
  const range = it.upstream.seen("GET", new RegExp(layer)).at(-1)!.headers.get("range");
  assert.match(range ?? "", /^bytes=[1-9]/);
});

Deno.test("pull, an image, a platform and a registry that are not there are named", async () => {
  await using it = await ahead({ images: { "org/app:latest": app } });
  const gone = await it.pull({ images: ["hub/org/app:9", APP] });
  assert.deepEqual(gone.images.map(({ state }) => state), ["failed", "done"]);
  assert.match(gone.images[0]!.error, /hub does not have org\/app:9/);
  assert.equal(gone.state, "failed");
  const risc = await it.pull({ images: [APP], platforms: ["linux/riscv64"] });
  assert.match(risc.images[0]!.error, /no linux\/riscv64; it has linux\/amd64, linux\/arm64/);
  const both = await it.pull({ images: [APP], platforms: ["linux/amd64", "linux/s390x"] });
  assert.deepEqual([both.state, both.images[0]!.lacking], ["done", ["linux/s390x"]]);
  const cases: [Partial<typeof NOTHING>, RegExp][] = [
    [{ images: ["nowhere.example/app"] }, /expected an image/],
    [{ images: ["hub/Org/app"] }, /expected an image/],
    [{ images: ["hub/org/app:"] }, /expected an image|invalid/],
    [{ images: [APP], platforms: ["amd64"] }, /"amd64": expected a platform/],
    [{ images: [] }, /no image/],
  ];
  for (const [wanted, message] of cases) {
    assert.throws(() => it.pulls.start({ ...NOTHING, ...wanted }, { by: "ann" }), (error) => {
      assert.ok(error instanceof BadImage);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("pull, registries that nothing is kept of, or that only clients sign in to, are refused", async () => {
  await using passed = await ahead({}, { hub: { redirects: "pass" } });
  assert.throws(
    () => passed.pulls.start({ ...NOTHING, images: [APP] }, { by: "" }),
    /keeps nothing/,
  );
  await using client = await ahead({}, { hub: { auth: { mode: "client" } } });
  assert.throws(() => client.pulls.start({ ...NOTHING, images: [APP] }, { by: "" }), /accounts/);
});

Deno.test("pull, no quota: it waits, says until when, and goes on", async () => {
  await using it = await ahead({ images: { "org/app:latest": app } });
  const headers = (left: number) =>
    new Headers({ "ratelimit-limit": "100;w=3600", "ratelimit-remaining": `${left};w=3600` });
  it.quota.observe("hub", headers(0), 429, it.clock.now());
  const end = it.clock.now() + 3600e3;
  const pull = it.pulls.start({ ...NOTHING, images: [APP] }, { by: "ann" });
  await settle();
  assert.deepEqual([pull.images[0]!.state, pull.images[0]!.until], ["held", end]);
  assert.match(pull.images[0]!.error, /quota is used up/);
  assert.equal(it.upstream.log.length, 0);
  await it.clock.advance(3540e3);
  assert.equal(it.upstream.log.length, 0);
  await it.clock.advance(61e3);
  await it.pulls.over(pull.id);
  assert.deepEqual([pull.state, pull.images[0]!.until, pull.images[0]!.error], ["done", null, ""]);
});

Deno.test("pull, refused with a 429 in the middle, it waits as long as the registry says", async () => {
  await using it = await ahead({ images: { "org/app:latest": app } });
  it.upstream.fault({
    path: /blobs/,
    action: { kind: "answer", status: 429, headers: { "retry-after": "600" } },
  });
  const { id, images } = it.pulls.start({ ...NOTHING, images: [APP] }, { by: "ann" });
  await until(() => images[0]!.state === "held");
  assert.equal(images[0]!.until, it.clock.now() + 600e3);
  await until(() => it.clock.pending > 0);
  await it.clock.advance(601e3);
  await it.pulls.over(id);
  assert.equal(images[0]!.state, "done", images[0]!.error);
});

Deno.test("pull, one that is slow on purpose holds up no other", async () => {
  const layers = Array.from({ length: 6 }, () => 50_000);
  const slow = image({ seed: 50, layers });
  await using it = await ahead({ images: { "org/slow:1": slow, "org/app:latest": app } });
  const wanted = { ...NOTHING, images: ["hub/org/slow:1"] };
  const { id, images } = it.pulls.start(wanted, { by: "rule", limit: 10 });
  await until(() => it.upstream.count("GET", /slow\/blobs/) === 4);
  assert.equal((await it.pull({ images: [APP] })).state, "done");
  assert.equal(images[0]!.state, "running");
  it.pulls.cancel(id);
  await it.pulls.over(id);
});

Deno.test("pull, no room: says how much is missing before a layer is asked for", async () => {
  const usage = (usage: Usage) => ({ ...usage, maxSize: 8000, bytes: 3000, pinnedBytes: 3000 });
  await using it = await ahead({ images: { "org/app:latest": app } }, { usage });
  const { images } = await it.pull({ images: [APP] });
  assert.match(
    images[0]!.error,
    /6.2 KiB are to come and there is room for 4.9 KiB: .* are missing/,
  );
  assert.equal(it.upstream.count("GET", /blobs/), 0);
});

Deno.test("pull, a restart goes on with what was not over, and forgets what was", async () => {
  const wanted = { ...NOTHING, images: [APP] };
  const begun = { id: "one", wanted, by: "ann", startedAt: 5 };
  const store = memoryStore([begun, { ...begun, id: "two", wanted: NOTHING }]);
  await using it = await ahead({ images: { "org/app:latest": app } }, { store });
  await it.pulls.resume();
  assert.deepEqual(store.kept, [begun]);
  await it.pulls.over("one");
  const pull = it.pulls.get("one")!;
  assert.deepEqual([pull.state, pull.by, pull.startedAt], ["done", "ann", 5]);
  await until(() => store.kept.length === 0);
});

Deno.test("pull, Berth's own end leaves it to be gone on with", async () => {
  const store = memoryStore();
  await using it = await ahead({ images: { "org/app:large": large } }, { store });
  const gate = Promise.withResolvers<void>();
  it.upstream.fault({
    path: new RegExp(LARGE.digest),
    method: "GET",
    action: { kind: "stall", after: 100_000, until: gate.promise },
  });
  const { id } = it.pulls.start({ ...NOTHING, images: ["hub/org/app:large"] }, { by: "ann" });
  await until(() => it.cache.fills().length > 0);
  await it.pulls.close();
  assert.deepEqual(store.kept.map((pull) => pull.id), [id]);
  assert.deepEqual(it.over, []);
  gate.resolve();
});

Deno.test("pull, access lists hold, rules for people do not, and no client is counted", async () => {
  const settings = {
    access: [{ users: ["ann"], repositories: ["hub/other"] }],
    allowed_networks: ["192.0.2.0/24"],
  };
  await using it = await ahead({ images: { "org/app:latest": app } }, {
    settings,
    hub: { deny: ["org/secret"] },
  });
  assert.equal((await it.pull({ images: [APP] })).state, "done");
  const { images } = await it.pull({ images: ["hub/org/secret:1"] });
  assert.match(images[0]!.error, /Berth itself may not pull org\/secret/);
  assert.ok(it.proxy.records.length > 0);
  assert.ok(
    it.proxy.records.every(({ via, user, client }) =>
      via === "prefetch" && user === "" && client === ""
    ),
  );
});
