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
  const { host, protocol } = new URL(base);
  const plain = protocol === "http:";
  const names = Object.keys(config.registries).sort();
  const example = config.registries["docker"] ? "docker.io/library/alpine" : `${names[0]}/name`;
  // The formatter indents markup, and in <pre> that would show.
  const pull = `docker pull ${host}/${example}
skopeo inspect ${plain ? "--tls-verify=false " : ""}docker://${host}/${example}`;
  const daemon = `{ "registry-mirrors": ["${base}"]${
    plain ? `, "insecure-registries": ["${host}"]` : ""
  } }`;
  const hosts = `[host."${base}"]
capabilities = ["pull", "resolve"]`;
  const mirror = `[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "${host}/docker.io"${plain ? "\ninsecure = true" : ""}`;
  const rows = names.map((name) => {
    const { url, hosts, aliases } = config.registries[name]!;
    const upstream = new URL(url).host;
    const through = hosts[0] ?? `${host}/${aliases[0] ?? upstream}`;
    return html`
      <tr>
        <td>${name}</td>
        <td>${upstream}</td>
        <td><code>${through}/…</code></td>
      </tr>
    `;
  });
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
