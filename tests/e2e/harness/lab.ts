/** One Berth in front of a registry of each kind, with the same image in all of them. */
import { join } from "node:path";
import { type Berth, registrySettings, type Settings, startBerth } from "./berth.ts";
import { forAll } from "./for_all.ts";
import { buildImage, type Image } from "./image.ts";
import { type RealRegistry, type RegistryKind, startRegistry } from "./registry.ts";
import { scratchDir } from "./scratch.ts";
import { seed } from "./skopeo.ts";

/** Which registry of Berth's built-in map each upstream stands in for, and where its image is. */
interface Upstream {
  kind: RegistryKind;
  /** The registry's name in Berth's configuration. */
  name: string;
  /** The registry that image names spell. */
  host: string;
  repository: string;
}

export const UPSTREAMS: readonly Upstream[] = [
  { kind: "open", name: "docker", host: "docker.io", repository: "library/app" },
  { kind: "htpasswd", name: "quay", host: "quay.io", repository: "team/app" },
  { kind: "token", name: "ghcr", host: "ghcr.io", repository: "team/app" },
  { kind: "tls", name: "gitlab", host: "registry.gitlab.com", repository: "team/app" },
];

export interface Lab extends AsyncDisposable {
  readonly berth: Berth;
  readonly image: Image;
  /** The registry behind one of the upstreams. */
  registry(name: string): RealRegistry;
}

/** Starts the registries, fills them, and starts Berth with `settings` over the lab's own. */
export async function startLab(settings: Settings = {}): Promise<Lab> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchDir("image"));
  const image = await buildImage(join(scratch.path, "image"));
  const registries = new Map<string, RealRegistry>();
  for (const { kind, name, repository } of UPSTREAMS) {
    const registry = stack.use(await startRegistry({ kind }));
    await seed(registry, repository, image);
    registries.set(name, registry);
  }
  const entries = [...registries].map(([name, one]) => [name, registrySettings(one)]);
  const berth = stack.use(
    await startBerth({ registries: Object.fromEntries(entries), ...settings }),
  );
  const owned = stack.move();
  return {
    berth,
    image,
    registry(name) {
      const registry = registries.get(name);
      if (!registry) throw new Error(`the lab has no registry ${name}`);
      return registry;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Starts a lab before a file's first test and ends it after the last; call it at the top level. */
export function labForAll(settings: Settings = {}): () => Lab {
  return forAll(() => startLab(settings));
}
