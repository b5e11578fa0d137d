/**
 * Hosts that clients of well-known registries are sent to: for a token, or by a redirect to a blob.
 * `*` stands for one or more labels or parts of one.
 */
const COMPANIONS: readonly [registry: RegExp, hosts: readonly string[]][] = [
  [/^(registry-1|index)\.docker\.io$/, [
    "auth.docker.io",
    "index.docker.io",
    "production.cloudflare.docker.com",
    "production.cloudfront.docker.com",
    "docker-images-prod.*.r2.cloudflarestorage.com",
  ]],
  [/^ghcr\.io$/, ["pkg-containers.githubusercontent.com"]],
  [/^quay\.io$/, ["cdn*.quay.io", "quayio-production-s3.s3.amazonaws.com"]],
  [/(^|\.)gcr\.io$/, ["storage.googleapis.com"]],
  [/-docker\.pkg\.dev$/, ["storage.googleapis.com"]],
  [/^registry\.k8s\.io$/, [
    "*-docker.pkg.dev",
    "prod-registry-k8s-io-*.s3.dualstack.*.amazonaws.com",
    "storage.googleapis.com",
  ]],
  [/^public\.ecr\.aws$/, ["d5l0dvt14r5h8.cloudfront.net", "d2glxqk2uabbnd.cloudfront.net"]],
  [/^\d+\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com$/, [
    "prod-*-starport-layer-bucket.s3.*.amazonaws.com",
  ]],
  [/\.azurecr\.io$/, ["*.blob.core.windows.net"]],
  [/^mcr\.microsoft\.com$/, ["*.data.mcr.microsoft.com"]],
  [/^docker\.elastic\.co$/, ["docker-auth.elastic.co"]],
  [/^nvcr\.io$/, ["authn.nvidia.com", "layers.nvcr.io", "xfiles.ngc.nvidia.com"]],
  [/^registry\.gitlab\.com$/, [
    "gitlab.com",
    "cdn.registry.gitlab-static.net",
    "storage.googleapis.com",
  ]],
];

/** What clients of `registry` (a host) need beside it, as patterns for a whole host name. */
export function companionsOf(registry: string): RegExp[] {
  return COMPANIONS.filter(([pattern]) => pattern.test(registry)).flatMap(([, hosts]) =>
    hosts.map((host) =>
      new RegExp(`^${host.replaceAll(".", "\\.").replaceAll("*", "[a-z0-9.-]+")}$`)
    )
  );
}
