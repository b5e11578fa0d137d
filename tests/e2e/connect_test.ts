/** What the Connect page tells people to type, typed: each client then pulls through Berth. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Connect } from "../../ui/api/schema/connect.ts";
import { type Client, clientsFor, type Target, targetOf } from "../../ui/web/snippets.ts";
import { type Berth, registrySettings, startBerth } from "./harness/berth.ts";
import { type ClientMachine, clientMachine } from "./harness/client_machine.ts";
import { forAll } from "./harness/for_all.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { run } from "./harness/process.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed } from "./harness/skopeo.ts";
import { freePort } from "../fake/ports.ts";

/** A name that no client takes for this machine, so that plain HTTP has to be allowed for it. */
const NAME = "berth.example";

interface Setting extends AsyncDisposable {
  berth: Berth;
  image: Image;
  /** The page's entry for a client and a registry of the map. */
  entry(client: string, registry: string): { client: Client; target: Target };
}

async function setUp(): Promise<Setting> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("connect")).path;
  const image = await buildImage(dir, 3_000_000);
  const registry = stack.use(await startRegistry({ kind: "tls-htpasswd" }));
  await seed(registry, "library/app", image);
  const admin = `127.0.0.1:${freePort()}`;
  const berth = stack.use(
    await startBerth({
      admin: { listen: admin, auth: "none" },
      // The last is known by its host and port alone.
      registries: {
        docker: registrySettings(registry),
        quay: registrySettings(registry),
        own: registrySettings(registry),
      },
      forward: { listen: `127.0.0.1:${freePort()}`, intercept: ["docker"] },
    }),
  );
  const connect: Connect = await (await fetch(`http://${admin}/api/v1/connect`)).json();
  const url = `http://${NAME}:${connect.port}`;
  const owned = stack.move();
  return {
    berth,
    image,
    entry(id, name) {
      const client = clientsFor(connect).find((one) => one.id === id)!;
      const registry = connect.registries.find((one) => one.name === name)!;
      const example = `library/app:${image.tag}`;
      return { client, target: targetOf(connect, { ...registry, example }, url) };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const at = forAll(setUp);

const DOCKERD = [
  ...["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"],
];
/** For a root that is a layer of overlayfs itself. */
const NATIVE = { CONTAINERD_SNAPSHOTTER: "native" };

/** The ID that `docker` or `podman` has for an image whose name is in the pull command. */
async function idBy(machine: ClientMachine, command: string): Promise<string> {
  const [program, , name] = command.split(" ");
  const id = await machine.sh(`${program} image inspect --format '{{.Id}}' ${name}`);
  return `sha256:${id.trim().replace(/^sha256:/, "")}`;
}

async function configToml(machine: ClientMachine): Promise<string> {
  return await machine.sh("containerd config dump");
}

/** Follows every step, then the test. */
async function follow(machine: ClientMachine, { client, target }: ReturnType<Setting["entry"]>) {
  for (const step of client.steps(target)) await machine.follow(step);
  return client.test(target);
}

for (const registry of ["docker", "quay", "own"]) {
  Deno.test(`connect, Docker as the page says, ${registry}`, async () => {
    const { image, entry } = at();
    await using machine = await clientMachine(NAME);
    await machine.daemon("dockerd", DOCKERD, { ready: "docker version" });
    const pull = await follow(machine, entry("docker", registry));
    await machine.sh(pull);
    assert.equal(await idBy(machine, pull), image.platforms.amd64.config);
  });

  Deno.test(`connect, Podman as the page says, skopeo and Buildah with it, ${registry}`, async () => {
    const { image, entry } = at();
    await using machine = await clientMachine(NAME);
    const pull = await follow(machine, entry("podman", registry));
    await machine.sh(pull);
    assert.equal(await idBy(machine, pull), image.platforms.amd64.config);
    const name = pull.split(" ").at(-1);
    assert.ok((await machine.sh(`skopeo inspect --raw docker://${name}`)).includes("amd64"));
    await machine.sh(`buildah pull ${name}`);
  });

  Deno.test(`connect, containerd as the page says, ${registry}`, async () => {
    const { image, entry } = at();
    await using machine = await clientMachine(NAME);
    const { client, target } = entry("containerd", registry);
    const [hosts, config] = client.steps(target);
    await machine.follow(hosts!);
    // As the title says for containerd 1, which is the one here.
    const [version, table] = ["version = 2", "io.containerd.grpc.v1.cri"];
    assert.ok(config!.title.includes(version) && config!.title.includes(table));
    const text = config!.text.replace("io.containerd.cri.v1.images", table)
      .replace("version = 3", version);
    assert.ok(text.startsWith(version));
    await machine.follow({ ...config!, text });
    assert.match(await configToml(machine), /config_path = "\/etc\/containerd\/certs\.d"/);
    await machine.daemon("containerd", [], { ready: "ctr version" });
    await machine.sh(client.test(target), NATIVE);
    assert.ok((await machine.sh("ctr images ls")).includes(image.digest));
  });
}

Deno.test("connect, ORAS as the page says", async () => {
  const { image, entry } = at();
  const { client, target } = entry("helm", "own");
  const [, copy] = client.test(target).replaceAll(NAME, "127.0.0.1").split("\n");
  await using scratch = await scratchDir("oras");
  await run("sh", ["-c", copy!], { cwd: scratch.path });
  assert.ok((await layoutDigests(join(scratch.path, "copied"))).has(image.digest));
});

Deno.test("connect, HTTPS proxy as the page says: Docker, Podman, containerd and by environment", async (t) => {
  const { berth, image, entry } = at();
  const { client, target } = entry("proxy", "docker");
  const [, systemd, containerd, environment] = client.steps(target);
  const pull = client.test(target);
  /** What systemd would give to the service, from the drop-in that was written. */
  const environmentOf = async (machine: ClientMachine, service: string) => {
    const file = `/etc/systemd/system/${service}.service.d/http-proxy.conf`;
    const dropin = await machine.sh(`cat ${file}`);
    return Object.fromEntries(
      [...dropin.matchAll(/^Environment="(\w+)=(.*)"$/gm)].map((
        [, name, value],
      ) => [name!, value!]),
    );
  };

  await t.step("Docker by systemd", async () => {
    await using machine = await clientMachine(NAME);
    await machine.follow(systemd!);
    const env = await environmentOf(machine, "docker");
    await machine.daemon("dockerd", DOCKERD, { ready: "docker version", env });
    await machine.sh(pull);
    assert.equal(await idBy(machine, pull), image.platforms.amd64.config);
  });
  await t.step("containerd", async () => {
    await using machine = await clientMachine(NAME);
    await machine.follow(containerd!);
    const env = { ...NATIVE, ...await environmentOf(machine, "containerd") };
    await machine.daemon("containerd", [], { ready: "ctr version", env });
    await machine.sh(`ctr images pull ${pull.split(" ").at(-1)}`, env);
    assert.ok((await machine.sh("ctr images ls")).includes(image.digest));
  });
  await t.step("podman in its place", async () => {
    await using machine = await clientMachine(NAME);
    const text = containerd!.text.replace("/containerd ", "/podman ");
    await machine.follow({ ...containerd!, text });
    const podman = pull.replace("docker ", "podman ");
    await machine.sh(podman);
    assert.equal(await idBy(machine, podman), image.platforms.amd64.config);
  });
  await t.step("by environment", async () => {
    await using machine = await clientMachine(NAME);
    const told = JSON.parse(await machine.sh(environment!.text));
    assert.deepEqual([told.Name, told.Digest], ["docker.io/library/app", image.digest]);
  });
  assert.match(await berth.output(), /library\/app@sha256:\S+ 200 hit /);
});
