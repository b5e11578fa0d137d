/** What people see who open the registry port in a browser. */
import { html } from "hono/html";
import type { Config } from "../config/schema.ts";
import { htmlPage } from "../http/html_page.ts";

/** `GET /help`: names and addresses of the registries, nothing else of the configuration. */
export function help(registries: Readonly<Record<string, { url: string }>>): Response {
  const entries = Object.entries(registries).map(([name, { url }]) => [name, url]);
  return Response.json(Object.fromEntries(entries));
}

/** `GET /` of a vanity domain: what it is, and nothing of what lies behind it. */
export async function vanityPage(host: string): Promise<Response> {
  return await htmlPage(
    host,
    html`
      <h1>${host}</h1>
      <p class="lead">A registry of container images.</p>
      <pre>docker pull ${host}/name</pre>
    `,
  );
}

/** `GET /`: how to point a client here, with this server's own address in every snippet. */
export async function frontPage(config: Config, base: string): Promise<Response> {
  const { host } = new URL(base);
  const names = Object.keys(config.registries).sort();
  const example = config.registries["docker"]
    ? `${host}/docker.io/library/alpine`
    : `${names[0] ? through(config.registries[names[0]]!, host) : host}/name`;
  const { pull, daemon, hosts, mirror } = snippets(base, example);
  const rows = names.map((name) => registryRow(name, config.registries[name]!, host));
  return await htmlPage(
    `Berth at ${host}`,
    html`
      <h1>Berth</h1>
      <p class="lead">
        A caching proxy for container registries. Images of the registries below come through this
        address.
      </p>
      <h2>Any client, by name</h2>
      <pre>${pull}</pre>
      <h2>Docker: /etc/docker/daemon.json</h2>
      <pre>${daemon}</pre>
      <h2>containerd: /etc/containerd/certs.d/_default/hosts.toml</h2>
      <pre>${hosts}</pre>
      <h2>Podman, Buildah, CRI-O: /etc/containers/registries.conf.d/berth.conf</h2>
      <pre>${mirror}</pre>
      <h2>Registries</h2>
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Registry</th>
            <th>Through this address</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    `,
  );
}

/**
 * What goes into each client's own files, as the dashboard's Connect page has it (ui/web/connect/). The
 * formatter indents markup; in <pre> that would show.
 */
function snippets(base: string, example: string) {
  const { host, protocol } = new URL(base);
  const plain = protocol === "http:";
  const pull = `docker pull ${example}
skopeo inspect ${plain ? "--tls-verify=false " : ""}docker://${example}`;
  const insecure = plain ? `,\n  "insecure-registries": ["${host}"]` : "";
  const daemon = `{\n  "registry-mirrors": ["${base}"]${insecure}\n}`;
  const hosts = `[host."${base}"]
  capabilities = ["pull", "resolve"]`;
  const mirror = `[[registry]]
location = "docker.io"

[[registry.mirror]]
location = "${host}/docker.io"${plain ? "\ninsecure = true" : ""}`;
  return { pull, daemon, hosts, mirror };
}

/** What names of images of a registry begin with at `here`. Its short name alone may be off. */
function through({ url, hosts, aliases }: Config["registries"][string], here: string): string {
  return hosts[0] ?? `${here}/${aliases[0] ?? new URL(url).host}`;
}

/** One registry: its name, its host, and how its images are called at `here`. */
function registryRow(name: string, registry: Config["registries"][string], here: string) {
  return html`
    <tr>
      <td>${name}</td>
      <td>${new URL(registry.url).host}</td>
      <td><code>${through(registry, here)}/&hellip;</code></td>
    </tr>
  `;
}
