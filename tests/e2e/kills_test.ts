/** Berths of a cluster that go and come back all the time, and clients that notice nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type FakeImage, image } from "../fake/content.ts";
import type { Berth } from "./harness/berth.ts";
import { type Cluster, startCluster } from "./harness/cluster.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startS3 } from "./harness/go_tools.ts";
import { type PatientClient, patientClient } from "./harness/patient_client.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, skopeoPull } from "./harness/skopeo.ts";
import { startSlowRegistry } from "./harness/slow_registry.ts";
import { startValkey } from "./harness/valkey.ts";

const IMAGES = 60;
const KILLS = 100;
const PULLS_A_KILL = 20;
const CLIENTS = 10;
const KIB = 1024;
/** Milliseconds; as short as it may be, so that one that hangs is found out often. */
const LEASE = 1000;
const WAYS = ["SIGKILL", "SIGSTOP", "SIGTERM"] as const;

/** Numbers from 0 to 1 that depend on `seed` only. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function manyImages(): Map<string, FakeImage> {
  const sizes = [96 * KIB, 64 * KIB, 160 * KIB];
  return new Map(
    Array.from({ length: IMAGES }, (_, i) => [
      `team/app-${i}`,
      image({ seed: 7000 + i, layers: sizes.map((size) => size + i * 16) }),
    ]),
  );
}

/** Ends or stops `berth`, and has it back. */
async function strike(berth: Berth, way: typeof WAYS[number]): Promise<void> {
  if (way !== "SIGSTOP") return await berth.restart(way);
  Deno.kill(berth.pid, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, LEASE * 1.4));
  Deno.kill(berth.pid, "SIGCONT");
}

/** Pulls `count` images: of each few one that nobody has asked for yet, while there are such. */
async function pulls(
  client: PatientClient,
  names: readonly (readonly [string, FakeImage])[],
  random: () => number,
): Promise<void> {
  const chosen = Array.from({ length: PULLS_A_KILL }, () => {
    const newest = random() < 0.3;
    return names[newest ? names.length - 1 : Math.floor(random() * names.length)]!;
  });
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    for (let next = chosen.pop(); next; next = chosen.pop()) await client.pull(...next);
  }));
}

/**
 * Runs `pull` again where it fails, as kubelet does: `ctr` asks for a manifest once, and skopeo goes on
 * with a broken body only where a megabyte of it had come.
 */
async function again(pull: () => Promise<void>, attempts = 5): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await pull();
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

/** The runtimes' own clients, over and over until `over`; what they give up on is thrown. */
async function runtimes(
  { host, url }: Cluster,
  images: Map<string, FakeImage>,
  over: () => boolean,
): Promise<number> {
  await using scratch = await scratchDir("runtimes");
  await using containerd = await startContainerd([{ namespace: "docker.io", host: url }]);
  let count = 0;
  for (const [name, { blobs, manifests }] of images) {
    if (over()) break;
    const at = join(scratch.path, `image-${count++}`);
    const wanted = new Set([...blobs, ...manifests].map(({ digest }) => digest));
    await again(() => skopeoPull(`${host}/${name}:latest`, at, ["--retry-times", "5"]));
    assert.deepEqual(await layoutDigests(at), wanted);
    await again(() => containerd.fetchAll(`docker.io/${name}:latest`));
    const held = await containerd.content();
    for (const digest of wanted) assert.ok(held.has(digest), `${name}: ${digest}`);
  }
  return count;
}

Deno.test("kills, a hundred during two thousand pulls: no client fails, no byte is wrong", async () => {
  const images = manyImages();
  const blobs = new Map(
    [...images.values()].flatMap((one) => one.blobs.map(({ digest, bytes }) => [digest, bytes])),
  );
  await using upstream = startSlowRegistry(blobs, images);
  upstream.pace = KIB * KIB / 2;
  await using valkey = await startValkey();
  await using store = await startS3();
  await using cluster = await startCluster({
    upstream: upstream.url,
    coordinator: valkey.url,
    cluster: { lease: `${LEASE}ms` },
    store,
    registry: { manifests: { ttl: "1h" } },
    settings: { shutdown_grace: "500ms" },
  });
  const random = randomFrom(20_261);
  let strikeAt = Infinity;
  let armed = () => {};
  const client = patientClient(cluster.url, () => {
    if (client.received >= strikeAt) armed();
  });
  const names = [...images];
  let over = false;
  const sampled = runtimes(cluster, images, () => over).finally(() => over = true);
  sampled.catch(() => {});
  const struck: Record<string, number> = {};
  for (let kill = 0; kill < KILLS; kill++) {
    const known = names.slice(0, Math.ceil((kill + 1) / KILLS * IMAGES));
    const bytes = PULLS_A_KILL * 0.8 * 320 * KIB * random();
    const [member, way] = [Math.floor(random() * 3), WAYS[Math.floor(random() * 3)]!];
    struck[way] = (struck[way] ?? 0) + 1;
    const due = Promise.withResolvers<void>();
    armed = due.resolve;
    strikeAt = client.received + bytes;
    const gone = due.promise.then(() => strike(cluster.members[member]!, way));
    await Promise.all([pulls(client, known, random), gone]);
  }
  over = true;
  const sample = await sampled;
  const gets = upstream.asked.filter((line) => line.startsWith("GET")).length;
  const facts =
    `${JSON.stringify(struck)}, ${client.repeated} requests repeated, ${sample} images ` +
    `pulled by runtimes, ${gets} GETs for ${blobs.size} blobs`;
  Deno.stdout.writeSync(new TextEncoder().encode(`${facts}\n`));
  assert.ok(gets <= blobs.size + KILLS, facts);
  assert.ok(sample > 0, facts);
});
