/** What the tests of vanity domains share: registries with an image below a prefix, and pulls of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Image } from "./image.ts";
import { type RealRegistry, type RegistryKind, startRegistry } from "./registry.ts";
import { scratchDir } from "./scratch.ts";
import { layoutDigests, seed, skopeoPull } from "./skopeo.ts";

/** Starts a registry and puts `image` into each of `repositories`. */
export async function registryWith(
  kind: RegistryKind,
  image: Image,
  repositories: string[],
): Promise<RealRegistry> {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startRegistry({ kind }));
  for (const name of repositories) await seed(registry, name, image);
  stack.move();
  return registry;
}

/** The account of `registry`, as clients' flags take it. */
export function account({ credentials }: RealRegistry): string {
  return `${credentials!.username}:${credentials!.password}`;
}

/**
 * Fails unless skopeo, with `flags`, gets all of `image` as `app` of the domain at `host`, and none of
 * the repositories `beside`, which exist and are not for the domain.
 */
export async function pullsApp(
  host: string,
  image: Image,
  { flags = [], beside = [] }: { flags?: string[]; beside?: string[] } = {},
): Promise<void> {
  await using scratch = await scratchDir("pulled");
  const at = (name: string) => join(scratch.path, name);
  await skopeoPull(`${host}/app:${image.tag}`, at("app"), flags);
  assert.deepEqual(await layoutDigests(at("app")), image.digests);
  for (const name of beside) {
    const pull = skopeoPull(`${host}/${name}:${image.tag}`, at("beside"), flags);
    await assert.rejects(pull, /unknown|unauthorized|denied/);
  }
}
