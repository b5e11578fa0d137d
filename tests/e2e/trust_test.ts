/** What may come through, as skopeo and the command line meet it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { registrySettings, startBerth } from "./harness/berth.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { type Finished, run } from "./harness/process.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { seed, skopeoPull } from "./harness/skopeo.ts";

const LENIENT = ["--insecure-policy"];
const PLAIN = "--src-tls-verify=false";

Deno.test("trust, a platform that a rule denies, a tag that is frozen while its registry moves it", async () => {
  await using scratch = await scratchDir("trust");
  const app = await buildImage(join(scratch.path, "image"));
  await using registry = await startRegistry();
  await seed(registry, "library/app", app);
  const rule = { action: "deny", platforms: ["linux/arm64*"], reason: "we run no ARM" };
  await using berth = await startBerth({
    registries: { docker: registrySettings(registry) },
    policy: { contact: "platform@example.com", rules: [rule] },
  });
  const image = `docker://${berth.host}/docker.io/app:${app.tag}`;
  const copy = (architecture: string, to: string) =>
    run("skopeo", [
      ...[...LENIENT, "--override-arch", architecture, "copy", PLAIN, image],
      `oci:${join(scratch.path, to)}:pulled`,
    ]);
  await copy("amd64", "allowed");
  const refused = "library/app of docker was refused: we run no ARM .*; ask platform@example.com";
  await assert.rejects(copy("arm64", "refused"), new RegExp(refused));

  const berthSays = async (...args: string[]) => {
    const { code, stdout, stderr }: Finished = await berth.command(...args);
    assert.equal(code, 0, stderr);
    return new TextDecoder().decode(stdout);
  };
  /** Whether the tag stands for an index. */
  const isIndex = async () => {
    const raw = await run("skopeo", [...LENIENT, "inspect", "--raw", "--tls-verify=false", image]);
    return Array.isArray(JSON.parse(raw).manifests);
  };
  assert.match(await berthSays("freeze", `app:${app.tag}`), new RegExp(`to ${app.digest}`));
  // The tag moves from the index to one of its manifests.
  await run("skopeo", [
    ...[...LENIENT, "copy", PLAIN, "--dest-tls-verify=false", "--preserve-digests"],
    `docker://${registry.host}/library/app@${app.platforms.amd64.manifest}`,
    `docker://${registry.host}/library/app:${app.tag}`,
  ]);
  assert.equal(await isIndex(), true, "frozen");
  await berth.restart("SIGKILL");
  assert.equal(await isIndex(), true, "frozen, after a kill");
  await berthSays("unfreeze", `app:${app.tag}`);
  assert.equal(await isIndex(), false);
  assert.match(await berthSays("tags", `app:${app.tag}`), new RegExp(`was ${app.digest} from`));
});

Deno.test("trust, a tag that moves while it is held, released and rolled back, with kills in between", async () => {
  await using scratch = await scratchDir("held");
  await using registry = await startRegistry();
  const images = [];
  for (const name of ["one", "two", "three"]) {
    images.push(await buildImage(join(scratch.path, name), 100_000));
  }
  const [one, two, three] = images as [Image, Image, Image];
  await using berth = await startBerth({
    registries: { docker: { ...registrySettings(registry), hold: { new_digest: "1h" } } },
    // Each request asks what the tag stands for now.
    cache: { manifests: { ttl: "0s" } },
  });
  const name = `${berth.host}/docker.io/app:1.0`;
  const inspect = () =>
    run("skopeo", [
      ...[...LENIENT, "--override-arch", "amd64", "inspect", "--tls-verify=false"],
      ...["--format", "{{.Digest}}", `docker://${name}`],
    ]).then((text) => text.trim());
  const pull = (to: string) => skopeoPull(name, join(scratch.path, `pulled-${to}`));
  const berthSays = async (...args: string[]) => {
    const { code, stderr } = await berth.command(...args);
    assert.equal(code, 0, stderr);
  };
  const moveTo = (image: Image) => seed(registry, "library/app", image);
  await moveTo(one);
  await assert.rejects(inspect(), /is new and held back until .* \(hold\.new_digest\)/);
  await berthSays("release", "app:1.0");
  await pull("one");
  await moveTo(two);
  assert.equal(await inspect(), one.digest, "held");
  await berth.restart("SIGKILL");
  assert.equal(await inspect(), one.digest, "held, after a kill");
  await berthSays("release", "docker/library/*:*");
  await pull("two");
  assert.equal(await inspect(), two.digest, "released");
  await berthSays("freeze", "app:1.0", "--digest", one.digest);
  await moveTo(three);
  assert.equal(await inspect(), one.digest, "rolled back");
  await berth.restart("SIGKILL");
  assert.equal(await inspect(), one.digest, "rolled back, after a kill");
  await berthSays("unfreeze", "app:1.0");
  assert.equal(await inspect(), two.digest, "what it was before the third, which is held");
});
