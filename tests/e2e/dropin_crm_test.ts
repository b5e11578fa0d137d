/** Berth in crm's place: its file, and one port for proxy requests, tunnels and a mirror's requests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { Harness, settingsFor, temporaryAuthority } from "../proxy/forward/harness.ts";
import { giveToBerth } from "./harness/account.ts";
import { type Container, containerTest, through } from "./harness/container.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startDocker } from "./harness/docker.ts";
import { configSays, migrated, runAs, startAs } from "./harness/dropin.ts";
import { nameIn, startNamed } from "./harness/named.ts";
import { finish, run } from "./harness/process.ts";
import type { RealRegistry } from "./harness/registry.ts";
import { seed } from "./harness/skopeo.ts";
import { freePort } from "../fake/ports.ts";

const HUB = "registry-1.docker.io";

/** crm's file as YAML, which JSON is. */
function file(port: number, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ listen: `127.0.0.1:${port}`, allowed_hosts: ["quay.io"], ...more });
}

/** Docker Hub and Quay, with an image, as Berth in `box` sees them. */
async function registries(box: Container): Promise<RealRegistry & { quay: RealRegistry }> {
  await using stack = new AsyncDisposableStack();
  const hub = stack.use(await startNamed(box.root, HUB));
  const quay = stack.use(await startNamed(box.root, "quay.io"));
  await seed(hub, "library/app", box.image);
  await seed(quay, "team/app", box.image);
  const owned = stack.move();
  return { ...hub, quay, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The statuses of CONNECT and of what is asked then; 000 where it does not come to that. */
async function curl(proxy: string, url: string, ...words: string[]): Promise<string> {
  const write = ["-o", "/dev/null", "-w", "%{http_connect} %{http_code}", "-m", "20"];
  const { stdout } = await finish("curl", ["-s", "-x", proxy, ...write, ...words, url]);
  return new TextDecoder().decode(stdout);
}

Deno.test("crm, its file by every name, in the working directory or by flag", async () => {
  const yaml = (port: number) =>
    `# crm\nlisten: "127.0.0.1:${port}"\nallowed_hosts:\n  - quay.io\n`;
  const ways: [name: string, text: (port: number) => string, args?: string[]][] = [
    ["config.yaml", yaml],
    ["config.yml", yaml],
    ["config.json", file],
    ["mine.yaml", yaml, ["-config", "mine.yaml"]],
    ["mine.json", file, ["-c", "mine.json"]],
    ["mine.yaml", yaml, ["-config=mine.yaml"]],
  ];
  for (const [name, text, args = []] of ways) {
    const port = freePort();
    await using berth = await startAs({ files: { [name]: text(port) }, args, port });
    assert.deepEqual(await (await fetch(`${berth.url}/healthz`)).json(), { status: "ok" });
    const map = await (await fetch(`${berth.url}/help`)).json();
    assert.equal(map.quay, "https://quay.io", name);
    assert.equal(map.docker, "https://registry-1.docker.io", "of its own");
    assert.equal(map.nvcr, undefined, "neither its own nor in the file");
    assert.equal(await curl(berth.url, "https://nvcr.io/v2/"), "403 000");
  }
});

Deno.test("crm, a file that is named and missing ends it with an error", async () => {
  for (const flag of ["-config", "-c"]) {
    const { code, stderr } = await runAs({ args: [flag, "missing.yaml"] });
    assert.equal(code, 2);
    assert.match(stderr, /missing\.yaml/);
  }
});

containerTest(
  "crm, one port: a mirror's requests, tunnels, and plain proxy requests",
  async (box) => {
    const { image } = box;
    await using hub = await registries(box);
    const port = freePort();
    const text = file(port, { insecure_tls: true, log_level: "info" });
    await using berth = await box.start({ files: { "config.yaml": text }, port });

    // As registry-mirrors, without a namespace.
    await using docker = await startDocker(berth.url);
    await docker.docker("pull", "--quiet", `app:${image.tag}`);
    await docker.holds(`app:${image.tag}`, image.platforms.amd64);
    // As containerd's endpoint, with one.
    const namespaces = ["docker.io", "quay.io"];
    await using containerd = await startContainerd(
      namespaces.map((namespace) => ({ namespace, host: berth.url })),
    );
    await containerd.pull(`docker.io/library/app:${image.tag}`);
    await containerd.pull(`quay.io/team/app:${image.tag}`);
    const { manifest, layers } = image.platforms.amd64;
    const content = await containerd.content();
    for (const digest of [manifest, ...layers]) assert.ok(content.has(digest), digest);
    // As HTTPS_PROXY: what comes is the registry's own certificate, through a tunnel.
    await box.pull(through(berth.url, hub.caFile!), "docker.io/library/app");
    await box.pull(through(berth.url, hub.quay.caFile!), "quay.io/team/app");
    // As HTTP_PROXY.
    const plain = `http://${HUB}/v2/library/app/manifests/${image.tag}`;
    const accept = "accept: application/vnd.oci.image.index.v1+json";
    assert.equal(await curl(berth.url, plain, "-H", accept), "000 200");

    const log = await berth.output();
    assert.match(log, / HEAD quay team\/app:\S+ 200 miss /);
    assert.match(log, /tunnel to registry-1\.docker\.io:443 closed: \d+ bytes up/);
    // What came through as a mirror is here; tunnels are not.
    await hub.stop();
    await using again = await startDocker(berth.url);
    await again.docker("pull", "--quiet", `app:${image.tag}`);
  },
);

containerTest("crm, without insecure_tls the registry's certificate is checked", async (box) => {
  await using _ = await registries(box);
  const port = freePort();
  await using berth = await box.start({ files: { "config.yaml": file(port) }, port });
  const url = `${berth.url}/v2/library/app/manifests/${box.image.tag}`;
  assert.equal((await fetch(url)).status, 502);
  assert.match(await berth.output(), /docker: the TLS handshake failed/);
});

/** The CAs of crm's page: by its openssl commands, and as mkcert makes them. */
const OPENSSL = ["-subj", "/CN=Container Registry Mirror CA"];
const MKCERT = [
  ...["-subj", "/O=mkcert development CA/OU=me@here/CN=mkcert me@here"],
  ...["-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"],
  ...["-addext", "keyUsage=critical,keyCertSign"],
];

/** Starts it with `mitm`, and tells a client of that. */
async function startMitm(box: Container, words: string[]) {
  const ca = join(box.root.path, "srv", "ca");
  await run("openssl", ["genrsa", "-out", `${ca}.key`, "2048"]);
  const make = ["req", "-new", "-x509", "-key", `${ca}.key`, "-days", "3650", ...words];
  await run("openssl", [...make, "-out", `${ca}.crt`]);
  await giveToBerth(`${ca}.key`);
  const port = freePort();
  const text = file(port, {
    allowed_hosts: ["quay.io", "registry.corp.test"],
    insecure_tls: true,
    log_level: "debug",
    mitm: { enabled: true, ca_cert_path: "/srv/ca.crt", ca_key_path: "/srv/ca.key" },
  });
  const berth = await box.start({ files: { "config.json": text }, port });
  return { ...berth, trusting: through(berth.url, `${ca}.crt`) };
}

for (const [maker, words] of Object.entries({ openssl: OPENSSL, mkcert: MKCERT })) {
  containerTest(`crm, mitm with an RSA CA as ${maker} makes it`, async (box) => {
    await using hub = await registries(box);
    await using berth = await startMitm(box, words);
    await box.pull(berth.trusting, "docker.io/library/app");
    await hub.stop();
    await box.pull(berth.trusting, "docker.io/library/app");
  });
}

containerTest("crm, mitm at debug logs what is decrypted, without its secrets", async (box) => {
  const { image } = box;
  await using _ = await registries(box);
  await using corp = await startNamed(box.root, "registry.corp.test", { kind: "tls-htpasswd" });
  await seed(corp, "team/app", image);
  const { username, password } = corp.credentials!;
  await using berth = await startMitm(box, OPENSSL);
  const { trusting } = berth;
  await box.pull(trusting, "docker.io/library/app");
  // As there, clients' own logins go through; here each is served what it may read.
  const inspect = (words: string[]) => {
    const name = `docker://registry.corp.test/team/app:${image.tag}`;
    const command = ["--insecure-policy", "inspect", "--raw", ...words, name];
    return run("skopeo", command, { env: trusting });
  };
  const manifest = await inspect(["--creds", `${username}:${password}`]);
  assert.ok(manifest.includes(image.platforms.amd64.manifest));
  await assert.rejects(inspect([]), /unauthorized|authentication required/i);
  // As its page has it.
  const said = ["-H", "authorization: Bearer s3cret-token", "-H", "cookie: id=s3cret-cookie"];
  const url = `https://${HUB}/v2/?sig=s3cret-signature&n=1`;
  const ca = ["--cacert", trusting.SSL_CERT_FILE!];
  assert.equal(await curl(berth.url, url, ...ca, ...said), "200 200");

  const log = await berth.output();
  const at = "DEBUG 127\\.0\\.0\\.1 registry-1\\.docker\\.io:443";
  const path = `/v2/library/app/manifests/${image.tag.replaceAll(".", "\\.")}`;
  assert.match(log, new RegExp(`${at} > GET https://registry-1\\.docker\\.io${path} .*accept: `));
  assert.match(log, new RegExp(`${at} < 200 .*docker-content-digest: ${image.digest}`));
  assert.match(log, /> GET \S+\/v2\/\?sig=…&n=1 .*authorization: Bearer …; .*cookie: …/);
  assert.match(log, /registry\.corp\.test:443 > GET \S+ .*authorization: Basic …;/);
  const secrets = new RegExp(`.*(?:s3cret|${btoa(`${username}:${password}`)}).*`, "g");
  assert.deepEqual(log.match(secrets) ?? [], []);
});

Deno.test("crm, settings that do otherwise here or nothing are named in one line", async () => {
  const more = { mitm: { enabled: true }, security: { request_timeout: "30m" } };
  const { code, stderr } = await runAs(
    { files: { "config.yaml": file(1, more) } },
    "config",
    "check",
  );
  assert.equal(code, 0, stderr);
  const [line, ...others] = stderr.split("\n").filter((text) => text.includes("settings of crm"));
  assert.match(line!, /mitm \(.*\), allowed_hosts \(.*\), security \(.*\)$/);
  assert.deepEqual(others, []);
});

containerTest(
  "crm, config print names each origin; config migrate writes what does the same",
  async (box) => {
    await using _ = await registries(box);
    const port = freePort();
    const crm = file(port, {
      allowed_hosts: ["quay.io", "^.*\\.acme\\.test$"],
      insecure_tls: true,
    });
    const invocation = { root: box.root, files: { "config.yaml": crm } };
    await configSays(invocation, [
      `listen: 127.0.0.1:${port} # config.yaml:1:11`,
      "default_registry: docker # as crm does",
      "    enabled: false # as crm does",
    ]);
    const after = await migrated(invocation);
    assert.match(after.files!["config.yaml"]!, /^# Written by berth config migrate/);
    await using berth = await startAs({ ...after, port });
    await using docker = await startDocker(berth.url);
    await docker.docker("pull", "--quiet", `app:${box.image.tag}`);
    assert.equal(await curl(berth.url, "https://quay.io/v2/", "-k"), "200 200");
    assert.equal(await curl(berth.url, "https://nvcr.io/v2/"), "403 000");
    assert.doesNotMatch(await berth.output(), /settings of crm/);
  },
);

containerTest(
  "crm's hole, an entry with a dot matched anywhere: here it is a whole host name",
  async (box) => {
    const port = freePort();
    await nameIn(box.root, "a.acme.test");
    const allowed_hosts = ["gcr.io", "registry.corp.test", "[a-z]+\\.acme\\.test", "quay.io$"];
    const files = { "config.yaml": file(port, { allowed_hosts }) };
    await using berth = await box.start({
      files,
      port,
      env: { BERTH_FORWARD_ALLOW_PRIVATE: "true" },
    });
    const refused = [
      ...["gcr.io.evil.test", "xgcr.io", "xgcrxio", "gcrxio", "evil-gcr.io", "a.gcr.io"],
      ...["registryxcorp.test", "registry.corp.test.evil.test"],
      ...["a.acme.test.evil.test", "a.b.acme.test", "axacme.test", "evilquay.io", "evil.test"],
    ];
    for (const host of refused) {
      assert.equal(await curl(berth.url, `https://${host}/v2/`), "403 000", host);
      assert.equal(await curl(berth.url, `http://${host}/v2/`), "000 403", host);
      const elsewhere = await fetch(`${berth.url}/v2/library/app/manifests/1?ns=${host}`);
      assert.equal(elsewhere.status, 404, host);
      await elsewhere.body?.cancel();
    }
    // What does match gets as far as the host, where nobody listens.
    for (const host of ["a.acme.test", "A.ACME.test"]) {
      assert.equal(await curl(berth.url, `https://${host}/`), "502 000", host);
    }
  },
);

Deno.test("crm's hole, a CA key in its repository: here each installation makes its own", async () => {
  const keys: string[] = [];
  for (let installation = 0; installation < 2; installation++) {
    const port = freePort();
    const text = file(port, { mitm: { enabled: true } });
    await using berth = await startAs({ files: { "config.yaml": text }, port });
    const path = join(berth.dir, "data", "ca", "ca.key");
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    keys.push(await Deno.readTextFile(path));
    assert.match(await (await fetch(`${berth.url}/ca.crt`)).text(), /BEGIN CERTIFICATE/);
  }
  assert.match(keys[0]!, /BEGIN PRIVATE KEY/);
  assert.notEqual(keys[0], keys[1]);
});

Deno.test("crm's hole, no certificate renewal: here a leaf is renewed before it ends", async () => {
  const authority = await temporaryAuthority();
  await using harness = new Harness(settingsFor({}, { authority }));
  /** What a client is shown, and until when that holds. */
  const shown = async () => {
    using wire = await harness.connection();
    await wire.connect("docker.io:443");
    const { readable, writable } = wire.connection;
    const socket = connectTls({
      socket: Duplex.fromWeb({ readable, writable } as never),
      servername: "docker.io",
      rejectUnauthorized: false,
    });
    await new Promise((resolve, reject) =>
      socket.once("secureConnect", resolve).once("error", reject)
    );
    const { serialNumber, valid_to } = socket.getPeerCertificate();
    socket.destroy();
    return { serialNumber, until: Date.parse(valid_to) };
  };
  const serials = new Set<string>();
  for (let day = 0; day < 30; day++) {
    const { serialNumber, until } = await shown();
    assert.ok(until > harness.clock.now() + 86_400_000, `day ${day}`);
    serials.add(serialNumber);
    await harness.clock.advance(86_400_000);
  }
  assert.ok(serials.size > 4 && serials.size < 15, `${serials.size} certificates in a month`);
});
