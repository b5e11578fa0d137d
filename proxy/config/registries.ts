/** The registries that Berth knows without being told. The file's `registries` extends them. */
import type { RegistryInput } from "./schema.ts";

export const BUILT_IN_REGISTRIES: Readonly<Record<string, RegistryInput>> = {
  docker: {
    url: "https://registry-1.docker.io",
    aliases: ["docker.io", "index.docker.io"],
    library: true,
  },
  ghcr: { url: "https://ghcr.io" },
  quay: { url: "https://quay.io" },
  gcr: { url: "https://gcr.io" },
  // k8s.gcr.io was frozen in 2023 and redirects to registry.k8s.io.
  k8s: { url: "https://registry.k8s.io", aliases: ["k8s.gcr.io"] },
  ecr: { url: "https://public.ecr.aws" },
  mcr: { url: "https://mcr.microsoft.com" },
  elastic: { url: "https://docker.elastic.co" },
  nvcr: { url: "https://nvcr.io" },
  gitlab: { url: "https://registry.gitlab.com" },
};
