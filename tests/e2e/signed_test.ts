/** Images that cosign signed, that somebody else signed, and that nobody signed, as real clients meet them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { FakeSigstore } from "../fake/sigstore.ts";
import { giveToBerth } from "./harness/account.ts";
import { registrySettings, startBerth } from "./harness/berth.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startDocker } from "./harness/docker.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { run } from "./harness/process.ts";
import { type RealRegistry, startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { seed, skopeoPull } from "./harness/skopeo.ts";

const IDENTITY = "https://git.example.com/acme/app/.ci/release.yml@refs/heads/main";
const ISSUER = "https://token.git.example.com";
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
/** Repositories, and whether what is in them may come through. */
const IMAGES = {
  ...{ bundled: true, simple: true, keyless: true },
  ...{ unsigned: false, "other-key": false, "other-identity": false, "other-image": false },
};

/** Pairs of keys as `NAME.key` and `NAME.pub` in `dir`. */
async function makeKeys(dir: string): Promise<void> {
  for (const name of ["ours", "theirs"]) {
    const args = ["generate-key-pair", "--output-key-prefix", join(dir, name)];
    await run("cosign", args, { env: { COSIGN_PASSWORD: "" } });
  }
}

/** Signs an image in `registry` as people do who have a key; nothing of it is told to a log. */
async function sign(registry: RealRegistry, name: string, digest: string, ...flags: string[]) {
  await run("cosign", [
    ...["sign", "--yes", "--allow-http-registry", "--tlog-upload=false"],
    ...["--use-signing-config=false", ...flags, `${registry.host}/library/${name}@${digest}`],
  ], { env: { COSIGN_PASSWORD: "", HOME: "/nonexistent" } });
}

/** Attaches a bundle that says that `identity` signed `digest` to the image in `name`. */
async function signKeyless(
  dir: string,
  registry: RealRegistry,
  name: string,
  { sigstore, identity, digest, image }: {
    sigstore: FakeSigstore;
    identity: string;
    digest: string;
    image: Image;
  },
) {
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: digest.slice("sha256:".length) } }],
    predicateType: "https://sigstore.dev/cosign/sign/v1",
  };
  const payload = new TextEncoder().encode(JSON.stringify(statement));
  const bundle = await sigstore.bundle(payload, { identity, issuer: ISSUER });
  await Deno.writeTextFile(join(dir, `${name}.json`), JSON.stringify(bundle));
  const target = `${registry.host}/library/${name}@${image.digest}`;
  const args = ["attach", "--plain-http", "--artifact-type", BUNDLE, target];
  await run("oras", [...args, `${name}.json:${BUNDLE}`], { cwd: dir });
}

Deno.test("signatures, skopeo, docker and containerd get what is signed and nothing else", async () => {
  await using scratch = await scratchDir("signed");
  const { path } = scratch;
  const image = await buildImage(join(path, "image"), 300_000);
  await using registry = await startRegistry();
  for (const name of Object.keys(IMAGES)) await seed(registry, `library/${name}`, image);
  const keys = join(path, "keys");
  await Deno.mkdir(keys);
  await makeKeys(keys);
  const { digest } = image;
  await sign(registry, "bundled", digest, "--key", join(keys, "ours.key"));
  const simple = "--new-bundle-format=false";
  await sign(registry, "simple", digest, simple, "--key", join(keys, "ours.key"));
  await sign(registry, "other-key", digest, "--key", join(keys, "theirs.key"));
  await sign(registry, "other-key", digest, simple, "--key", join(keys, "theirs.key"));
  const sigstore = await FakeSigstore.start();
  const keyless = { sigstore, identity: IDENTITY, digest, image };
  await signKeyless(path, registry, "keyless", keyless);
  const other = IDENTITY.replace("acme", "evil");
  await signKeyless(path, registry, "other-identity", { ...keyless, identity: other });
  const elsewhere = image.platforms.arm64.manifest;
  await signKeyless(path, registry, "other-image", { ...keyless, digest: elsewhere });
  const root = join(keys, "trusted_root.json");
  await Deno.writeTextFile(root, sigstore.trustedRoot());
  await giveToBerth(path);
  await giveToBerth(keys);

  const certificate_identity = "https://git.example.com/acme/*/.ci/release.yml@refs/heads/main";
  const cosign = { keys: [join(keys, "ours.pub")], certificate_identity, issuer: ISSUER };
  await using berth = await startBerth({
    registries: {
      docker: {
        ...registrySettings(registry),
        require: [{ cosign: { ...cosign, trusted_root: root } }],
      },
    },
  });
  await using docker = await startDocker();
  await using containerd = await startContainerd([{ namespace: "docker.io", host: berth.url }]);
  for (const [name, fine] of Object.entries(IMAGES)) {
    const spelled = `docker.io/library/${name}:${image.tag}`;
    const [skopeo, ...others] = await Promise.allSettled([
      skopeoPull(`${berth.host}/${spelled}`, join(path, `pulled-${name}`)),
      docker.docker("pull", "--quiet", `${berth.host}/${spelled}`),
      containerd.pull(spelled),
    ]);
    if (fine) {
      assert.equal(skopeo.status, "fulfilled", `${name}: ${JSON.stringify(skopeo)}`);
    } else {
      const said = skopeo.status === "rejected" ? String(skopeo.reason) : "";
      assert.match(said, new RegExp(`library/${name} of docker was refused: it is not signed by`));
    }
    for (const { status } of others) {
      assert.equal(status, fine ? "fulfilled" : "rejected", `${name}, ${JSON.stringify(others)}`);
    }
  }
  const by = await skopeoPull(
    `${berth.host}/docker.io/library/other-identity:${image.tag}`,
    join(path, "again"),
  ).catch(String);
  assert.match(String(by), /its signature is by https:\/\/git\.example\.com\/evil\/app/);
  // What was found is there after a kill, with the registry away for good.
  await registry.stop();
  await berth.restart("SIGKILL");
  for (const name of ["bundled", "simple", "keyless"]) {
    const spelled = `${berth.host}/docker.io/library/${name}:${image.tag}`;
    await skopeoPull(spelled, join(path, `later-${name}`));
  }
});
