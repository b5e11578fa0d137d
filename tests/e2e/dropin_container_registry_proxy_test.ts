/**
 * Berth in container-registry-proxy's place: its environment, its port and its volumes, in a root that
 * is to Berth what a container is. Registries have their names in there alone, which is enough: who
 * goes through a proxy looks up none.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { giveToBerth } from "./harness/account.ts";
import { type Container, containerTest, type Env, through } from "./harness/container.ts";
import { startDocker } from "./harness/docker.ts";
import { configSays, type DropIn, migrated, startAs } from "./harness/dropin.ts";
import { buildImage } from "./harness/image.ts";
import { nameIn, startNamed } from "./harness/named.ts";
import { finish, run } from "./harness/process.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { harvest, layoutDigests, seed } from "./harness/skopeo.ts";
import { systemRoot } from "./harness/system_root.ts";

const PORT = 3128;
const PROXY = `http://127.0.0.1:${PORT}`;
/** Where the registry API listens, which no container publishes. */
const INSIDE = { BERTH_LISTEN: "127.0.0.1:0" };

function start(box: Container, env: Env, files: Record<string, string> = {}): Promise<DropIn> {
  return box.start({ port: PORT, env: { ...INSIDE, ...env }, files });
}

/** What a client is told, as that tool's page has it: the proxy, and the CA that curl fetches. */
async function client(box: Container, proxy = PROXY): Promise<Env> {
  const caFile = join(box.dir, "proxy.crt");
  await run("curl", ["-sSf", "-o", caFile, `${PROXY}/ca.crt`]);
  return through(proxy, caFile);
}

containerTest(
  "container-registry-proxy, as its page starts it: miss, then hit without upstream, with credentials of its own",
  async (box) => {
    const { root, image } = box;
    await box.mount("/registry_proxy_mirror_cache", "/ca");
    const gcrKey = '{ "type": "service_account", "private_key": "a:b c" }';
    const google = { username: "_json_key", password: gcrKey };
    await using hub = await startNamed(root, "registry-1.docker.io", { kind: "tls-htpasswd" });
    await using gcr = await startNamed(root, "gcr.io", {
      kind: "tls-htpasswd",
      credentials: google,
    });
    await using own = await startNamed(root, "your.own.registry");
    await seed(hub, "library/app", image);
    await seed(gcr, "team/app", image);
    await seed(own, "app", image);
    const { username, password } = hub.credentials!;
    const env = {
      REGISTRIES: "k8s.gcr.io gcr.io quay.io your.own.registry",
      AUTH_REGISTRIES_DELIMITER: ";;;",
      AUTH_REGISTRY_DELIMITER: ":::",
      AUTH_REGISTRIES:
        `gcr.io:::_json_key:::${gcrKey};;;auth.docker.io:::${username}:::${password}`,
      ENABLE_MANIFEST_CACHE: "true",
      CACHE_MAX_SIZE: "1g",
      VERIFY_SSL: "false",
      SEND_TIMEOUT: "60s",
      KEEPALIVE_TIMEOUT: "300s",
    };
    const names = ["docker.io/library/app", "gcr.io/team/app", "your.own.registry/app"];
    let trusted: Env;
    {
      await using berth = await start(box, env);
      trusted = await client(box);
      for (const name of names) await box.pull(trusted, name);
      const first = await berth.output();
      assert.match(first, / docker library\/app:\S+ 200 miss /);
      assert.match(first, / docker library\/app@sha256:\S+ 200 miss /);
      assert.match(first, / gcr team\/app:\S+ 200 miss /);
      await using docker = await startDocker(undefined, trusted);
      await docker.docker("pull", "--quiet", `app:${image.tag}`);
      await docker.holds(`app:${image.tag}`, image.platforms.amd64);
      await Promise.all([hub.stop(), gcr.stop(), own.stop()]);
      const before = (await berth.output()).length;
      for (const name of names) await box.pull(trusted, name);
      const log = await berth.output();
      assert.match(log.slice(before), / 200 hit /);
      assert.doesNotMatch(log.slice(before), / miss /);
      assert.doesNotMatch(log, new RegExp(`${password}|service_account`));
      const unneeded = log.match(/settings of container-registry-proxy that .*/g) ?? [];
      assert.equal(unneeded.length, 1);
      assert.match(unneeded[0]!, /SEND_TIMEOUT \(.*\), KEEPALIVE_TIMEOUT \(/);
    }
    // Another process, and neither CA nor content is new. What clients were let in to by a registry
    // for which there is no login waits until it can be asked again.
    await using _ = await start(box, env);
    for (const name of names.slice(0, 2)) await box.pull(trusted, name);
    const kept = [...Deno.readDirSync(join(root.path, "ca"))].map(({ name }) => name).sort();
    assert.deepEqual(kept, ["ca.crt", "ca.key"]);
  },
);

containerTest(
  "container-registry-proxy, rpardini's volumes: the CA that clients trust already, and a cache of nginx's",
  async (box) => {
    const { root, image } = box;
    await box.mount("/docker_mirror_cache", "/ca");
    const nginx = join(root.path, "docker_mirror_cache", "c", "29");
    await Deno.mkdir(nginx, { recursive: true });
    await Deno.writeTextFile(join(nginx, "b7f54b2df7773722d382f4809d65029c"), "KEY: /v2/");
    // Its create_ca_cert.sh, with whichever openssl is here.
    await Deno.writeTextFile(join(root.path, "tmp", "ia.cnf"), IA);
    await root.sh(`cd /ca && openssl genrsa -des3 -passout pass:foobar -out ca.key 2048 2>&1 &&
    openssl req -new -x509 -days 1300 -sha256 -key ca.key -out ca.crt -passin pass:foobar \
      -subj "/C=NL/ST=Noord Holland/L=Amsterdam/O=ME/OU=IT/CN=CA Root" \
      -extensions IA -config /tmp/ia.cnf && echo 01 > ca.srl`);
    await giveToBerth(join(root.path, "ca", "ca.key"));
    const caFile = join(box.dir, "old.crt");
    await Deno.copyFile(join(root.path, "ca", "ca.crt"), caFile);
    await using hub = await startNamed(root, "registry-1.docker.io");
    await seed(hub, "library/app", image);
    await using _ = await start(box, { VERIFY_SSL: "false" });
    await box.pull({ HTTPS_PROXY: PROXY, SSL_CERT_FILE: caFile }, "docker.io/library/app");
    const blobs = [...Deno.readDirSync(join(root.path, "docker_mirror_cache"))];
    assert.ok(blobs.some(({ name }) => name === "blobs"));
  },
);

const IA = `[req]
distinguished_name = dn
[dn]
[IA]
basicConstraints = critical,CA:TRUE
keyUsage = critical, digitalSignature, cRLSign, keyCertSign
subjectKeyIdentifier = hash
`;

containerTest(
  "container-registry-proxy, /setup/systemd through its seds and bash, and the machine pulls",
  async (box) => {
    const { root, image } = box;
    await using hub = await startNamed(root, "registry-1.docker.io");
    await seed(hub, "library/app", image);
    await using _ = await start(box, { REGISTRIES: "quay.io", VERIFY_SSL: "false" });
    await using machine = await systemRoot();
    const seds = "sed s/docker\\.service/containerd\\.service/g | " +
      `sed '/Environment/ s/$/ "NO_PROXY=127.0.0.0\\/8,10.0.0.0\\/8,172.16.0.0\\/12"/'`;
    for (const [service, filter] of [["docker", "cat"], ["containerd", seds]] as const) {
      await machine.sh(`curl -s ${PROXY}/setup/systemd | ${filter} | bash`);
      const file = `/etc/systemd/system/${service}.service.d/http-proxy.conf`;
      const values = (await machine.sh(`cat ${file}`)).split("\n")
        .filter((line) => line.startsWith("Environment=")).map((line) => line.slice(12)).join(" ");
      assert.match(values, /"HTTPS_PROXY=http:\/\/127\.0\.0\.1:3128\/"/);
      const inspect = `skopeo inspect --raw docker://docker.io/library/app:${image.tag}`;
      const manifest = await machine.sh(`env ${values} ${inspect}`);
      assert.ok(manifest.includes(image.platforms.amd64.manifest), service);
    }
    const page = await (await fetch(`${PROXY}/`)).text();
    assert.match(page, /\/ca\.crt/);
  },
);

containerTest(
  "container-registry-proxy, ALLOW_PUSH decides whether pushes pass, signed in by AUTH_REGISTRIES",
  async (box) => {
    const { root, image } = box;
    await using own = await startNamed(root, "your.own.registry", { kind: "tls-htpasswd" });
    const { username, password } = own.credentials!;
    const env = {
      REGISTRIES: "your.own.registry",
      AUTH_REGISTRIES: `your.own.registry:${username}:${password}`,
      VERIFY_SSL: "false",
    };
    for (const ALLOW_PUSH of ["false", "true"]) {
      await using _ = await start(box, { ...env, ALLOW_PUSH });
      const pushed = box.push(await client(box), "your.own.registry/pushed/app");
      if (ALLOW_PUSH === "false") await assert.rejects(pushed, /405|unsupported/i);
      else await pushed;
    }
    await using arrived = await scratchDir("arrived");
    await harvest(own, "pushed/app", image.tag, arrived.path);
    assert.deepEqual(await layoutDigests(arrived.path), image.digests);
  },
);

containerTest(
  "container-registry-proxy, AUTH_REGISTRIES names the server where users sign in, as GitLab has it",
  async (box) => {
    const { root } = box;
    const tokenServer = {
      address: await nameIn(root, "git.example.test"),
      port: 443,
      name: "git.example.test",
    };
    const options = { kind: "tls-token", tokenServer } as const;
    await using registry = await startNamed(root, "reg.example.test", options);
    const { username, password } = registry.credentials!;
    const env = {
      REGISTRIES: "reg.example.test git.example.test",
      ALLOW_PUSH: "true",
      VERIFY_SSL: "false",
    };
    {
      const AUTH_REGISTRIES = `git.example.test:${username}:${password}`;
      await using berth = await start(box, { ...env, AUTH_REGISTRIES });
      const trusting = await client(box);
      await box.push(trusting, "reg.example.test/team/app");
      await box.pull(trusting, "reg.example.test/team/app");
      assert.doesNotMatch(await berth.output(), new RegExp(password));
    }
    await using _ = await start(box, env);
    await assert.rejects(box.pull(await client(box), "reg.example.test/team/app"), /unauthorized/i);
  },
);

containerTest("container-registry-proxy, VERIFY_SSL is on unless told otherwise", async (box) => {
  await using own = await startNamed(box.root, "your.own.registry");
  await seed(own, "app", box.image);
  await using berth = await start(box, { REGISTRIES: "your.own.registry" });
  await assert.rejects(box.pull(await client(box), "your.own.registry/app"));
  assert.match(await berth.output(), / 502 .*your-own-registry: the TLS handshake failed/);
});

containerTest(
  "container-registry-proxy, config print names each origin; config migrate writes what does the same",
  async (box) => {
    const { root, image } = box;
    await box.mount("/registry_proxy_mirror_cache", "/ca");
    await using own = await startNamed(root, "your.own.registry", { kind: "tls-htpasswd" });
    await seed(own, "app", image);
    const { username, password } = own.credentials!;
    const invocation = {
      root,
      env: {
        ...INSIDE,
        REGISTRIES: "quay.io your.own.registry",
        AUTH_REGISTRIES: `your.own.registry:${username}:${password}`,
        CACHE_MAX_SIZE: "1g",
        ENABLE_MANIFEST_CACHE: "true",
        VERIFY_SSL: "false",
      },
    };
    const printed = await configSays(invocation, [
      "  listen: :3128 # as container-registry-proxy does",
      "  dir: /registry_proxy_mirror_cache # as container-registry-proxy does",
      "  max_size: 1GiB # environment CACHE_MAX_SIZE",
      "    ttl: 1h # environment ENABLE_MANIFEST_CACHE",
      "  intercept: [docker.io, quay.io, your.own.registry] # environment REGISTRIES",
      "    url: https://your.own.registry # environment REGISTRIES",
      "        your.own.registry:",
      `          username: ${username} # environment AUTH_REGISTRIES`,
      "    insecure_tls: true # environment VERIFY_SSL",
    ]);
    assert.doesNotMatch(printed, new RegExp(password));
    await using _ = await startAs({ ...await migrated(invocation), port: PORT });
    const trusting = await client(box);
    await box.pull(trusting, "your.own.registry/app");
    await own.stop();
    await box.pull(trusting, "your.own.registry/app");
  },
);

containerTest(
  "container-registry-proxy's hole, tag manifests of different registries and Accepts share a key: here none do",
  async (box) => {
    const { root, image, dir } = box;
    const other = await buildImage(join(dir, "other"), 100_000);
    assert.equal(other.tag, image.tag);
    await using one = await startNamed(root, "one.example.test");
    await using two = await startNamed(root, "two.example.test");
    await seed(one, "team/app", image);
    await seed(two, "team/app", other);
    await using _ = await start(box, {
      REGISTRIES: "one.example.test two.example.test",
      ENABLE_MANIFEST_CACHE: "true",
      VERIFY_SSL: "false",
    });
    const trusting = await client(box);
    for (let round = 0; round < 2; round++) {
      await box.pull(trusting, "one.example.test/team/app", image);
      await box.pull(trusting, "two.example.test/team/app", other);
    }
    const url = `https://one.example.test/v2/team/app/manifests/${image.tag}`;
    const typeFor = async (accept: string) => {
      const write = ["-o", "/dev/null", "-w", "%{content_type}", "-H", `accept: ${accept}`];
      return await run("curl", [
        "-sS",
        "--cacert",
        trusting.SSL_CERT_FILE!,
        "-x",
        PROXY,
        ...write,
        url,
      ]);
    };
    const index = "application/vnd.oci.image.index.v1+json";
    const manifest = "application/vnd.oci.image.manifest.v1+json";
    for (const accept of [index, manifest, index]) {
      // docker-registry has no manifest for who takes no index; what it says is its own affair.
      const type = await typeFor(accept);
      if (accept === index) assert.equal(type, index);
      else assert.notEqual(type, index);
    }
  },
);

containerTest(
  "container-registry-proxy's hole, an open CONNECT tunnel: here there is a list of hosts and ports",
  async (box) => {
    await using elsewhere = await startRegistry({ kind: "tls" });
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using berth = await start(box, { REGISTRIES: "quay.io" });
    const targets = [
      elsewhere.host,
      `127.0.0.1:${listener.addr.port}`,
      "quay.io:22",
      "quay.io:25",
      "169.254.169.254:80",
      "example.org:443",
    ];
    for (const target of targets) {
      const code = ["-o", "/dev/null", "-w", "%{http_connect}", "-m", "10"];
      const { stdout } = await finish("curl", [
        "-s",
        "-p",
        "-x",
        PROXY,
        ...code,
        `http://${target}/`,
      ]);
      assert.equal(new TextDecoder().decode(stdout), "403", target);
    }
    const log = await berth.output();
    assert.match(log, /example\.org:443 is not an allowed host: add "example\.org" to forward/);
    assert.match(log, /refused 127\.0\.0\.1: port 22 of quay\.io is not allowed/);
  },
);

containerTest(
  "container-registry-proxy's hole, private images become public: the start says so, and users are asked to sign in",
  async (box) => {
    const { root, image } = box;
    await using own = await startNamed(root, "your.own.registry", { kind: "tls-htpasswd" });
    await seed(own, "app", image);
    const { username, password } = own.credentials!;
    const env = {
      REGISTRIES: "your.own.registry",
      AUTH_REGISTRIES: `your.own.registry:${username}:${password}`,
      VERIFY_SSL: "false",
    };
    {
      await using berth = await start(box, env);
      await box.pull(await client(box), "your.own.registry/app");
      const said = (await berth.output()).match(/anyone who reaches this address .*/g) ?? [];
      assert.equal(said.length, 1);
      assert.match(said[0]!, /private images of your-own-registry: .*set users/);
    }
    const users = await run("htpasswd", ["-nbB", "ann", "right"]);
    await using berth = await start(box, { ...env, BERTH_HTPASSWD_FILE: "users" }, { users });
    assert.doesNotMatch(await berth.output(), /anyone who reaches this address/);
    await box.pull(
      await client(box, `http://ann:right@127.0.0.1:${PORT}`),
      "your.own.registry/app",
    );
    for (const stranger of [PROXY, `http://ann:wrong@127.0.0.1:${PORT}`]) {
      const refused = box.pull(await client(box, stranger), "your.own.registry/app");
      await assert.rejects(refused, /Proxy Authentication Required/i);
    }
  },
);

containerTest(
  "container-registry-proxy's hole, private images become public: with clients' own sign-in each shows its own",
  async (box) => {
    const { root, image } = box;
    await using own = await startNamed(root, "your.own.registry", { kind: "tls-htpasswd" });
    await seed(own, "app", image);
    const { username, password } = own.credentials!;
    await using _ = await start(box, {
      REGISTRIES: "your.own.registry",
      VERIFY_SSL: "false",
    });
    const trusting = await client(box);
    const login = async (words: string[]) => {
      const copy = ["--insecure-policy", "inspect", "--raw", ...words];
      return await run("skopeo", [...copy, `docker://your.own.registry/app:${image.tag}`], {
        env: trusting,
      });
    };
    const manifest = await login(["--creds", `${username}:${password}`]);
    assert.ok(manifest.includes(image.platforms.amd64.manifest));
    for (const words of [[], ["--creds", `${username}:wrong`]]) {
      await assert.rejects(login(words), /unauthorized|authentication required/i);
    }
  },
);
