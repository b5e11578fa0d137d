/**
 * The registries that Berth knows without being told. The file's `registries` extends them. Each has
 * its public host as an alias too, so that names keep their meaning when `url` is set to a mirror.
 */
import type { RegistryInput } from "./schema.ts";

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
