/** Berth in crproxy's place: `berth -listen=:8080 -domain-suffix=… -registry-map=… -cache-dir=…`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { image as fakeImage, OCI_MANIFEST } from "../fake/content.ts";
import { send } from "../fake/http.ts";
import { fakeRegistry } from "../fake/registry.ts";
import { COMMAND } from "./harness/berth.ts";
import { configSays, type DropIn, type Invocation, migrated, startAs } from "./harness/dropin.ts";
import { buildImage } from "./harness/image.ts";
import { run } from "./harness/process.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed } from "./harness/skopeo.ts";
import { systemRoot } from "./harness/system_root.ts";
import { until } from "./harness/wait.ts";
import { freePort } from "../fake/ports.ts";

/** The example of crproxy's page, with registries of the test's in two places. */
function exampleMap(docker: string, quay: string): string {
  return JSON.stringify({
    default: docker,
    docker,
    ecr: "https://public.ecr.aws",
    gcr: "https://gcr.io",
    ghcr: "https://ghcr.io",
    k8s: "https://registry.k8s.io",
    k8sgcr: "https://k8s.gcr.io",
    quay,
  });
}

Deno.test({
  name: "crproxy, images by domain and by address, cached, from a map in a file",
  // The names of the domains stand in the client's own /etc/hosts, in a root of its own.
  ignore: Deno.uid() !== 0,
  async fn() {
    await using scratch = await scratchDir("crproxy");
    const image = await buildImage(join(scratch.path, "image"), 2_000_000);
    await using docker = await startRegistry();
    await using quay = await startRegistry();
    await seed(docker, "library/app", image);
    await seed(quay, "team/app", image);
    const port = freePort();
    await using berth = await startAs({
      args: [
        `-listen=127.0.0.1:${port}`,
        ...["-domain-suffix", "mydomain.com"],
        "-registry-map=registrymap.json",
        "-cache-dir=cache",
      ],
      env: { DEBUG: "1" },
      files: { "registrymap.json": exampleMap(docker.url, quay.url) },
      port,
    });
    assert.deepEqual(await (await fetch(`${berth.url}/healthz`)).json(), { status: "ok" });
    const help = await (await fetch(`${berth.url}/help`)).json();
    assert.equal(help.quay, quay.url);
    assert.equal(help.k8sgcr, "https://k8s.gcr.io");

    await using client = await systemRoot();
    const names = ["", "docker.", "quay.", "k8sgcr."].map((name) => `${name}mydomain.com`);
    await Deno.writeTextFile(join(client.path, "etc", "hosts"), `127.0.0.1 ${names.join(" ")}\n`);
    let count = 0;
    const pull = async (name: string) => {
      const dir = `/tmp/pulled-${++count}`;
      const copy = "skopeo --insecure-policy copy --quiet --all --src-tls-verify=false";
      await client.sh(`${copy} docker://${name}:${image.tag} oci:${dir}:pulled`);
      assert.deepEqual(await layoutDigests(join(client.path, dir)), image.digests, name);
    };
    const images = [
      `127.0.0.1:${port}/library/app`,
      `mydomain.com:${port}/library/app`,
      `docker.mydomain.com:${port}/library/app`,
      `quay.mydomain.com:${port}/team/app`,
    ];
    for (const name of images) await pull(name);
    await docker.stop();
    await quay.stop();
    for (const name of images) await pull(name);
    await assert.rejects(pull(`nosuch.mydomain.com:${port}/team/app`));
    assert.match(await berth.output(), / DEBUG /);
  },
});

Deno.test("crproxy, -version and -help", async () => {
  const [command = "", ...args] = COMMAND;
  assert.match(await run(command, [...args, "-version"]), /^berth \d+\.\d+\.\d+/);
  assert.match(await run(command, [...args, "-help"]), /Usage: berth/);
});

Deno.test("crproxy, without a cache nothing is written", async () => {
  await using upstream = await fakeRegistry({ images: { "team/app:1": fakeImage() } });
  const port = freePort();
  await using berth = await startAs({
    args: [`-listen=127.0.0.1:${port}`, `-default-registry=${upstream.url}`, "-cache-dir="],
    env: { BERTH_ADMIN_AUTH: "required" },
    port,
  });
  const response = await fetch(`${berth.url}/v2/team/app/manifests/1`);
  assert.equal(response.status, 200);
  await response.body?.cancel();
  await until("the password said", async () => /password [a-z2-9-]{23}/.test(await berth.output()));
  assert.deepEqual([...Deno.readDirSync(berth.dir)], []);
});

Deno.test("crproxy, -default-registry goes before the map's default", async () => {
  const one = fakeImage({ seed: 1 });
  const two = fakeImage({ seed: 2 });
  await using first = await fakeRegistry({ images: { "team/app:1": one } });
  await using second = await fakeRegistry({ images: { "team/app:1": two } });
  const port = freePort();
  await using berth = await startAs({
    args: [
      `-listen=127.0.0.1:${port}`,
      "-registry-map=registrymap.json",
      `-default-registry=${second.url}`,
    ],
    files: { "registrymap.json": exampleMap(first.url, "https://quay.io") },
    port,
  });
  const response = await fetch(`${berth.url}/v2/team/app/manifests/1`, {
    headers: { accept: OCI_MANIFEST },
  });
  assert.equal(response.headers.get("docker-content-digest"), two.root.digest);
  await response.body?.cancel();
});

Deno.test("crproxy, a map at a URL that is down or serves garbage: the last good copy", async () => {
  await using upstream = await fakeRegistry({ images: { "team/app:1": fakeImage() } });
  let answer = () => new Response(exampleMap(upstream.url, "https://quay.io"));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => answer());
  const url = `http://127.0.0.1:${server.addr.port}/registrymap.json`;
  await using scratch = await scratchDir("maps");
  await Deno.chmod(scratch.path, 0o777);
  const cacheDir = join(scratch.path, "cache");
  const starts = async (expected: string | undefined, says?: RegExp) => {
    const port = freePort();
    await using berth = await startAs({
      args: [`-listen=127.0.0.1:${port}`, `-registry-map=${url}`, `-cache-dir=${cacheDir}`],
      port,
    });
    const help = await (await fetch(`${berth.url}/help`)).json();
    assert.equal(help.docker, expected ?? "https://registry-1.docker.io");
    if (says) assert.match(await berth.output(), says);
  };
  const good = answer;
  answer = () => new Response("down", { status: 503 });
  await starts(undefined, /registry map \S+ cannot be used .*there is no copy of it yet/);
  answer = good;
  await starts(upstream.url);
  answer = () => new Response("<html>garbage");
  await starts(upstream.url, /expected JSON\): the last good copy of it stands in/);
  answer = () => Response.json({ quay: 5 });
  await starts(upstream.url, /the last good copy of it stands in/);
  await server.shutdown();
  await starts(upstream.url, /the last good copy of it stands in/);
});

Deno.test("crproxy, config print names each origin; config migrate writes what does the same", async () => {
  const image = fakeImage();
  await using docker = await fakeRegistry();
  await using quay = await fakeRegistry({ images: { "team/app:1": image } });
  const port = freePort();
  const invocation: Invocation = {
    args: [
      `-listen=127.0.0.1:${port}`,
      "-domain-suffix=mydomain.com",
      "-registry-map=registrymap.json",
      "-cache-dir=cache",
    ],
    env: { DEBUG: "1" },
    files: { "registrymap.json": exampleMap(docker.url, quay.url) },
  };
  await configSays(invocation, [
    "domain_suffix: mydomain.com # flag -domain-suffix",
    "  level: debug # environment DEBUG",
    `    url: ${quay.url} # registry map registrymap.json`,
    "  dir: cache # flag -cache-dir",
  ]);
  await using berth = await startAs({ ...await migrated(invocation), port });
  const target = "/v2/team/app/manifests/1";
  const headers = { accept: OCI_MANIFEST };
  const response = await send(berth.host, { host: "quay.mydomain.com", target, headers });
  assert.equal(response.headers.get("docker-content-digest"), image.root.digest);
});

/** Starts Berth as crproxy is with a cache and `url` as its default registry. */
function startCaching({ url }: { url: string }, ...args: string[]): Promise<DropIn> {
  const port = freePort();
  const own = [`-listen=127.0.0.1:${port}`, `-default-registry=${url}`, "-cache-dir=cache"];
  return startAs({ args: [...own, ...args], port });
}

/** That in front of a registry that sends blobs to a CDN, as Docker Hub does. */
async function hub() {
  await using stack = new AsyncDisposableStack();
  const images = { "library/app:1": fakeImage({ layers: [400_000, 1000] }) };
  const upstream = stack.use(await fakeRegistry({ images, redirect: { to: "cdn", once: true } }));
  const berth = stack.use(await startCaching(upstream));
  const layer = images["library/app:1"].blobs[1]!;
  const owned = stack.move();
  return {
    upstream,
    berth,
    layer,
    path: `/v2/library/app/blobs/${layer.digest}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The end of a download is told a moment before it is stored. */
async function stored({ berth, path }: { berth: { url: string }; path: string }): Promise<void> {
  await until("the blob stored", async () => {
    const response = await fetch(berth.url + path, { method: "HEAD" });
    return response.headers.get("cache-status") === "berth; hit";
  });
}

Deno.test("crproxy's hole, /token/<any URL> fetches anything: here it fetches nothing", async () => {
  await using setting = await hub();
  await using elsewhere = await fakeRegistry();
  const { upstream, berth } = setting;
  const host = new URL(berth.url).host;
  const targets = [
    `/token/${elsewhere.url}/secret`,
    `/token/${encodeURIComponent(`${elsewhere.url}/secret`)}`,
    `/token/${new URL(elsewhere.url).host}?scope=repository:a:pull`,
    `/token?realm=${elsewhere.url}/secret&service=x`,
    `/token//${new URL(elsewhere.url).host}/secret`,
  ];
  for (const target of targets) {
    const { status, body } = await send(host, { host, target });
    assert.ok(status >= 400 && status < 500, `${target}: ${status}`);
    await body?.cancel();
  }
  assert.equal(elsewhere.log.length, 0);
  // The watch looks at the registry by itself.
  assert.deepEqual(upstream.log.filter(({ path }) => path !== "/v2/"), []);
});

Deno.test("crproxy's hole, layers behind a redirect are never cached: here they are", async () => {
  await using setting = await hub();
  const { upstream, berth, layer, path } = setting;
  assert.deepEqual(await (await fetch(berth.url + path)).bytes(), layer.bytes);
  await stored(setting);
  assert.deepEqual(await (await fetch(berth.url + path)).bytes(), layer.bytes);
  assert.equal(upstream.count("GET", /./, "cdn"), 1);
});

Deno.test("crproxy's hole, hits skip Range: here a part is a part", async () => {
  await using setting = await hub();
  const { berth, layer, path } = setting;
  await (await fetch(berth.url + path)).bytes();
  await stored(setting);
  const part = await fetch(berth.url + path, { headers: { range: "bytes=1000-1999" } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("cache-status"), "berth; hit");
  assert.equal(part.headers.get("content-range"), `bytes 1000-1999/${layer.bytes.length}`);
  assert.deepEqual(await part.bytes(), layer.bytes.slice(1000, 2000));
});

Deno.test("crproxy's hole, hits skip the sign-in: here nobody is served without it", async () => {
  const users = { ann: "right" };
  const images = { "library/app:1": fakeImage() };
  await using upstream = await fakeRegistry({
    images,
    auth: { scheme: "bearer", users, private: ["library/app"] },
  });
  await using berth = await startCaching(upstream, "--registries-default-auth-mode=client");
  const path = `/v2/library/app/blobs/${images["library/app:1"].blobs[0]!.digest}`;
  const token = await (await fetch(
    `${berth.url}/token/default?scope=repository:library/app:pull`,
    { headers: { authorization: `Basic ${btoa("ann:right")}` } },
  )).json();
  const headers = { authorization: `Bearer ${token.token}` };
  assert.equal((await fetch(berth.url + path, { headers })).status, 200);
  for (const authorization of ["", "Bearer invented", `Basic ${btoa("ann:wrong")}`]) {
    const response = await fetch(berth.url + path, { headers: { authorization } });
    assert.equal(response.status, 401, authorization);
    await response.body?.cancel();
  }
});

Deno.test("crproxy's hole, concurrent misses all go upstream: here one does", async () => {
  await using setting = await hub();
  const { upstream, berth, layer, path } = setting;
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => (await fetch(berth.url + path)).bytes()),
  );
  for (const bytes of answers) assert.deepEqual(bytes, layer.bytes);
  assert.equal(upstream.count("GET", /./, "cdn"), 1);
});

Deno.test("crproxy's hole, the cache grows for ever: here it keeps to its size", async () => {
  const images = Object.fromEntries(
    [1, 2, 3, 4].map((seed) => [`library/app:${seed}`, fakeImage({ seed, layers: [900_000] })]),
  );
  await using upstream = await fakeRegistry({ images });
  await using berth = await startCaching(upstream, "--cache-max-size=2MB");
  for (const { blobs } of Object.values(images)) {
    for (const { digest } of blobs) {
      await (await fetch(`${berth.url}/v2/library/app/blobs/${digest}`)).bytes();
    }
  }
  await until("evicted", async () => {
    const used = await new Deno.Command("du", { args: ["-sb", join(berth.dir, "cache", "blobs")] })
      .output();
    return Number(new TextDecoder().decode(used.stdout).split("\t")[0]) < 2.2e6;
  });
});
