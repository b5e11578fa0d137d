/** `auth.mode: client`: clients sign in at the registry, through Berth. */
import assert from "node:assert/strict";
import { type Berth, registrySettings, startBerth } from "./harness/berth.ts";
import { startContainerd } from "./harness/containerd.ts";
import { startDocker } from "./harness/docker.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { podmanStore } from "./harness/podman.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./harness/skopeo.ts";
import type { Credentials } from "./harness/token_server.ts";

interface Private {
  berth: Berth;
  image: Image;
  credentials: Credentials;
}

/** Each pulls a private image of the default registry: with credentials, or with none. */
const CLIENTS: Record<string, (setup: Private, signedIn: boolean) => Promise<void>> = {
  async skopeo({ berth, image, credentials }, signedIn) {
    await using scratch = await scratchDir("pulled");
    const flags = signedIn ? ["--src-creds", pair(credentials)] : [];
    await skopeoPull(`${berth.host}/team/app:${image.tag}`, scratch.path, flags);
    assert.deepEqual(await layoutDigests(scratch.path), image.digests);
  },
  async podman({ berth, image, credentials }, signedIn) {
    await using store = await podmanStore();
    const name = `${berth.host}/team/app:${image.tag}`;
    const flags = signedIn ? ["--creds", pair(credentials)] : [];
    await store.podman("pull", "--quiet", "--tls-verify=false", ...flags, name);
    await store.holds(name, image.platforms.amd64);
  },
  async containerd({ berth, image, credentials }, signedIn) {
    await using containerd = await startContainerd([{ namespace: "quay.io", host: berth.url }]);
    const flags = signedIn ? ["--user", pair(credentials)] : [];
    await containerd.pull(`quay.io/team/app:${image.tag}`, flags);
    const content = await containerd.content();
    for (const digest of image.platforms.amd64.layers) assert.ok(content.has(digest), digest);
  },
  async docker({ berth, image, credentials: { username, password } }, signedIn) {
    await using docker = await startDocker();
    if (signedIn) await docker.docker("login", "-u", username, "-p", password, berth.host);
    const name = `${berth.host}/team/app:${image.tag}`;
    await docker.docker("pull", "--quiet", name);
    await docker.holds(name, image.platforms.amd64);
  },
};

/** How the clients say it. */
const REFUSED = /unauthorized|authentication required|no basic auth|denied|authorization failed/i;

function pair({ username, password }: Credentials): string {
  return `${username}:${password}`;
}

for (const kind of ["token", "htpasswd"] as const) {
  for (const [client, pull] of Object.entries(CLIENTS)) {
    Deno.test(`${client} (${kind} upstream), signs in through Berth; strangers get nothing`, async () => {
      await using scratch = await scratchDir("image");
      await using registry = await startRegistry({ kind });
      const image = await buildImage(scratch.path, 2_000_000);
      await seed(registry, "team/app", image);
      const quay = { ...registrySettings(registry), auth: { mode: "client" } };
      await using berth = await startBerth({ registries: { quay }, default_registry: "quay" });
      const setup = { berth, image, credentials: registry.credentials! };

      await assert.rejects(pull(setup, false), REFUSED, "before it is in the cache");
      await pull(setup, true);
      await assert.rejects(pull(setup, false), REFUSED, "although it is in the cache");
      await pull(setup, true);
    });
  }
}
