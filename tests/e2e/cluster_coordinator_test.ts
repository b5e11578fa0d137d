/** The ways in which a coordinator is run, and what happens there while Berths depend on it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type FakeImage, image } from "../fake/content.ts";
import { freePort } from "../fake/ports.ts";
import { startBerth } from "./harness/berth.ts";
import { makeAuthority, makeServerCertificate } from "./harness/certificates.ts";
import { type Cluster, metric, startCluster } from "./harness/cluster.ts";
import { patientClient } from "./harness/patient_client.ts";
import { scratchDir } from "./harness/scratch.ts";
import { type SlowRegistry, startSlowRegistry } from "./harness/slow_registry.ts";
import { startValkey } from "./harness/valkey.ts";
import { startSecureValkey, startSentinels, startShards } from "./harness/valkey_sets.ts";
import { until } from "./harness/wait.ts";

const MIB = 2 ** 20;

type Named = readonly [name: string, image: FakeImage];

/** A registry with images of one layer each, `team/app-0` and so on, which it gives in a second. */
function registryOf(count: number): { upstream: SlowRegistry; images: Named[] } {
  const images = Array.from({ length: count }, (_, i): Named => {
    return [`team/app-${i}`, image({ seed: 80 + i, layers: [2 * MIB] })];
  });
  const blobs = images.flatMap(([, one]) => one.blobs);
  const upstream = startSlowRegistry(
    new Map(blobs.map(({ digest, bytes }) => [digest, bytes])),
    new Map(images),
  );
  upstream.pace = 2 * MIB;
  return { upstream, images };
}

/** All members are asked for an image at once; how often upstream was asked for each of its blobs. */
async function together(
  { members }: Cluster,
  upstream: SlowRegistry,
  [name, one]: Named,
): Promise<number> {
  const before = upstream.asked.length;
  await Promise.all(members.map(({ url }) => patientClient(url).pull(name, one)));
  const gets = upstream.asked.slice(before).filter((line) => line.startsWith("GET"));
  return gets.length / one.blobs.length;
}

/**
 * Takes one of `images` after the other until one is asked for once: on a busy machine a member may
 * have given up the coordinator for a while, and then asks by itself.
 */
async function shared(
  cluster: Cluster,
  upstream: SlowRegistry,
  images: Named[],
): Promise<void> {
  await until("they share again", async () => {
    const next = images.pop();
    if (!next) throw new Error("each was asked for twice");
    return await together(cluster, upstream, next) === 1;
  }, 60_000);
}

/** Resolves when no member has anything to say against the coordinator. */
const well = ({ members }: Cluster) =>
  until("the coordinator answers all", async () => {
    const up = await Promise.all(members.map((berth) => metric(berth, "berth_peers", "reached")));
    const ready = await Promise.all(
      members.map(async ({ url }) => (await (await fetch(`${url}/readyz`)).json()).cluster),
    );
    return up.every((count) => count === members.length - 1) && ready.every((it) => !it);
  }, 30_000);

/** Debian 12 has none; what CI does not find fails there. */
const absent = !Deno.env.get("CI") &&
  !(Deno.env.get("PATH") ?? "").split(":").some((dir) => existsSync(join(dir, "valkey-server")));
const skipped = absent ? ", skipped: there is no valkey-server in PATH" : "";

Deno.test({
  name: `coordinator, Valkey itself${skipped}`,
  ignore: absent,
  async fn() {
    await using server = await startValkey("valkey-server");
    const { upstream, images } = registryOf(8);
    await using _ = upstream;
    const options = { upstream: upstream.url, members: 3, coordinator: server.url };
    await using cluster = await startCluster(options);
    await shared(cluster, upstream, images);
  },
});

Deno.test("coordinator, by TLS with an authority of its own and a user who may do little", async () => {
  await using dir = await scratchDir("tls");
  const authority = await makeAuthority(dir.path);
  const pair = await makeServerCertificate(dir.path, authority);
  await using server = await startSecureValkey(pair, "pier", "a-word");
  const { upstream, images } = registryOf(8);
  await using _ = upstream;
  await using cluster = await startCluster({
    upstream: upstream.url,
    members: 2,
    coordinator: server.url,
    cluster: { ca_file: authority.certFile },
  });
  await shared(cluster, upstream, images);

  const wrong = server.url.replace("a-word", "another");
  for (
    const [url, ca_file, words] of [
      [wrong, authority.certFile, /WRONGPASS/],
      [server.url, undefined, /certificate|self.signed|issuer/i],
    ] as const
  ) {
    const listen = `127.0.0.1:${freePort()}`;
    await using berth = await startBerth({
      cluster: { url, ...(ca_file && { ca_file }), secret: "one of sixteen or more", listen },
    });
    await until("log and readyz say why", async () => {
      const { cluster: problem = "" } = await (await fetch(`${berth.url}/readyz`)).json();
      return words.test(problem) && words.test(await berth.output());
    }, 30_000);
    assert.doesNotMatch(await berth.output(), /a-word|another/);
  }
});

/** Two members share by the `coordinator`, ask at most twice while it moves, and share again. */
async function sharedAfter(move: () => Promise<unknown>, coordinator: string): Promise<void> {
  const { upstream, images } = registryOf(8);
  await using _ = upstream;
  await using cluster = await startCluster({ upstream: upstream.url, members: 2, coordinator });
  await shared(cluster, upstream, images);
  const [, during] = await Promise.all([move(), together(cluster, upstream, images.shift()!)]);
  assert.ok(during <= 2, `${during}`);
  await well(cluster);
  await shared(cluster, upstream, images);
}

Deno.test("coordinator, a sentinel puts another server in its place", async () => {
  await using servers = await startSentinels();
  await sharedAfter(() => servers.failOver(), servers.url);
});

Deno.test("coordinator, in Cluster mode the slot of the keys moves to another server", async () => {
  await using servers = await startShards();
  await sharedAfter(() => servers.move(), servers.url);
});

Deno.test("coordinator, whatever is in it is lost: what is under way goes on", async () => {
  await using server = await startValkey();
  const { upstream, images } = registryOf(8);
  await using _ = upstream;
  const options = { upstream: upstream.url, members: 2, coordinator: server.url };
  await using cluster = await startCluster(options);
  const [during] = await Promise.all([
    together(cluster, upstream, images.shift()!),
    until("it is asked", () => Promise.resolve(upstream.asked.length > 0))
      .then(() => server.command("flushall")),
  ]);
  assert.ok(during <= 2, `${during}`);
  await well(cluster);
  await shared(cluster, upstream, images);
});
