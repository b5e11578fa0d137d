/** Across an air gap: a bundle from a real registry into a Berth whose network leads nowhere. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { type Berth, COMMAND, registrySettings, startBerth } from "./harness/berth.ts";
import { giveToBerth } from "./harness/account.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startDocker } from "./harness/docker.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { island } from "./harness/island.ts";
import { podmanStore } from "./harness/podman.ts";
import { run } from "./harness/process.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { seed } from "./harness/skopeo.ts";
import { tar } from "./harness/tar.ts";
import { until } from "./harness/wait.ts";

async function bundle(berth: Berth, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await berth.command("bundle", ...args);
  const output = new TextDecoder().decode(stdout) + stderr;
  assert.equal(code, 0, output);
  return output;
}

/** A chart as `helm package` writes it. */
function chart(): Uint8Array<ArrayBuffer> {
  const about = "apiVersion: v2\nname: shop\nversion: 1.2.3\n";
  const encode = (text: string) => new TextEncoder().encode(text);
  return new Uint8Array(gzipSync(tar({ "shop/Chart.yaml": encode(about) })));
}

/** Digests of the blobs in an archive. */
async function blobsIn(path: string): Promise<Set<string>> {
  const names = (await run("tar", ["-tf", path])).split("\n");
  return new Set(names.flatMap((name) => {
    const [, hex] = /^blobs\/sha256\/(\w+)$/.exec(name) ?? [];
    return hex ? [`sha256:${hex}`] : [];
  }));
}

Deno.test("bundle, a registry's images and chart are pulled in a network without a route", async () => {
  await using scratch = await scratchDir("bundle");
  await giveToBerth(scratch.path);
  const at = (name: string) => join(scratch.path, name);
  const [app, other] = [await buildImage(at("a"), 3e6), await buildImage(at("b"), 2e6)];
  await using registry = await startRegistry();
  await seed(registry, "library/app", app);
  await Deno.writeFile(at("shop-1.2.3.tgz"), chart());
  await run("helm", [
    "push",
    "--plain-http",
    at("shop-1.2.3.tgz"),
    `oci://${registry.host}/charts`,
  ]);
  const registries = { docker: registrySettings(registry) };
  await using near = await startBerth({ registries });
  await Deno.writeTextFile(at("list.txt"), `app:${app.tag}\ndocker.io/charts/shop:1.2.3\n`);
  const [first, second] = [at("first.tar"), at("second.tar")];
  const list = ["--images-from", at("list.txt"), "--all-platforms", "--with-referrers"];
  assert.match(await bundle(near, "create", first, ...list), /first\.tar\n2 images, 15 blobs/);

  await seed(registry, "library/other", other);
  const everything = ["--all-platforms", "--with-referrers", "--since", first];
  await bundle(near, "create", second, `app:${app.tag}`, `other:${other.tag}`, ...everything);
  const held = await blobsIn(second);
  assert.deepEqual(held, other.digests, "what the first has is not in it once more");
  const reference = `oci-archive:${second}:docker.io/library/other:${other.tag}`;
  const { Digest } = JSON.parse(await run("skopeo", ["inspect", reference]));
  assert.equal(Digest, other.digest);
  await registry.stop();

  await using nowhere = await island();
  const offline = { offline: true, registries };
  await using far = await startBerth(offline, nowhere.there(COMMAND), nowhere.address);
  await damagedIsRefused(far, { first, digest: app.platforms.amd64.layers[1]!, to: at("odd.tar") });
  assert.match(await bundle(far, "load", first), /2 images loaded and pinned: \d+ blobs came/);
  assert.match(await bundle(far, "load", second), /2 images loaded and pinned: 12 blobs came/);
  await pulledByAll(far, { app, first, out: at("out") });
  const entries = await (await far.command("cache", "images", "--json")).stdout;
  assert.ok(
    JSON.parse(new TextDecoder().decode(entries)).every(({ pinned }: { pinned: boolean }) =>
      pinned
    ),
  );
  assert.match(await far.output(), /command line loaded docker\/library\/app:1\.0, docker\/charts/);
});

/** One flipped bit in the blob `digest`. */
async function damagedIsRefused(
  far: Berth,
  { first, digest, to }: { first: string; digest: string; to: string },
): Promise<void> {
  const bytes = await Deno.readFile(first);
  const name = new TextEncoder().encode(`blobs/sha256/${digest.slice(7)}\0`);
  const text = new TextDecoder("latin1");
  bytes[text.decode(bytes).indexOf(text.decode(name)) + 512 + 1000]! ^= 1;
  await Deno.writeFile(to, bytes);
  const { code, stderr } = await far.command("bundle", "load", to);
  assert.deepEqual([code, stderr.includes(`${digest} was altered`)], [1, true], stderr);
  const { stdout } = await far.command("cache", "images");
  assert.match(new TextDecoder().decode(stdout), /^0 images/);
}

/** What clients get of Berth `far`, each by the name that the image always had. */
async function pulledByAll(
  far: Berth,
  { app, first, out }: { app: Image; first: string; out: string },
): Promise<void> {
  const name = `docker.io/library/app:${app.tag}`;
  await using docker = await startDocker(far.url);
  await docker.docker("pull", `app:${app.tag}`);
  await docker.holds(`app:${app.tag}`, app.platforms.amd64);
  assert.match(await docker.docker("load", "-i", first), /^Loaded image: app:1\.0\s*$/);
  await using containerd = await startContainerd([{ namespace: "docker.io", host: far.url }]);
  await containerd.fetchAll(name);
  assert.deepEqual(await containerd.content(), app.digests);
  await using store = await podmanStore([{ prefix: "docker.io", mirror: far.host }]);
  await store.podman("pull", "--quiet", name);
  await store.holds(name, app.platforms.amd64);
  const layout = join(out, "oras");
  await run("oras", [
    ...["copy", "--from-plain-http", `${far.host}/docker.io/library/app:${app.tag}`],
    ...["--to-oci-layout", `${layout}:app`],
  ]);
  const copied = await Array.fromAsync(Deno.readDir(join(layout, "blobs", "sha256")));
  assert.deepEqual(new Set(copied.map(({ name }) => `sha256:${name}`)), app.digests);
  // Without a version helm asks for the tags that there are.
  const shop = `oci://${far.host}/docker.io/charts/shop`;
  await run("helm", ["pull", "--plain-http", shop, "--destination", out]);
  assert.deepEqual(await Deno.readFile(join(out, "shop-1.2.3.tgz")), chart());
}

Deno.test("bundle, killed in the middle of create and of load, and then again to the end", async () => {
  await using scratch = await scratchDir("bundle");
  await giveToBerth(scratch.path);
  const at = (name: string) => join(scratch.path, name);
  const app = await buildImage(at("image"), 20e6);
  await using registry = await startRegistry();
  await seed(registry, "library/app", app);
  const side = async (name: string, settings: Record<string, unknown>) => {
    const cache = { dir: at(name) };
    const docker = registrySettings(registry);
    const text = JSON.stringify({ cache, registries: { docker }, ...settings });
    await Deno.writeTextFile(at(`${name}.json`), text);
    return at(`${name}.json`);
  };
  const [near, far] = [await side("near", {}), await side("far", { offline: true })];
  const out = at("out.tar");
  const there = (path: string) => Deno.stat(path).then(() => true, () => false);

  const create = ["bundle", "create", out, `app:${app.tag}`, "--config", near];
  if (await killed(create, () => there(`${out}.incomplete`))) {
    assert.equal(await there(out), false, "half a bundle");
  }
  await ends(create);
  assert.equal(await there(`${out}.incomplete`), false);

  const load = ["bundle", "load", out, "--config", far];
  if (await killed(load, () => there(join(at("far"), "blobs", "sha256")))) {
    const images = await ends(["cache", "images", "--config", far]);
    assert.match(images, /^0 images/, "an image by halves");
  }
  assert.match(await ends(load), /1 image loaded and pinned/);
  await ends(["cache", "verify", "--config", far]);
});

/** What `berth …` prints, which has to succeed. */
async function ends(args: string[]): Promise<string> {
  const [command, ...before] = COMMAND;
  return await run(command!, [...before, ...args]);
}

/** Kills `berth …` as soon as `begun`; false where it was over by then. */
async function killed(args: string[], begun: () => Promise<boolean>): Promise<boolean> {
  const [command, ...before] = COMMAND;
  const child = new Deno.Command(command!, {
    args: [...before, ...args],
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  let over = false;
  const status = child.status.finally(() => over = true);
  await until("the command has begun", async () => over || await begun(), 60_000);
  if (!over) child.kill("SIGKILL");
  return (await status).signal === "SIGKILL";
}
