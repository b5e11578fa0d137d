import assert from "node:assert/strict";
import { systemClock } from "../../base/clock.ts";
import { freePort } from "../fake/ports.ts";
import { type Berth, type Settings, startBerth } from "./harness/berth.ts";
import { depotIn } from "./harness/cluster.ts";
import { startS3 } from "./harness/go_tools.ts";
import { type ImageRegistry, startImageRegistry } from "./harness/image_registry.ts";
import { startValkey, type ValkeyServer } from "./harness/valkey.ts";
import { until } from "./harness/wait.ts";

const SECRET = "a secret of the tests' own";

interface Lab extends AsyncDisposable {
  upstream: ImageRegistry;
  valkey: ValkeyServer;
  /** Starts one more. */
  join(): Promise<Berth>;
}

/** A registry with an image, and Berths before it that know of each other. */
async function lab({ hub = {}, cache = {} }: { hub?: Settings; cache?: Settings } = {}): Promise<
  Lab
> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(startImageRegistry());
  const valkey = stack.use(await startValkey());
  const join = async () => {
    const port = freePort();
    const listen = `127.0.0.1:${port}`;
    const berth = await startBerth({
      default_registry: "hub",
      registries: { hub: { url: upstream.url, ...hub } },
      cluster: { url: valkey.url, secret: SECRET, lease: "3s", listen, advertise: listen },
      cache,
    });
    return owned.use(berth);
  };
  const owned = stack.move();
  return { upstream, valkey, join, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A pull of `app:1` through `berth`: the digest of its manifest, once config and layer are here. */
async function pull({ url }: Berth, headers: Record<string, string> = {}): Promise<string> {
  const get = async (path: string) => {
    const response = await fetch(`${url}/v2/org/app/${path}`, { headers });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return response;
  };
  const manifest = await get("manifests/1");
  const { config, layers } = await manifest.json();
  for (const { digest } of [config, ...layers]) await (await get(`blobs/${digest}`)).bytes();
  return manifest.headers.get("docker-content-digest")!;
}

/** Runs a command of `berth`'s own on its cache, and returns what it prints. */
async function command(berth: Berth, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await berth.command("cache", ...words);
  assert.equal(code, 0, stderr);
  return new TextDecoder().decode(stdout);
}

/** Digests on the disk of `berth`. */
const listed = async (berth: Berth) =>
  (await command(berth, "ls")).match(/sha256:[0-9a-f]+/g)?.length ?? 0;

async function metric({ admin }: Berth, name: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return Number(text.split("\n").find((line) => line.startsWith(name))?.split(" ").at(-1) ?? NaN);
}

/** What a first pull tells of: a tag, and who holds manifest, config and layer. */
const OF_A_PULL = 4;

/** Everything that `from` has told, which is `least` or more, has been applied at `to`. */
async function heard(from: Berth, to: Berth, least = OF_A_PULL): Promise<void> {
  const published = () => metric(from, `berth_feed_changes_total{direction="published"}`);
  const applied = () => metric(to, `berth_feed_changes_total{direction="applied"}`);
  await until("it is told", async () => await published() >= least);
  await until("it is heard", async () => await applied() >= await published());
}

Deno.test("feed, what a tag stands for is asked once, and a newcomer needs no registry at all", async () => {
  await using t = await lab({ cache: { manifests: { ttl: "1h" } } });
  const [one, two] = [await t.join(), await t.join()];
  const first = await pull(one);
  await heard(one, two);
  const asked = t.upstream.asked.length;
  assert.equal(await pull(two), first);
  assert.equal(t.upstream.asked.length, asked, t.upstream.asked.join());
  t.upstream.away = true;
  const three = await t.join();
  assert.equal(await pull(three), first);
});

Deno.test("feed, a tag that several are asked for at the same moment is asked for by one of them", async () => {
  await using t = await lab({ cache: { manifests: { ttl: "2s" } } });
  const members = [await t.join(), await t.join(), await t.join()];
  await pull(members[0]!);
  for (const other of members.slice(1)) {
    await heard(members[0]!, other);
    await pull(other);
  }
  // On a machine that is busy one may lose patience with the other, and that is right.
  for (let round = 1;; round++) {
    const moved = t.upstream.move(`round ${round}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    t.upstream.hold = promise;
    await systemClock.delay(2100);
    const asked = t.upstream.asked.length;
    const heads = () => t.upstream.asked.slice(asked).filter((line) => line === "HEAD manifests/1");
    const pulls = members.map((berth) => pull(berth));
    await until("one asks", () => Promise.resolve(heads().length > 0));
    resolve();
    assert.deepEqual(await Promise.all(pulls), [moved, moved, moved]);
    if (heads().length === 1) break;
    assert.ok(round < 10, `${heads().length} have asked`);
  }
});

Deno.test("feed, a tag that has moved is seen by all, once one of them has asked", async () => {
  await using t = await lab({ cache: { manifests: { ttl: "1s" } } });
  const [one, two] = [await t.join(), await t.join()];
  const first = await pull(one);
  await heard(one, two);
  const second = t.upstream.move("two");
  await until("it asks again", async () => await pull(one) === second);
  t.upstream.away = true;
  assert.notEqual(first, second);
  const seen = () => pull(two).then((digest) => digest === second, () => false);
  await until("the other has heard of all of it", seen);
});

Deno.test("feed, who is pinned or evicted by hand at one is so at all", async () => {
  await using t = await lab({ cache: { manifests: { ttl: "1h" } } });
  const [one, two] = [await t.join(), await t.join()];
  await pull(one);
  await heard(one, two);
  await pull(two);
  await command(one, "pin", "hub/org/app:1");
  await until("it is pinned", async () => /org\/app/.test(await command(two, "pin")));
  await command(two, "unpin", "hub/org/app:1");
  await until("it is not", async () => !/org\/app/.test(await command(one, "pin")));
  assert.deepEqual([await listed(one), await listed(two)], [3, 3]);
  await command(one, "evict", "hub/org/app:1");
  assert.equal(await listed(one), 0);
  await until("it is gone", async () => await listed(two) === 0);
  const asked = t.upstream.asked.length;
  await pull(two);
  assert.ok(t.upstream.asked.length > asked, "nobody has it");
});

Deno.test("feed, who holds what opens nothing to clients that have not shown that they may", async () => {
  const mine = { authorization: "Basic " + btoa("me:right") };
  await using t = await lab({
    hub: { auth: { mode: "client" } },
    cache: { manifests: { ttl: "1h" } },
  });
  t.upstream.allowed = [mine.authorization];
  const [one, two] = [await t.join(), await t.join()];
  const digest = await pull(one, mine);
  await heard(one, two);
  for (const headers of [{}, { authorization: "Basic " + btoa("you:wrong") }]) {
    for (const path of ["manifests/1", `manifests/${digest}`]) {
      const response = await fetch(`${two.url}/v2/org/app/${path}`, { headers });
      await response.body?.cancel();
      assert.equal(response.status, 401, path);
    }
  }
  // Not even while nobody can be asked.
  t.upstream.away = true;
  const refused = await fetch(`${two.url}/v2/org/app/manifests/1`);
  await refused.body?.cancel();
  assert.ok(refused.status >= 400, `${refused.status}`);
  t.upstream.away = false;
  const gets = () => t.upstream.asked.filter((it) => it.startsWith("GET")).length;
  const before = gets();
  assert.equal(await pull(two, mine), digest);
  assert.equal(gets(), before, "once it is shown, nothing is fetched again");
});

Deno.test("feed, the quota is the newest that any of them has seen", async () => {
  await using t = await lab();
  const [one, two] = [await t.join(), await t.join()];
  t.upstream.remaining = 42;
  await pull(one);
  await until("it is told", async () => await metric(two, "berth_quota_remaining") === 42);
});

Deno.test("feed, without its server nothing is lost: emptied, trimmed, or away for a while", async () => {
  await using t = await lab({ cache: { manifests: { ttl: "1h" } } });
  const [one, two] = [await t.join(), await t.join()];
  const first = await pull(one);
  await heard(one, two);
  await t.valkey.stop();
  const pinned = async (berth: Berth) => (await command(berth, "pin")).includes("hub/x/*");
  await command(one, "pin", "hub/x/*");
  await t.valkey.again();
  await until("it is told", () => pinned(two), 60_000);
  assert.equal(await pull(two), first);
  // What is trimmed nobody can hear: a newcomer has the rows of the others.
  await t.valkey.command("XTRIM", "{berth}:feed", "MAXLEN", "0");
  t.upstream.away = true;
  const three = await t.join();
  assert.ok(await pinned(three));
  assert.equal(await pull(three), first);
});

Deno.test("feed, a registry added on one dashboard is there at all, at a newcomer, after a restart", async () => {
  await using t = await lab();
  const [one, two] = [await t.join(), await t.join()];
  const call = async ({ admin }: Berth, path: string, body?: unknown) => {
    const init = body === undefined ? {} : {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    };
    const response = await fetch(`${admin}/api/v1${path}`, init);
    return { status: response.status, told: await response.json() };
  };
  const settings = { url: t.upstream.url, auth: { username: "u", password: "hunter2" } };
  const has = async (berth: Berth) => (await call(berth, "/registries/more")).status === 200;
  const added = await call(one, "/registries", { name: "more", settings });
  assert.equal(added.status, 200, JSON.stringify(added.told));
  await until("the other has it", () => has(two));
  assert.equal((await fetch(`${two.url}/more/v2/org/app/manifests/1`)).status, 200);
  const { told } = await call(two, "/registries/more");
  assert.deepEqual([told.origin.kind, told.editable], ["overlay", true]);
  const { items, shared } = (await call(two, "/config/overlay")).told;
  assert.equal(shared, true);
  assert.ok(items.some((item: { path: string }) => item.path === "registries.more.url"));
  assert.doesNotMatch(await t.valkey.command("GET", "{berth}:document:overlay"), /hunter2|org/);
  assert.ok(await has(await t.join()));

  await t.valkey.stop();
  await two.restart("SIGKILL");
  assert.ok(await has(two));
  await until("changes are refused in words", async () => {
    const { told } = await call(two, "/registries");
    return !told.writable && /coordinator \(cluster\.url\)/.test(told.readOnlyReason);
  });
  const refused = await call(two, "/registries", { name: "late", settings });
  assert.equal(refused.status, 409, JSON.stringify(refused.told));
  assert.match(refused.told.detail, /the others would not learn of a change/);
});

Deno.test("feed, a cluster whose disks and coordinator are gone begins with the rows beside its depot", async () => {
  await using store = await startS3();
  const cache = { manifests: { ttl: "1h" }, depot: depotIn(store) };
  await using t = await lab({ cache });
  const one = await t.join();
  const first = await pull(one);
  await until("the bucket has it", async () => {
    const keys = await store.keysOf();
    return keys.filter((key) => key.includes("/v1/blobs/")).length === 3;
  });
  await one.stop();
  assert.ok((await store.keysOf()).some((key) => key.endsWith("/v1/index/rows.jsonl.gz")));
  await t.valkey.stop();
  await t.valkey.again();
  t.upstream.away = true;
  const two = await t.join();
  // A start waits for the store, though not for ever.
  await until("it has the rows", async () => {
    if (await pull(two).catch(() => "") === first) return true;
    await two.restart();
    return false;
  }, 60_000);
});
