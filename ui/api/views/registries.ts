/** Registries of the map as the API tells them. */
import type { LoadedConfig } from "../../../proxy/config/load.ts";
import type { Provenance } from "../../../proxy/config/provenance.ts";
import { formatKey, newTree, setIn } from "../../../proxy/config/path.ts";
import { type EffectiveValue, effectiveValues } from "../../../proxy/config/print.ts";
import type { RegistryConfig } from "../../../proxy/config/schema.ts";
import { isSecret } from "../../../proxy/config/secrets.ts";
import type { Address, RegistrySettings, RegistryView } from "../schema/registries.ts";
import { hostInNames, referenceHost } from "./connect.ts";
import { originView } from "./settings.ts";

/** Sources that beat the file, so that the dashboard cannot change what they say. */
const FIXED: ReadonlySet<Provenance["kind"]> = new Set(["environment", "flag", "map"]);

/** The part of a registry's view that the configuration alone decides. */
type ConfiguredRegistry = Omit<RegistryView, "health" | "counters">;

/** The registry `name` of `loaded`, without secrets; `port` is that of the registry API. */
export function configuredRegistry(
  loaded: LoadedConfig,
  name: string,
  host: string,
): ConfiguredRegistry {
  const values = effectiveValues(loaded, { all: false })
    .filter(({ path }) => path[0] === "registries" && path[1] === name)
    .filter(({ path }) => path[2] !== "offline" || statesOffline(loaded, name))
    .map(({ path, ...rest }) => ({ ...rest, path, key: formatKey(path.slice(2)) }));
  const url = values.find(({ key }) => key === "url")?.origin ?? { kind: "default" as const };
  const secret = values.filter(({ path }) => isSecret(path));
  const fixed = FIXED.has(url.kind);
  return {
    name,
    settings: settingsOf(values),
    secrets: secret.filter(({ value }) => value !== "").map(({ key }) => key),
    origin: originView(url),
    overrides: values.filter(({ origin }) => FIXED.has(origin.kind))
      .map(({ key, origin }) => ({ path: key, origin: originView(origin) })),
    editable: !fixed,
    readOnlyReason: fixed ? `It comes from ${originView(url).text}; change it there.` : "",
    isDefault: loaded.config.default_registry === name,
    addresses: addresses(loaded, name, host),
  };
}

/** Whether the registry itself is set to offline, and not only all of them are. */
function statesOffline({ config, stated }: LoadedConfig, name: string): boolean {
  const key = `registries.${name}.offline`;
  return !config.offline ||
    stated.some(({ path, value }) => value === true && formatKey(path) === key);
}

/** What sources say of a registry, as a file would; secrets are left out. */
function settingsOf(values: readonly EffectiveValue[]): RegistrySettings {
  const tree = newTree();
  for (const { path, value } of values) if (!isSecret(path)) setIn(tree, path.slice(2), value);
  return tree as RegistrySettings;
}

/** The ways in which a client says that it means this registry, in the order of precedence. */
function addresses({ config }: LoadedConfig, name: string, host: string): Address[] {
  const registry = config.registries[name]!;
  const port = URL.parse(`http://${host}`)?.port ?? "";
  const suffix = config.domain_suffix.replace(/^\./, "");
  const hosts = [...registry.hosts, ...suffix ? [`${name}.${suffix}`] : []];
  return [
    ...namespaces(registry).map((ns) => ({ kind: "ns" as const, text: `?ns=${ns}` })),
    ...hosts.map((own) => ({
      kind: "host" as const,
      text: own.includes(":") || port === "" ? own : `${own}:${port}`,
    })),
    { kind: "prefix", text: `${host}/${name}/v2/…` },
    { kind: "path", text: `${host}/${hostInNames(name, config)}/…` },
    ...config.path_names ? [{ kind: "path" as const, text: `${host}/${name}/…` }] : [],
    ...config.default_registry === name ? [{ kind: "default" as const, text: `${host}/…` }] : [],
  ];
}

function namespaces({ url, aliases }: RegistryConfig): string[] {
  return [...new Set([referenceHost({ url, aliases }), ...aliases, new URL(url).host])];
}
