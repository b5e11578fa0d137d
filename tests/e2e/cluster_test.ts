import assert from "node:assert/strict";
import type { Activity, RequestDetails } from "../../ui/api/schema/activity.ts";
import type { Stats } from "../../ui/api/schema/stats.ts";
import type { Status } from "../../ui/api/schema/status.ts";
import { systemClock } from "../../base/clock.ts";
import { hashPassword } from "../../base/passwords.ts";
import { valkeyCoordinator } from "../fake/coordinator.ts";
import { deterministicBytes, digestOf } from "../fake/content.ts";
import { type Berth, type Settings, startBerth } from "./harness/berth.ts";
import { metric, together } from "./harness/cluster.ts";
import { type SlowRegistry, startSlowRegistry } from "./harness/slow_registry.ts";
import { startValkey, type ValkeyServer } from "./harness/valkey.ts";
import { until } from "./harness/wait.ts";
import { freePort } from "../fake/ports.ts";

const MIB = 2 ** 20;
const SIZE = 24 * MIB;
const SECRET = "a secret of the tests' own";

/** Each blob is fetched once in its test. */
function blob(seed: number): { digest: string; bytes: Uint8Array } {
  const bytes = deterministicBytes(SIZE, seed);
  return { digest: digestOf(bytes), bytes };
}

interface Lab extends AsyncDisposable {
  upstream: SlowRegistry;
  valkey: ValkeyServer;
  members: Berth[];
  /** Of the peers, in the same order. */
  ports: number[];
}

/** Several Berths before one registry that has `blobs`, at 12 MiB a second. */
async function lab(
  blobs: { digest: string; bytes: Uint8Array }[],
  { members = 2, settings = {}, hub = {} }: {
    members?: number;
    settings?: Settings;
    hub?: Settings;
  } = {},
): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const known = new Map(blobs.map(({ digest, bytes }) => [digest, bytes]));
  const upstream = stack.use(startSlowRegistry(known));
  upstream.pace = 12 * MIB;
  const valkey = stack.use(await startValkey());
  const started: Berth[] = [];
  const ports: number[] = [];
  for (let i = 0; i < members; i++) {
    const port = freePort();
    ports.push(port);
    const cluster = { url: valkey.url, secret: SECRET, lease: "3s", listen: `127.0.0.1:${port}` };
    const berth = await startBerth({
      default_registry: "hub",
      registries: { hub: { url: upstream.url, ...hub } },
      cluster: { ...cluster, advertise: `127.0.0.1:${port}` },
      ...settings,
    });
    started.push(stack.use(berth));
  }
  await together(started);
  const owned = stack.move();
  const parts = { upstream, valkey, members: started, ports };
  return { ...parts, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface Pull {
  digest: string;
  /** Milliseconds from the beginning until the first byte, and between two bytes at most. */
  first: number;
  silence: number;
}

/** A client's GET of a blob through `berth`, to its end. */
async function pull(berth: Berth, digest: string, init: RequestInit = {}): Promise<Pull> {
  const began = performance.now();
  const response = await fetch(`${berth.url}/v2/org/app/blobs/${digest}`, init);
  assert.equal(response.status, 200, await berth.output());
  const pieces: Uint8Array[] = [];
  let [first, silence, last] = [0, 0, began];
  for await (const piece of response.body!) {
    const now = performance.now();
    first ||= now - began;
    silence = Math.max(silence, now - last);
    last = now;
    pieces.push(piece);
  }
  return {
    digest: digestOf(new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer())),
    first,
    silence,
  };
}

/** Resolves when `upstream` has been asked for content. */
const asked = (upstream: SlowRegistry) =>
  until(
    "upstream is asked",
    () => Promise.resolve(upstream.asked.some((it) => it.startsWith("GET"))),
  );

const gets = ({ asked }: SlowRegistry) => asked.filter((it) => it.startsWith("GET"));

Deno.test("cluster, many clients at three Berths are one download, and each gets its first byte at once", async () => {
  const { digest } = blob(1);
  await using t = await lab([blob(1)], { members: 3 });
  // They are together from their first request on.
  for (const berth of t.members) assert.doesNotMatch(await berth.output(), /does not answer/);
  const clients = Array.from({ length: 30 }, (_, i) => pull(t.members[i % 3]!, digest));
  for (const client of await Promise.all(clients)) assert.equal(client.digest, digest);
  assert.deepEqual(gets(t.upstream), ["GET 0"]);
  const sent = await Promise.all(
    t.members.map((berth) => metric(berth, "berth_peer_bytes_total", "sent")),
  );
  assert.equal(sent.reduce((a, b) => a + b), 2 * SIZE);
});

Deno.test("cluster, who comes later gets it from a peer's disk, also while upstream is away", async () => {
  const { digest } = blob(2);
  await using t = await lab([blob(2)]);
  const [one, two] = t.members as [Berth, Berth];
  t.upstream.pace = Infinity;
  assert.equal((await pull(one, digest)).digest, digest);
  const head = await fetch(`${two.url}/v2/org/app/blobs/${digest}`, { method: "HEAD" });
  assert.equal(head.status, 200);
  await t.upstream[Symbol.asyncDispose]();
  assert.equal((await pull(two, digest)).digest, digest);
  assert.deepEqual(gets(t.upstream), ["GET 0"]);
  // Where nobody can say whether the repository holds it, having the bytes is not enough.
  const other = await fetch(`${two.url}/v2/org/other/blobs/${digest}`);
  await other.body?.cancel();
  assert.notEqual(other.status, 200);
});

for (
  const [how, signal] of [["killed", "SIGKILL"], ["stopped in order", "SIGTERM"], [
    "hung",
    "SIGSTOP",
  ]] as const
) {
  Deno.test(`cluster, the one that downloads is ${how} in the middle: the others' clients notice a pause`, async () => {
    const { digest } = blob(3);
    await using t = await lab([blob(3)], { members: 3 });
    const [one, two, three] = t.members as [Berth, Berth, Berth];
    const lost = pull(one, digest).catch(() => {});
    await asked(t.upstream);
    const others = [pull(two, digest), pull(three, digest), pull(two, digest)];
    await until(
      "half of it is here",
      async () => await metric(two, "berth_peer_bytes_total", "received") > SIZE / 3,
    );
    if (signal === "SIGSTOP") Deno.kill(one.pid, signal);
    else await one.stop(signal);
    for (const client of await Promise.all(others)) assert.equal(client.digest, digest);
    if (signal === "SIGSTOP") Deno.kill(one.pid, "SIGCONT");
    await lost;
    const starts = gets(t.upstream);
    // One that is stopped in order may come to its end first.
    assert.ok(starts.length === 2 || signal === "SIGTERM", starts.join());
    assert.notEqual(starts[1], "GET 0", "it goes on where it was");
  });
}

Deno.test("cluster, without its coordinator each Berth fetches for itself, and afterwards they share again", async () => {
  const blobs = [4, 5, 6, 7].map(blob);
  await using t = await lab(blobs);
  const [one, two] = t.members as [Berth, Berth];
  t.upstream.pace = Infinity;
  const both = async (at: number) => {
    const { digest } = blobs[at]!;
    const before = gets(t.upstream).length;
    for (const client of await Promise.all([one, two].map((berth) => pull(berth, digest)))) {
      assert.equal(client.digest, digest);
    }
    return gets(t.upstream).length - before;
  };
  t.valkey.signal("SIGSTOP");
  assert.equal(await both(0), 2, "it hangs");
  t.valkey.signal("SIGCONT");
  await t.valkey.stop();
  assert.equal(await both(1), 2, "it is away");
  const { cluster } = await (await fetch(`${one.url}/readyz`)).json();
  assert.ok(cluster, "readyz says why");
  assert.match(await one.output(), /check cluster\.url/);
  await t.valkey.again();
  await until(
    "it is asked again",
    async () =>
      (await (await fetch(`${one.url}/readyz`)).json()).cluster === undefined &&
      (await (await fetch(`${two.url}/readyz`)).json()).cluster === undefined,
    30_000,
  );
  t.upstream.pace = 24 * MIB;
  assert.equal(await both(2), 1, "it is back, and empty");
});

Deno.test("cluster, content on its way at a peer is for those alone who may have it", async () => {
  const { digest } = blob(8);
  const mine = "Basic " + btoa("me:right");
  await using t = await lab([blob(8)], { hub: { auth: { mode: "client" } } });
  const [one, two] = t.members as [Berth, Berth];
  t.upstream.allowed = [mine];
  const allowed = pull(one, digest, { headers: { authorization: mine } });
  await asked(t.upstream);
  for (const headers of [{}, { authorization: "Basic " + btoa("you:wrong") }]) {
    const refused = await fetch(`${two.url}/v2/org/app/blobs/${digest}`, { headers });
    await refused.body?.cancel();
    assert.equal(refused.status, 401);
  }
  const also = pull(two, digest, { headers: { authorization: mine } });
  assert.equal((await allowed).digest, digest);
  assert.equal((await also).digest, digest);
  assert.deepEqual(gets(t.upstream), ["GET 0"]);
});

Deno.test("cluster, the peer port gives nothing to whoever lacks the secret, and names what is wrong", async () => {
  const { digest } = blob(9);
  await using t = await lab([blob(9)]);
  const [one] = t.members as [Berth];
  await pull(one, digest);
  const [port] = t.ports;
  for (const header of ["", `${Date.now()} ${"0".repeat(64)}`, "x"]) {
    const response = await fetch(`http://127.0.0.1:${port}/peer/v1/blobs/${digest}`, {
      headers: header ? { "x-berth-peer": header } : {},
    });
    assert.equal(response.status, 403);
    assert.equal(await response.text(), "cluster.secret differs, or this is no peer\n");
  }
  await using other = await startBerth({
    default_registry: "hub",
    registries: { hub: { url: t.upstream.url } },
    cluster: { url: t.valkey.url, secret: "quite another secret", listen: "127.0.0.1:0" },
  });
  await until(
    "it is told",
    async () => /cluster\.secret differs/.test(await other.output()),
    30_000,
  );
});

Deno.test("cluster, one that others cannot reach where it says it is tells so itself", async () => {
  await using t = await lab([]);
  const nowhere = `127.0.0.1:${freePort()}`;
  await using lost = await startBerth({
    default_registry: "hub",
    registries: { hub: { url: t.upstream.url } },
    cluster: { url: t.valkey.url, secret: SECRET, listen: "127.0.0.1:0", advertise: nowhere },
  });
  const words = new RegExp(
    `his Berth cannot be reached at ${nowhere} by .*: check cluster\\.advertise`,
  );
  await until("the log says so", async () => words.test(await lost.output()), 60_000);
  const { cluster } = await (await fetch(`${lost.url}/readyz`)).json();
  assert.match(cluster, words);
  const { notices } = await api<Status>(lost, "/status");
  assert.ok(notices.some(({ id, detail }) => id === "cluster" && words.test(detail)));
});

Deno.test("cluster, how far a clock is from the coordinator's is known", async () => {
  await using valkey = await startValkey();
  const clock = { ...systemClock, now: () => Date.now() + 75_000 };
  await using coordinator = valkeyCoordinator(valkey.url, { clock });
  await coordinator.join();
  assert.ok(Math.abs(coordinator.ahead - 75_000) < 5000, `${coordinator.ahead}`);
});

/** What the dashboard's API of `berth` says. */
async function api<T>(berth: Berth, path: string): Promise<T> {
  const response = await fetch(`${berth.admin}/api/v1${path}`);
  assert.equal(response.status, 200, `${path}: ${response.status}`);
  return await response.json();
}

Deno.test("cluster, each dashboard shows the sums of all, whose requests they were, and who is silent", async () => {
  const { digest } = blob(10);
  await using t = await lab([blob(10)], { members: 3 });
  t.upstream.pace = Infinity;
  for (const berth of t.members) assert.equal((await pull(berth, digest)).digest, digest);
  const [one, two, three] = t.members as [Berth, Berth, Berth];
  const { cluster } = await api<Status>(one, "/status");
  assert.equal(cluster?.peers.length, 2);
  const ids: string[] = [];
  for (const berth of t.members) ids.push((await api<Status>(berth, "/status")).cluster!.id);
  const [, second, third] = ids as [string, string, string];
  for (const berth of t.members) {
    const stats = () => api<Stats>(berth, "/stats?period=1h");
    await until("all answer", async () => (await stats()).members?.silent.length === 0);
    const { total, series, registries, members } = await stats();
    assert.equal(members?.asked, 3);
    assert.equal(total.hits + total.misses, 3);
    assert.equal(series.reduce((sum, { hits, misses }) => sum + hits + misses, 0), 3);
    assert.deepEqual(registries.map(({ name, requests }) => [name, requests]), [["hub", 3]]);
  }
  const { items } = await api<Activity>(one, `/activity?kind=blob&member=${second}`);
  assert.equal(items.length, 1);
  const entry = await api<RequestDetails>(three, `/activity/${items[0]!.id}`);
  assert.equal(entry.member, second);
  Deno.kill(three.pid, "SIGSTOP");
  try {
    await until("the one that hangs is named", async () => {
      const { total, members } = await api<Stats>(two, "/stats?period=1h");
      if (members!.silent.length === 0) return false;
      assert.deepEqual(members, { asked: 3, silent: [third] });
      assert.equal(total.hits + total.misses, 2);
      return true;
    });
    const late = await fetch(`${two.admin}/api/v1/activity?member=${third}`);
    assert.equal(late.status, 504);
    assert.match((await late.json()).title, /did not answer in time/);
  } finally {
    Deno.kill(three.pid, "SIGCONT");
  }
});

Deno.test("cluster, who signs in on one dashboard is signed in on all, and who signs out is out of all; tokens and decisions too", async () => {
  const password = "the tests' own";
  const password_hash = await hashPassword(password);
  await using t = await lab([], { settings: { admin: { password_hash, metrics: "public" } } });
  const [one, two] = t.members as [Berth, Berth];
  const call = async (berth: Berth, path: string, init: RequestInit = {}) => {
    const response = await fetch(`${berth.admin}/api/v1${path}`, init);
    await response.body?.cancel();
    return response;
  };
  const signIn = async (berth: Berth) => {
    const body = JSON.stringify({ username: "admin", password });
    const headers = { "content-type": "application/json" };
    const response = await call(berth, "/login", { method: "POST", headers, body });
    assert.equal(response.status, 200);
    return { cookie: response.headers.get("set-cookie")!.split(";")[0]! };
  };
  const headers = await signIn(one);
  assert.equal((await call(two, "/status", { headers })).status, 200);
  await two.restart();
  assert.equal((await call(two, "/status", { headers })).status, 200, "after a restart");
  const made = await fetch(`${one.admin}/api/v1/tokens`, {
    method: "POST",
    headers: {
      ...headers,
      origin: new URL(one.admin).origin,
      "content-type": "application/json",
    },
    body: JSON.stringify({ name: "ci", scopes: ["read"], expires: null }),
  });
  assert.equal(made.status, 200);
  const { id, token } = await made.json();
  const bearer = { authorization: `Bearer ${token}` };
  const statusAt = async (berth: Berth) =>
    (await call(berth, "/status", { headers: bearer })).status;
  await until("the token is good at the other one", async () => await statusAt(two) === 200);
  const out = { ...headers, origin: new URL(two.admin).origin };
  const revoked = await call(two, `/tokens/${id}`, { method: "DELETE", headers: out });
  assert.equal(revoked.status, 204);
  await until("it is over at both", async () => await statusAt(one) === 401, 15_000);
  const release = {
    method: "POST",
    headers: { ...out, "content-type": "application/json" },
    body: JSON.stringify({ image: "hub/org/*:*" }),
  };
  assert.equal((await call(two, "/trust/release", release)).status, 204);
  const releasedAt = async (berth: Berth): Promise<number> => {
    const response = await fetch(`${berth.admin}/api/v1/trust/decisions`, { headers });
    return (await response.json()).released.length;
  };
  await until(
    "what was let through at the other one is let through here",
    async () => await releasedAt(one) === 1,
  );
  // One that has lost its file, as one that joins later, asks the others.
  await Deno.remove(`${two.cacheDir}/trust.json`);
  await two.restart("SIGKILL");
  await until("it is let through at who lost it", async () => await releasedAt(two) === 1, 15_000);
  assert.equal((await call(two, "/logout", { method: "POST", headers: out })).status, 204);
  assert.equal((await call(one, "/status", { headers })).status, 401);
  assert.equal((await call(two, "/status", { headers })).status, 401);

  // While the coordinator is away each knows what it was told itself, and tells it later.
  const other = await signIn(two);
  await t.valkey.stop();
  const late = { ...other, origin: new URL(one.admin).origin };
  assert.equal((await call(one, "/logout", { method: "POST", headers: late })).status, 204);
  assert.equal((await call(one, "/status", { headers: other })).status, 401);
  const third = await signIn(one);
  await t.valkey.again();
  await until("the other one knows", async () => {
    await call(one, "/status", { headers: third });
    return (await call(two, "/status", { headers: other })).status === 401;
  }, 30_000);
});

Deno.test("cluster, what a client has proven at one Berth is proven at all; a wrong password counts at all", async () => {
  const { digest } = blob(11);
  const mine = "Basic " + btoa("me:right");
  const password_hash = await hashPassword("right");
  await using t = await lab([blob(11)], {
    hub: { auth: { mode: "client" } },
    settings: { admin: { password_hash, metrics: "public" } },
  });
  const [one, two] = t.members as [Berth, Berth];
  t.upstream.pace = Infinity;
  t.upstream.allowed = [mine];
  const headers = { authorization: mine };
  for (const berth of [one, two]) await pull(berth, digest, { headers });
  const before = t.upstream.asked.length;
  for (const berth of [two, one]) {
    assert.equal((await pull(berth, digest, { headers })).digest, digest);
  }
  assert.equal(t.upstream.asked.length, before);

  const guess = async (berth: Berth) => {
    const response = await fetch(`${berth.admin}/api/v1/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: "admin", password: "wrong" }),
    });
    await response.body?.cancel();
    return response.status;
  };
  for (const berth of [one, two, one, two, one]) assert.equal(await guess(berth), 401);
  for (const berth of [one, two]) assert.equal(await guess(berth), 429);
  await t.valkey.stop();
  assert.equal(await guess(two), 401, "each counts for itself");
});
