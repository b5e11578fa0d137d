/** What deploy/replicas puts together, with its own files, as processes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Stats } from "../../ui/api/schema/stats.ts";
import { text, values } from "../deploy/files.ts";
import { freePort } from "../fake/ports.ts";
import { type Berth, registrySettings, type Settings, startBerth } from "./harness/berth.ts";
import { startS3 } from "./harness/go_tools.ts";
import { buildImage } from "./harness/image.ts";
import { startNginx } from "./harness/nginx.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";
import { startValkey } from "./harness/valkey.ts";
import { until } from "./harness/wait.ts";

/** berth.yaml, with what stands elsewhere in the test. */
function settingsFor(places: { valkey: string; store: Settings; hub: Settings }): Settings {
  const { admin: _, cluster, cache, ...rest } = values("deploy/replicas/berth.yaml") as {
    admin: unknown;
    cluster: Settings;
    cache: { depot: Settings };
  };
  const port = freePort();
  return {
    ...rest,
    trusted_proxies: ["127.0.0.1"],
    registries: { docker: places.hub },
    cluster: {
      ...cluster,
      ...{ url: places.valkey, secret: "a secret of the tests' own" },
      ...{ listen: `127.0.0.1:${port}`, advertise: `127.0.0.1:${port}` },
    },
    cache: { ...cache, depot: { ...cache.depot, ...places.store } },
  };
}

/** nginx.conf, for `members` on other ports. */
function nginxFor(members: readonly Berth[], ports: { registry: number; dashboard: number }) {
  let conf = text("deploy/replicas/nginx.conf")
    .replace("listen 8080;", `listen 127.0.0.1:${ports.registry};`)
    .replace("listen 8081;", `listen 127.0.0.1:${ports.dashboard};`);
  members.forEach(({ url, admin }, i) => {
    conf = conf.replace(`berth-${i + 1}:8080`, new URL(url).host)
      .replace(`berth-${i + 1}:8081`, new URL(admin).host);
  });
  return conf;
}

Deno.test("replicas, three behind nginx pull each blob once, and go on when one is killed", async () => {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("replicas")).path;
  const image = await buildImage(join(dir, "image"), 8_000_000);
  const upstream = stack.use(await startRegistry());
  await seed(upstream, "library/app", image);
  const valkey = stack.use(await startValkey());
  const store = stack.use(await startS3());
  const { accessKeyId, secretAccessKey } = store.keys;
  const keys = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  const places = {
    valkey: valkey.url,
    store: { endpoint: store.url, ...keys },
    hub: registrySettings(upstream),
  };
  const members: Berth[] = [];
  for (let i = 0; i < 3; i++) members.push(stack.use(await startBerth(settingsFor(places))));
  const ports = { registry: freePort(), dashboard: freePort() };
  stack.use(await startNginx(dir, ports.registry, nginxFor(members, ports)));
  const stats = async (): Promise<Stats> =>
    await (await fetch(`http://127.0.0.1:${ports.dashboard}/api/v1/stats?period=1h`)).json();
  await until("all are together", async () => (await stats()).members?.asked === 3);

  let count = 0;
  const pull = async (host: string) => {
    const to = join(dir, `pull${count++}`);
    await skopeoPull(`${host}/app:${image.tag}`, to);
    assert.deepEqual(await layoutDigests(to), image.digests);
  };
  const front = `localhost:${ports.registry}`;
  for (const host of [front, ...members.map(({ host }) => host), front]) await pull(host);
  const led = await Promise.all(members.map(async ({ admin }) => {
    const figures = await (await fetch(`${admin}/metrics`)).text();
    return Number(/berth_peer_fills_total\{how="led"\} (\d+)/.exec(figures)?.[1] ?? 0);
  }));
  const blobs = image.digests.size;
  assert.ok(led.reduce((a, b) => a + b) <= blobs, `${led} of ${blobs}`);
  await until("all answer, and all was counted", async () => {
    const { members: asked, total } = await stats();
    return asked?.asked === 3 && asked.silent.length === 0 && total.pulls >= 5;
  });
  await until(
    "the bucket has it all",
    async () => (await store.keysOf()).filter((key) => key.includes("/blobs/")).length === blobs,
  );

  await members[1]!.stop("SIGKILL");
  for (let i = 0; i < 3; i++) await pull(front);
});
