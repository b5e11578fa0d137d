/** A proxy with a cache and a clock of its own, and an image to pull through it, for tests. */
import assert from "node:assert/strict";
import { type CachedPair, cachedPair, stored } from "../../fake/pair.ts";
import type { CacheOptions } from "../../../cache/options.ts";
import { FakeClock } from "../../fake/clock.ts";
import { digestOf, image, OCI_INDEX, OCI_MANIFEST } from "../../fake/content.ts";
import type { FakeRegistryOptions } from "../../fake/registry.ts";

export const app = image({ platforms: ["linux/amd64", "linux/arm64"] });
export const LAYER = app.blobs[1]!;
/** Content that is too large to be held back until it has been checked. */
export const large = image({ seed: 7, layers: [200_000] });
export const LARGE = large.blobs[1]!;
export const LARGE_PATH = `/v2/org/app/blobs/${LARGE.digest}`;
export const WITH_LARGE = { images: { "org/app:latest": app, "org/app:large": large } };
export const LAYER_PATH = `/v2/org/app/blobs/${LAYER.digest}`;
export const MANIFEST = { headers: { accept: `${OCI_INDEX}, ${OCI_MANIFEST}` } };

export interface Setup extends CachedPair {
  clock: FakeClock;
}

export async function setup(
  options: FakeRegistryOptions = {},
  settings: Record<string, unknown> = {},
  more: Partial<CacheOptions> = {},
): Promise<Setup> {
  const clock = new FakeClock();
  const registry = { images: { "org/app:latest": app }, ...options };
  return Object.assign(
    await cachedPair({ registry, settings, parts: { now: clock.now } }, more),
    { clock },
  );
}

export async function pull({ proxy, cache }: Setup, tag = "latest"): Promise<void> {
  const head = await proxy.get(`/v2/org/app/manifests/${tag}`, { ...MANIFEST, method: "HEAD" });
  assert.equal(head.status, 200);
  const root = head.headers.get("docker-content-digest");
  for (const manifest of app.manifests) {
    const response = await proxy.get(`/v2/org/app/manifests/${manifest.digest}`, MANIFEST);
    assert.equal(digestOf(await response.bytes()), manifest.digest);
  }
  for (const blob of app.blobs) {
    const response = await proxy.get(`/v2/org/app/blobs/${blob.digest}`);
    assert.equal(digestOf(await response.bytes()), blob.digest);
  }
  await stored({ cache });
  assert.equal(root, app.root.digest);
}
