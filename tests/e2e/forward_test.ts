import assert from "node:assert/strict";
import { join } from "node:path";
import { type Berth, registrySettings, startBerth } from "./harness/berth.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startDocker } from "./harness/docker.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { podmanStore } from "./harness/podman.ts";
import { finish, run } from "./harness/process.ts";
import { type RealRegistry, startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPullAs } from "./harness/skopeo.ts";
import { systemRoot } from "./harness/system_root.ts";
import { until } from "./harness/wait.ts";
import { freePort } from "../fake/ports.ts";

/**
 * Berth as forward proxy in front of a registry over TLS, whose CA and password only Berth knows, and
 * which stands in for Docker Hub and for quay.io.
 */
interface Setting extends AsyncDisposable {
  berth: Berth;
  registry: RealRegistry;
  image: Image;
  /** `http://127.0.0.1:port` of the forward proxy. */
  proxy: string;
  /** What a client is told of proxy and CA, and nothing else. */
  env: Record<string, string>;
}

async function start(forward: Record<string, unknown> = {}): Promise<Setting> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchDir("forward"));
  const registry = stack.use(await startRegistry({ kind: "tls-htpasswd" }));
  const image = await buildImage(join(scratch.path, "image"));
  await seed(registry, "library/app", image);
  const port = freePort();
  const berth = stack.use(
    await startBerth({
      registries: {
        docker: registrySettings(registry),
        quay: { url: "https://quay.io", enabled: true },
      },
      forward: { listen: `127.0.0.1:${port}`, intercept: ["docker"], ...forward },
    }),
  );
  const proxy = `http://127.0.0.1:${port}`;
  const caFile = join(scratch.path, "berth.crt");
  await run("curl", ["-sSf", "-o", caFile, `${proxy}/ca.crt`]);
  const owned = stack.move();
  return {
    berth,
    registry,
    image,
    proxy,
    env: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, NO_PROXY: "", SSL_CERT_FILE: caFile },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Each client pulls `docker.io/library/app` by its own name into a store that is made anew. */
const CLIENTS: Record<string, (setting: Setting) => Promise<void>> = {
  async skopeo({ env, image }) {
    await using scratch = await scratchDir("pulled");
    await skopeoPullAs(env, `docker.io/library/app:${image.tag}`, scratch.path);
    assert.deepEqual(await layoutDigests(scratch.path), image.digests);
  },
  async podman({ env, image }) {
    await using store = await podmanStore([], env);
    const name = `docker.io/library/app:${image.tag}`;
    await store.podman("pull", "--quiet", name);
    await store.holds(name, image.platforms.amd64);
  },
  async ctr({ env, image }) {
    await using containerd = await startContainerd([], env);
    await containerd.pull(`docker.io/library/app:${image.tag}`);
    const content = await containerd.content();
    const { manifest, config, layers } = image.platforms.amd64;
    for (const digest of [image.digest, manifest, config, ...layers]) {
      assert.ok(content.has(digest), digest);
    }
  },
  async dockerd({ env, image }) {
    await using docker = await startDocker(undefined, env);
    await docker.docker("pull", "--quiet", `app:${image.tag}`);
    await docker.holds(`app:${image.tag}`, image.platforms.amd64);
  },
};

Deno.test("HTTPS_PROXY, every client pulls through interception, also when upstream has gone", async (t) => {
  await using setting = await start();
  const { berth, registry } = setting;
  for (const [name, pull] of Object.entries(CLIENTS)) {
    await t.step(`${name}, with credentials that only Berth has`, () => pull(setting));
  }
  await registry.stop();
  const before = (await berth.output()).length;
  for (const [name, pull] of Object.entries(CLIENTS)) {
    await t.step(`${name}, after upstream has gone`, () => pull(setting));
  }
  const log = (await berth.output()).slice(before);
  assert.match(log, / library\/app@sha256:\S+ 200 hit /);
  assert.doesNotMatch(log, / miss /);
  assert.doesNotMatch(await berth.output(), new RegExp(registry.credentials!.password));
});

Deno.test("HTTPS_PROXY, a restart keeps the CA that clients trust", async () => {
  await using setting = await start();
  await CLIENTS.skopeo!(setting);
  const { mode } = await Deno.stat(join(setting.berth.cacheDir, "ca", "ca.key"));
  assert.equal(mode! & 0o777, 0o600);
  await setting.berth.restart();
  await CLIENTS.skopeo!(setting);
});

Deno.test("HTTPS_PROXY, hosts outside the map are tunnelled when allowed and refused otherwise", async () => {
  await using other = await startRegistry({ kind: "tls" });
  await using setting = await start({ allowed_hosts: [other.host], allow_private: true });
  const { proxy, berth } = setting;
  const curl = (url: string) =>
    finish("curl", [
      ...[
        "-sS",
        "-o",
        "/dev/null",
        "-w",
        "%{http_connect} %{http_code}",
        "--cacert",
        other.caFile!,
      ],
      ...["-x", proxy, url],
    ]);
  const said = async (url: string) => new TextDecoder().decode((await curl(url)).stdout);
  assert.equal(await said(`${other.url}/v2/`), "200 200");
  assert.equal(await said("https://example.invalid/"), "403 000");
  for (
    const line of [
      /tunnel to 127\.0\.0\.1:\d+ closed: \d+ bytes up, \d+ down, 127\.0\.0\.1/,
      /example\.invalid:443 is not an allowed host: add "example\.invalid" to forward/,
    ]
  ) await until(`${line} in the log`, async () => line.test(await berth.output()));
});

Deno.test("HTTPS_PROXY, 2,000 tunnels at once, within bounds, and a pull beside them", async () => {
  const echo = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const echoing = (async () => {
    for await (const one of echo) void one.readable.pipeTo(one.writable).catch(() => {});
  })();
  const target = `127.0.0.1:${echo.addr.port}`;
  await using setting = await start({ allowed_hosts: [target], allow_private: true });
  const open = async () => {
    const { hostname, port } = new URL(setting.proxy);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(new TextEncoder().encode(`CONNECT ${target} HTTP/1.1\r\n\r\nhello`));
    let text = "";
    const buffer = new Uint8Array(256);
    while (!text.endsWith("hello")) {
      const size = await connection.read(buffer);
      if (size === null) throw new Error(`no tunnel: ${text}`);
      text += new TextDecoder().decode(buffer.subarray(0, size));
    }
    return connection;
  };
  const tunnels = await Promise.all(Array.from({ length: 2000 }, open));
  await CLIENTS.skopeo!(setting);
  const status = await Deno.readTextFile(`/proc/${setting.berth.pid}/status`);
  const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
  assert.ok(resident < 600, `${resident} MiB`);
  for (const tunnel of tunnels) tunnel.close();
  echo.close();
  await echoing;
});

Deno.test("setup, podman's script as documented, then podman pulls in that system", async () => {
  await using setting = await start();
  const { proxy, image } = setting;
  await using root = await systemRoot();
  await root.sh(`curl -sSf ${proxy}/setup/podman | sh`);
  const store = "--storage-driver vfs --root /tmp/store --runroot /tmp/run --tmpdir /tmp/tmp";
  const podman = `podman ${store} --cgroup-manager cgroupfs`;
  await root.sh(`${podman} pull --quiet docker.io/library/app:${image.tag}`);
  const id = await root.sh(`${podman} image inspect --format '{{.Id}}' app:${image.tag}`);
  assert.equal(`sha256:${id.trim()}`, image.platforms.amd64.config);
  await root.sh(`curl -sSf ${proxy}/setup/podman | sh -s undo`);
  await assert.rejects(
    root.sh(
      `HTTPS_PROXY=${proxy} skopeo inspect --raw docker://docker.io/library/app:${image.tag}`,
    ),
    /certificate signed by unknown authority|x509/,
  );
});

Deno.test("setup, systemd's script through the documented seds, then a client with its drop-in", async () => {
  await using setting = await start();
  const { proxy, image } = setting;
  await using root = await systemRoot();
  const seds = "sed s/docker\\.service/containerd\\.service/g | " +
    `sed '/Environment/ s/$/ "NO_PROXY=127.0.0.0\\/8,10.0.0.0\\/8"/'`;
  await root.sh(`curl -sSf ${proxy}/setup/systemd | ${seds} | bash`);
  const dropin = await root.sh(
    "cat /etc/systemd/system/containerd.service.d/http-proxy.conf",
  );
  const values = dropin.split("\n").filter((line) => line.startsWith("Environment="))
    .map((line) => line.slice("Environment=".length));
  assert.equal(values.length, 3);
  const inspect = `skopeo inspect --raw docker://docker.io/library/app:${image.tag}`;
  const manifest = await root.sh(`env ${values.join(" ")} ${inspect}`);
  assert.ok(manifest.includes(image.platforms.amd64.manifest));
});
