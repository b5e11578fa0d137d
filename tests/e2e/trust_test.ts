/** What may come through, as skopeo and the command line meet it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { registrySettings, startBerth } from "./harness/berth.ts";
import { buildImage } from "./harness/image.ts";
import { type Finished, run } from "./harness/process.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { seed } from "./harness/skopeo.ts";

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
