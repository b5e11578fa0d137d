/** The configuration of a handler that has no files and no command line. */
import { dropIn } from "./dropin/dropin.ts";
import { environmentSettings } from "./environment.ts";
import { builtInSettings, Layers } from "./layers.ts";
import type { Setting } from "./provenance.ts";
import { formatKey, type Tree } from "./path.ts";
import { ConfigError, type ConfigProblem } from "./problem.ts";
import { violations } from "./rules.ts";
import { type Config, type ConfigInput, configSchema, type RegistryConfig } from "./schema.ts";
import type { System } from "./system.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Checks `settings`, in the spelling of config.yaml. A single registry is the default one. Throws
 * {@linkcode ConfigError} for what is wrong and for what serverless platforms cannot do.
 */
export function configOf(settings: ConfigInput): Config {
  const registries = Object.keys(settings.registries ?? {});
  const only = registries.length === 1 ? registries[0] : "";
  const parsed = configSchema.safeParse({ default_registry: only, ...settings });
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map(({ path, message }): ConfigProblem => ({
      key: formatKey(
        path.map((segment) => typeof segment === "number" ? segment : String(segment)),
      ),
      message,
    })));
  }
  const config = { ...parsed.data, registries: enabled(parsed.data.registries) };
  const problems = [
    ...violations(config).map(({ path, message }) => ({ key: formatKey(path), message })),
    ...impossible(config),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/**
 * What the environment says: `REGISTRY_HOST` and its like, `CREV_…`, `BERTH_…`. Throws
 * {@linkcode ConfigError}, also where it names no registry: nobody means to serve all of them.
 */
export async function configFromEnvironment(env: Environment): Promise<Config> {
  const input = { env, flags: {}, registries: {}, stated: new Set<string>(), system: NO_SYSTEM };
  const tools = await dropIn(input, []);
  const own = environmentSettings(env);
  if (tools.problems.length > 0) throw new ConfigError(tools.problems);
  const stated: Setting[] = [...tools.environment, ...own.settings];
  if (!stated.some(({ path }) => path[0] === "registries")) {
    const message = "the environment names no registry; expected REGISTRY_HOST and REPO_PREFIX, " +
      "CREV_REGISTRY_HOST and CREV_REPO_PREFIX, or BERTH_REGISTRIES_NAME_URL";
    throw new ConfigError([{ key: "", message }]);
  }
  const layers = new Layers();
  layers.add(builtInSettings());
  layers.add(tools.defaults);
  layers.add(stated);
  return configOf(layers.tree as Tree & ConfigInput);
}

function enabled(registries: Record<string, RegistryConfig>): Record<string, RegistryConfig> {
  return Object.fromEntries(
    Object.entries(registries).filter(([, registry]) => registry.enabled !== false),
  );
}

/** Keys that would be ignored here, and that nobody wants to see ignored. */
function* impossible(config: Config): Generator<ConfigProblem> {
  const refuse = (key: string) => ({ key, message: "not available on serverless platforms" });
  if (Object.keys(config.users).length > 0) yield refuse("users");
  if (config.htpasswd_file) yield refuse("htpasswd_file");
  if (config.registry_map) yield refuse("registry_map");
  if (config.cache.depot.url) yield refuse("cache.depot.url");
  if (config.cluster.url || config.cluster.url_file) yield refuse("cluster.url");
  if (config.policy.rules.length > 0) yield refuse("policy.rules");
  for (const [name, registry] of Object.entries(config.registries)) {
    if (registry.hold.new_digest > 0) yield refuse(`registries.${name}: hold`);
    if (registry.require.length > 0) yield refuse(`registries.${name}: require`);
    const { auth, ca_file, insecure_tls } = registry;
    const logins = Object.values(auth.logins).flatMap(Object.entries<string>);
    const files = [...Object.entries({ ...auth, ...auth.ecr, ca_file, insecure_tls }), ...logins]
      .filter(([key, value]) => value && /(_file|^docker_config|^insecure_tls)$/.test(key));
    for (const [key] of files) yield refuse(`registries.${name}: ${key}`);
  }
}

const NO_SYSTEM: System = {
  readFile: () => Promise.reject(new Error("there are no files here")),
  mode: () => Promise.resolve(undefined),
  exists: () => Promise.resolve(false),
  whyUnwritable: () => Promise.resolve("there are no files here"),
  keepFile: () => Promise.reject(new Error("there are no files here")),
  fetch: () => Promise.reject(new Error("nothing is fetched here")),
};
