/**
 * The registries that Berth knows without being told. The file's `registries` extends them. Each has
 * its public host as an alias too, so that names keep their meaning when `url` is set to a mirror.
 */
import { type RegistryConfig, type RegistryInput, registrySchema } from "./schema.ts";

export const BUILT_IN_REGISTRIES: Readonly<Record<string, RegistryInput>> = {
  docker: {
    url: "https://registry-1.docker.io",
    aliases: ["docker.io", "index.docker.io"],
    library: true,
  },
  ghcr: { url: "https://ghcr.io", aliases: ["ghcr.io"] },
  quay: { url: "https://quay.io", aliases: ["quay.io"] },
  gcr: { url: "https://gcr.io", aliases: ["gcr.io"] },
  // k8s.gcr.io was frozen in 2023 and redirects to registry.k8s.io.
  k8s: { url: "https://registry.k8s.io", aliases: ["registry.k8s.io", "k8s.gcr.io", "k8sgcr"] },
  ecr: { url: "https://public.ecr.aws", aliases: ["public.ecr.aws"] },
  mcr: { url: "https://mcr.microsoft.com", aliases: ["mcr.microsoft.com"] },
  elastic: { url: "https://docker.elastic.co", aliases: ["docker.elastic.co"] },
  nvcr: { url: "https://nvcr.io", aliases: ["nvcr.io"] },
  gitlab: { url: "https://registry.gitlab.com", aliases: ["registry.gitlab.com"] },
};

/** Whether Berth knows a registry of that name without being told. */
export function isBuiltIn(name: string): boolean {
  return Object.hasOwn(BUILT_IN_REGISTRIES, name);
}

/**
 * Names of the registries that the operator has a say in: new ones, and built-in ones with other
 * settings. A file that repeats what is built in, as the shipped one does, says nothing of use.
 */
export function changedRegistries(registries: Readonly<Record<string, RegistryConfig>>): string[] {
  return Object.entries(registries).filter(([name, registry]) => {
    if (!isBuiltIn(name)) return true;
    const builtIn = registrySchema.parse(BUILT_IN_REGISTRIES[name]);
    // An alias may have gone to another registry.
    const settings = (it: RegistryConfig) => JSON.stringify({ ...it, aliases: [] });
    return settings(registry) !== settings(builtIn);
  }).map(([name]) => name);
}
