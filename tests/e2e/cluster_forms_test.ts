/** Three Berths behind nginx in each of the forms that docs/replicas.md and docs/depot.md name. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { deterministicBytes, digestOf, type FakeImage, image } from "../fake/content.ts";
import { registrySettings } from "./harness/berth.ts";
import { type Cluster, type ClusterOptions, startCluster } from "./harness/cluster.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startDocker } from "./harness/docker.ts";
import { startS3 } from "./harness/go_tools.ts";
import { buildImage } from "./harness/image.ts";
import { patientClient } from "./harness/patient_client.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";
import { type SlowRegistry, startSlowRegistry } from "./harness/slow_registry.ts";
import { startValkey } from "./harness/valkey.ts";
import { until } from "./harness/wait.ts";

const MIB = 2 ** 20;
const NAME = "team/app";

const gets = ({ asked }: SlowRegistry) => asked.filter((line) => line.startsWith("GET")).length;

interface Form {
  coordinator: boolean;
  store: boolean;
  /** What they ask upstream for altogether when each is asked for all blobs, one after the other. */
  asked: (blobs: number) => number;
}

const FORMS: Record<string, Form> = {
  "a coordinator without a depot": { coordinator: true, store: false, asked: (blobs) => blobs },
  "a depot without a coordinator": { coordinator: false, store: true, asked: (blobs) => blobs },
  "neither": { coordinator: false, store: false, asked: (blobs) => 3 * blobs },
};

/** Each member is asked for `one` by itself. */
async function pullAtEach({ members }: Cluster, one: FakeImage): Promise<void> {
  for (const berth of members) await patientClient(berth.url).pull(NAME, one);
}

for (const [name, form] of Object.entries(FORMS)) {
  Deno.test(`cluster, ${name}: it pulls, shares what it can, and one that is killed is not missed`, async () => {
    await using stack = new AsyncDisposableStack();
    const [calm, struck] = [1, 2].map((seed) => image({ seed, layers: [2 * MIB, 3 * MIB] })) as [
      FakeImage,
      FakeImage,
    ];
    const blobs = [calm, struck].flatMap((one) => one.blobs);
    const known = new Map(blobs.map(({ digest, bytes }) => [digest, bytes as Uint8Array]));
    const images = new Map([[NAME, calm], ["team/other", struck]]);
    const upstream = stack.use(startSlowRegistry(known, images));
    const options: ClusterOptions = { upstream: upstream.url };
    if (form.coordinator) options.coordinator = stack.use(await startValkey()).url;
    const store = form.store ? stack.use(await startS3()) : undefined;
    if (store) options.store = store;
    const cluster = stack.use(await startCluster(options));

    await patientClient(cluster.members[0]!.url).pull(NAME, calm);
    if (store) {
      await until("the bucket", async () => {
        const keys = (await store.keysOf()).filter((key) => key.includes("/v1/blobs/"));
        return keys.length === calm.blobs.length + calm.manifests.length;
      });
    }
    await pullAtEach(cluster, calm);
    assert.equal(gets(upstream), form.asked(calm.blobs.length));

    upstream.pace = 2 * MIB;
    const half = Promise.withResolvers<void>();
    const client = patientClient(cluster.url, () => {
      if (client.received > 2 * MIB) half.resolve();
    });
    const pulls = Promise.all(Array.from({ length: 6 }, () => client.pull("team/other", struck)));
    await half.promise;
    await cluster.members[1]!.stop("SIGKILL");
    await pulls;
    assert.ok(gets(upstream) <= form.asked(calm.blobs.length) + 6 * struck.blobs.length);
  });
}

Deno.test("cluster, docker, containerd and skopeo pull through nginx from three Berths, one of which goes", async () => {
  await using scratch = await scratchDir("clients");
  const real = await buildImage(join(scratch.path, "image"), 12_000_000);
  await using registry = await startRegistry();
  await seed(registry, "library/app", real);
  await using valkey = await startValkey();
  await using store = await startS3();
  await using cluster = await startCluster({
    upstream: registry.url,
    coordinator: valkey.url,
    store,
    settings: { registries: { docker: registrySettings(registry) } },
  });
  await using docker = await startDocker(cluster.url);
  await using containerd = await startContainerd([{ namespace: "docker.io", host: cluster.url }]);
  let pulled = 0;
  const all = async () => {
    const at = join(scratch.path, `pulled-${pulled++}`);
    await Promise.all([
      docker.docker("pull", "--quiet", `app:${real.tag}`),
      containerd.fetchAll(`docker.io/library/app:${real.tag}`),
      skopeoPull(`${cluster.host}/library/app:${real.tag}`, at),
    ]);
    assert.deepEqual(await layoutDigests(at), real.digests);
  };
  await all();
  await docker.holds(`app:${real.tag}`, real.platforms.amd64);
  const held = await containerd.content();
  for (const digest of real.digests) assert.ok(held.has(digest), digest);
  await docker.docker("image", "rm", `app:${real.tag}`);
  await cluster.members[0]!.stop("SIGKILL");
  await all();
});

Deno.test("cluster, an upload that begins at one Berth ends at another", async () => {
  await using registry = await startRegistry();
  await using valkey = await startValkey();
  await using cluster = await startCluster({
    upstream: registry.url,
    coordinator: valkey.url,
    settings: { allow_push: true, registries: { docker: registrySettings(registry) } },
  });
  const [one, two, three] = cluster.members.map(({ url }) => url) as [string, string, string];
  const bytes = deterministicBytes(100_000, 5);
  const digest = digestOf(bytes);
  const at = (base: string, answer: Response) => {
    const { pathname, search } = new URL(answer.headers.get("location")!, base);
    return pathname + search;
  };
  const begun = await fetch(`${one}/v2/${NAME}/blobs/uploads/`, { method: "POST" });
  await begun.body?.cancel();
  assert.equal(begun.status, 202);
  const sent = await fetch(two + at(one, begun), {
    ...{ method: "PATCH", body: bytes },
    headers: { "content-type": "application/octet-stream" },
  });
  await sent.body?.cancel();
  assert.equal(sent.status, 202);
  const where = at(two, sent);
  const ended = await fetch(`${three}${where}${where.includes("?") ? "&" : "?"}digest=${digest}`, {
    method: "PUT",
  });
  assert.equal(ended.status, 201, await ended.text());
  const stored = await fetch(`${registry.url}/v2/${NAME}/blobs/${digest}`);
  assert.equal(digestOf(await stored.bytes()), digest);
});
