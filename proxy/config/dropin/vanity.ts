/**
 * serverless-registry-proxy (ahmetb) and crev (jcbhmr): one registry, or a part of it, under a name
 * of one's own, and nothing else.
 * https://github.com/ahmetb/serverless-registry-proxy
 */
import type { Path } from "../path.ts";
import { BUILT_IN_REGISTRIES } from "../registries.ts";
import {
  type DropInInput,
  type Reading,
  type Tool,
  toolDefaults,
  type ToolSetting,
  type Written,
  written,
} from "./tool.ts";

/** The registry that it all is about. */
const NAME = "vanity";
const SERVERLESS = "serverless-registry-proxy";

/** What the environment and flags of serverless-registry-proxy come to. */
export function serverlessRegistryProxy(input: DropInInput): Reading {
  const host = written(input, "REGISTRY_HOST", "-registeryHost");
  const port = written(input, "PORT", "-port");
  const settings = collect(SERVERLESS);
  // HOST is set by shells and CI as well: it counts only beside what is this tool's own.
  const address = host || port ? written(input, "HOST")?.text ?? "" : "";
  if (port) {
    const hostname = address.includes(":") ? `[${address}]` : address;
    settings.add(["listen"], port, `${hostname}:${port.text}`);
  }
  if (host || port) {
    settings.add(["tls", "cert_file"], written(input, "TLS_CERT"));
    settings.add(["tls", "key_file"], written(input, "TLS_KEY"));
  }
  if (!host) return { settings: settings.list };
  settings.add(["registries", NAME, "url"], host, urlOf(host.text, "https"));
  settings.add(["registries", NAME, "repo_prefix"], written(input, "REPO_PREFIX", "-repoPrefix"));
  const closed = written(input, "DISABLE_BROWSER_REDIRECTS");
  settings.add(["registries", NAME, "browser_redirects"], closed, false);
  const header = written(input, "AUTH_HEADER");
  settings.add(["registries", NAME, "auth", "header"], header);
  const key = written(input, "GOOGLE_APPLICATION_CREDENTIALS");
  if (key && !header) {
    settings.add(["registries", NAME, "auth", "username"], key, "_json_key");
    settings.add(["registries", NAME, "auth", "password_file"], key);
  }
  return {
    defaults: toolDefaults(SERVERLESS, [
      ...alone(input),
      [["registries", NAME, "browser_redirects"], true],
    ]),
    settings: settings.list,
  };
}

/** What the environment of crev comes to. */
export function crev(input: DropInInput): Reading {
  const names = ["CREV_REGISTRY_HOST", "CREV_REGISTRY_SCHEME", "CREV_REPO_PREFIX"];
  if (!names.some((name) => input.env[name])) return {};
  const settings = collect("crev");
  const scheme = written(input, "CREV_REGISTRY_SCHEME");
  const host = written(input, "CREV_REGISTRY_HOST");
  const url = urlOf(host?.text ?? "registry-1.docker.io", scheme?.text ?? "https");
  settings.add(["registries", NAME, "url"], host ?? scheme, url);
  settings.add(["registries", NAME, "repo_prefix"], written(input, "CREV_REPO_PREFIX"));
  const defaults = toolDefaults("crev", [...alone(input), [["registries", NAME, "url"], url]]);
  return { defaults, settings: settings.list };
}

/**
 * The vanity registry is the only one: whoever reached another through Berth would be outside of
 * the prefix. Registries that the operator's own file speaks of stay.
 */
function alone({ stated }: DropInInput): [Path, unknown][] {
  const others = Object.keys(BUILT_IN_REGISTRIES).filter((name) => !stated.has(name));
  return [
    [["default_registry"], NAME],
    [["registries", NAME, "redirects"], "pass"],
    ...others.map((name): [Path, unknown] => [["registries", name, "enabled"], false]),
  ];
}

function collect(tool: Tool) {
  const list: ToolSetting[] = [];
  const add = (path: Path, from: Written | undefined, value: unknown = from?.text) => {
    if (from) list.push({ tool, path, value, origin: from.origin });
  };
  return { list, add };
}

function urlOf(host: string, scheme: string): string {
  return /^https?:\/\//.test(host) ? host : `${scheme}://${host}`;
}
