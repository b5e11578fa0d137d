/**
 * serverless-registry-proxy (ahmetb) and crev (jcbhmr): one registry, or a part of it, under the
 * operator's own domain, and nothing else.
 * https://github.com/ahmetb/serverless-registry-proxy
 */
import type { Path } from "../path.ts";
import { BUILT_IN_REGISTRIES } from "../registries.ts";
import {
  type DropInInput,
  isTrue,
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
/**
 * Both run behind a platform's front end, which ends TLS and calls from a private or link-local
 * address (Cloud Run): what that says of the client's scheme is true.
 */
const FRONT_ENDS = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "::1/128",
  "fc00::/7",
  "fe80::/10",
];

/** What the environment and flags of serverless-registry-proxy come to. */
export function serverlessRegistryProxy(input: DropInInput): Reading {
  const host = written(input, "REGISTRY_HOST", "-registeryHost", "-registryHost");
  const prefix = written(input, "REPO_PREFIX", "-repoPrefix");
  const closed = written(input, "DISABLE_BROWSER_REDIRECTS", "-disableBrowserRedirects");
  // PORT and HOST are set by platforms and shells as well: they count only beside what is this tool's own.
  const own = host || prefix || closed || input.flags["-port"];
  const port = own ? written(input, "PORT", "-port") : undefined;
  const settings = collect(SERVERLESS);
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
  settings.add(["registries", NAME, "repo_prefix"], prefix);
  const open = closed?.origin.kind === "flag" && !isTrue(closed.text);
  settings.add(["registries", NAME, "browser_redirects"], closed, open);
  const header = written(input, "AUTH_HEADER");
  settings.add(["registries", NAME, "auth", "header"], header);
  const key = written(input, "GOOGLE_APPLICATION_CREDENTIALS");
  if (key && !header) {
    settings.add(["registries", NAME, "auth", "username"], key, "_json_key");
    // The key itself does where a platform has no files.
    const kind = key.text.trimStart().startsWith("{") ? "password" : "password_file";
    settings.add(["registries", NAME, "auth", kind], key);
  }
  return {
    defaults: toolDefaults(SERVERLESS, [
      ...alone(input, header || key ? "proxy" : "client"),
      [["registries", NAME, "browser_redirects"], true],
      [["token_url"], "/_token"],
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
  // Its page has the second name, from before it took whole URLs.
  const tokenUrl = written(input, "CREV_TOKEN_URL") ?? written(input, "CREV_TOKEN_PATHNAME");
  settings.add(["token_url"], tokenUrl);
  const defaults = toolDefaults("crev", [
    ...alone(input, "client"),
    [["registries", NAME, "url"], url],
  ]);
  return { defaults, settings: settings.list };
}

/**
 * The vanity registry is the only one: a client that reached another through Berth would be
 * outside of the prefix. Registries that the operator's own file speaks of stay. Without credentials of the
 * operator's, clients sign in with their own, at the token endpoint.
 */
function alone({ stated, env }: DropInInput, mode: "proxy" | "client"): [Path, unknown][] {
  const others = Object.keys(BUILT_IN_REGISTRIES).filter((name) => !stated.has(name));
  const own = stated.has(NAME) ||
    Object.keys(env).some((name) => name.startsWith("BERTH_REGISTRIES_VANITY_AUTH_"));
  return [
    [["default_registry"], NAME],
    [["trusted_proxies"], FRONT_ENDS],
    [["registries", NAME, "redirects"], "pass"],
    ...(own ? [] : [[["registries", NAME, "auth", "mode"], mode] as [Path, unknown]]),
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

/** `docker.io` and `index.docker.io` name Docker Hub and are not where its images are served. */
function urlOf(host: string, scheme: string): string {
  if (/^https?:\/\//.test(host)) return host;
  const { docker } = BUILT_IN_REGISTRIES;
  return docker!.aliases?.includes(host) ? docker!.url : `${scheme}://${host}`;
}
