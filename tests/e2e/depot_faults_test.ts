/** A depot that is slow, or has lost or spoilt what it was given, and members of which one is unwell. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type FakeImage, image } from "../fake/content.ts";
import { freePort } from "../fake/ports.ts";
import { NOBODY } from "./harness/account.ts";
import { startBerth } from "./harness/berth.ts";
import { depotIn, metric, startCluster, together } from "./harness/cluster.ts";
import { type S3Store, startS3 } from "./harness/go_tools.ts";
import { patientClient } from "./harness/patient_client.ts";
import { run } from "./harness/process.ts";
import { startRelay } from "./harness/relay.ts";
import { scratchDir } from "./harness/scratch.ts";
import { type SlowRegistry, startSlowRegistry } from "./harness/slow_registry.ts";
import { startValkey } from "./harness/valkey.ts";
import { until } from "./harness/wait.ts";

const MIB = 2 ** 20;
const NAME = "team/app";
const LAYERS = [300_000, 5 * MIB];

/** A registry with one image as `team/app`. */
function registryOf(one: FakeImage): SlowRegistry {
  const blobs = new Map(one.blobs.map(({ digest, bytes }) => [digest, bytes]));
  return startSlowRegistry(blobs, new Map([[NAME, one]]));
}

const berthAt = (upstream: SlowRegistry, store: S3Store, port?: number) =>
  startBerth({
    default_registry: "docker",
    registries: { docker: { url: upstream.url } },
    cache: { depot: depotIn(store, port) },
  });

/** The bucket's blobs, by key, once all of `one` is there. */
async function stored(store: S3Store, one: FakeImage): Promise<string[]> {
  let keys: string[] = [];
  await until("the bucket", async () => {
    keys = (await store.keysOf()).filter((key) => key.includes("/v1/blobs/"));
    return keys.length === one.blobs.length + one.manifests.length;
  });
  return keys;
}

Deno.test("depot, a store that takes nothing keeps no client waiting", async () => {
  const one = image({ seed: 31, layers: LAYERS });
  await using upstream = registryOf(one);
  await using store = await startS3();
  await using relay = startRelay(store.port);
  await using berth = await berthAt(upstream, store, relay.port);
  const held = relay.holdAfter(MIB, "up");
  await patientClient(berth.url).pull(NAME, one);
  await held;
  await patientClient(berth.url).pull(NAME, one);
  relay.release();
  await stored(store, one);
});

for (
  const [what, spoil] of [
    ["has lost", (file: string) => Deno.remove(file)],
    ["has other bytes of", async (file: string) => {
      const bytes = await Deno.readFile(file);
      bytes.fill(1, bytes.length - 1000);
      await Deno.writeFile(file, bytes);
    }],
  ] as const
) {
  Deno.test(`depot, what it ${what} comes from upstream, and is put there again`, async () => {
    const one = image({ seed: 32, layers: LAYERS });
    await using upstream = registryOf(one);
    await using store = await startS3();
    {
      await using berth = await berthAt(upstream, store);
      await patientClient(berth.url).pull(NAME, one);
      const keys = await stored(store, one);
      for (const { digest } of one.blobs) {
        const key = keys.find((key) => key.endsWith(digest.slice("sha256:".length)))!;
        await spoil(store.fileOf(key));
      }
    }
    const before = upstream.asked.length;
    await using berth = await berthAt(upstream, store);
    await patientClient(berth.url).pull(NAME, one);
    assert.ok(upstream.asked.length > before);
    await stored(store, one);
    await until("it is right again", async () => {
      await using other = await berthAt(upstream, store);
      const asked = upstream.asked.length;
      await patientClient(other.url).pull(NAME, one);
      return upstream.asked.slice(asked).every((line) => !line.startsWith("GET"));
    }, 60_000);
  });
}

Deno.test({
  name: "cluster, one whose disk is full passes on what comes, and the others store it",
  ignore: Deno.uid() !== 0, // Mounts take root.
  async fn() {
    const one = image({ seed: 33, layers: [12 * MIB] });
    await using upstream = registryOf(one);
    await using valkey = await startValkey();
    await using scratch = await scratchDir("full");
    const dir = join(scratch.path, "disk");
    await Deno.mkdir(dir);
    const options = `size=8m,uid=${NOBODY.uid},gid=${NOBODY.gid},mode=700`;
    await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", dir]);
    const cluster = { url: valkey.url, secret: "a secret of the tests' own" };
    const member = (cache: Record<string, unknown>) => {
      const at = `127.0.0.1:${freePort()}`;
      return startBerth({
        default_registry: "docker",
        registries: { docker: { url: upstream.url } },
        cluster: { ...cluster, listen: at, advertise: at },
        cache,
      });
    };
    await using full = await member({ dir });
    await using other = await member({});
    await together([full, other]);
    upstream.pace = 8 * MIB;
    const first = patientClient(full.url).pull(NAME, one);
    await until("it is asked", () => Promise.resolve(upstream.asked.length > 0));
    await Promise.all([first, patientClient(other.url).pull(NAME, one)]);
    assert.ok(upstream.asked.filter((line) => line.startsWith("GET")).length <= 4);
    const before = upstream.asked.length;
    await patientClient(other.url).pull(NAME, one);
    assert.equal(upstream.asked.length, before, "the other one has it on its disk");
  },
});

Deno.test("cluster, beside a version that knows none of the paths each asks for itself", async () => {
  const one = image({ seed: 34, layers: [2 * MIB] });
  await using upstream = registryOf(one);
  upstream.pace = 2 * MIB;
  await using valkey = await startValkey();
  // Whoever is asked to lead to the first one comes to a port where everything is unknown.
  await using old = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("unknown\n", { status: 404 }),
  );
  const advertise = `127.0.0.1:${old.addr.port}`;
  await using cluster = await startCluster({
    ...{ upstream: upstream.url, members: 1, coordinator: valkey.url },
    cluster: { advertise },
  });
  await using newer = await startCluster({
    ...{ upstream: upstream.url, members: 1, coordinator: valkey.url },
    apart: true,
  });
  const [first, second] = [cluster, newer].map(({ members }) => members[0]!);
  const gets = () => upstream.asked.filter((line) => line.startsWith("GET")).length;
  const leads = patientClient(first!.url).pull(NAME, one);
  await until("both blobs are asked for", () => Promise.resolve(gets() === one.blobs.length));
  await Promise.all([leads, patientClient(second!.url).pull(NAME, one)]);
  assert.ok(gets() > one.blobs.length && gets() <= 2 * one.blobs.length, `${gets()}`);
  assert.equal(await metric(second!, "berth_peer_bytes_total", "received"), 0);
});
