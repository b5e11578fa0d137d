/** How clients reach this server. */
import { registryCertificate } from "../../../proxy/config/certificates.ts";
import { type Config, parseListen, type RegistryConfig } from "../../../proxy/config/schema.ts";
import { portlessHosts } from "../../../proxy/config/registry_words.ts";
import { interceptedNames } from "../../../proxy/forward/hosts/allow_list.ts";
import type { Connect, ConnectRegistry } from "../schema/connect.ts";

/** Something small and public of well-known registries, to try a pull with. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "registry-1.docker.io": "library/alpine:latest",
  "quay.io": "libpod/alpine:latest",
  "gcr.io": "distroless/static-debian12:latest",
  "registry.k8s.io": "pause:3.10",
  "public.ecr.aws": "docker/library/alpine:latest",
  "mcr.microsoft.com": "hello-world:latest",
};

/** What the Connect page needs of `config`; nothing secret. `port`: of the registry API as bound. */
export function connectView(config: Config, port: number): Connect {
  const { forward } = config;
  return {
    publicUrl: config.public_url,
    port,
    tls: registryCertificate(config).cert_file !== "",
    domainSuffix: config.domain_suffix,
    defaultRegistry: config.default_registry,
    pathNames: config.path_names,
    signIn: Object.keys(config.users).length > 0,
    registries: Object.entries(config.registries).map(([name, registry]) =>
      connectRegistry(name, registry, config)
    ),
    forward: forward.listen === ""
      ? null
      : { port: parseListen(forward.listen)?.port ?? 0, intercept: [...interceptedNames(config)] },
  };
}

/**
 * Host that image references of a registry name: the first alias that looks like one (`docker.io`
 * is registry-1.docker.io, or a mirror of it), otherwise the URL's.
 */
export function referenceHost({ url, aliases }: Pick<RegistryConfig, "url" | "aliases">): string {
  return aliases.find((alias) => alias.includes(".")) ?? new URL(url).host;
}

/** The same behind this server's address, where a port can be no part of an image's name. */
export function hostInNames(name: string, { registries }: Pick<Config, "registries">): string {
  const host = referenceHost(registries[name]!);
  const bare = host.replace(/:\d+$/, "");
  return portlessHosts(registries).get(bare) === name ? bare : host;
}

function connectRegistry(name: string, registry: RegistryConfig, config: Config): ConnectRegistry {
  const bare = config.domain_suffix.replace(/^\./, "");
  const prefix = registry.repo_prefix;
  return {
    name,
    host: referenceHost(registry),
    hostInNames: hostInNames(name, config),
    aliases: registry.aliases,
    library: registry.library,
    hosts: [...registry.hosts, ...bare ? [`${name}.${bare}`] : []],
    repoPrefix: prefix,
    example: prefix ? "" : EXAMPLES[new URL(registry.url).host] ?? "",
  };
}
