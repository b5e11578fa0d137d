/** What people see who open the registry port in a browser. */
import { html, raw } from "hono/html";
import type { Config } from "./config/schema.ts";

/** `GET /help`: names and addresses of the registries, nothing else of the configuration. */
export function help(config: Config): Response {
  const entries = Object.entries(config.registries).map(([name, { url }]) => [name, url]);
  return Response.json(Object.fromEntries(entries));
}

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--accent:#0b6bcb}
body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1.25rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.05rem;margin:2.2rem 0 .4rem}
pre{overflow:auto;padding:.8rem 1rem;border:1px solid var(--line);border-radius:8px;font-size:.875rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
p.lead{margin-top:.25rem;opacity:.75}
@media(prefers-color-scheme:dark){:root{--accent:#6cb6ff}}a{color:var(--accent)}`;

/** `GET /`: how to point a client here, with this server's own address in every snippet. */
export async function frontPage(config: Config, base: string): Promise<Response> {
  const { host, protocol } = new URL(base);
  const plain = protocol === "http:";
  const names = Object.keys(config.registries).sort();
  const example = config.registries["docker"] ? "docker.io/library/alpine" : `${names[0]}/name`;
  const page = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Berth at ${host}</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body>
        <h1>Berth</h1>
        <p
          class="lead">A caching proxy for container registries. Images of the registries below come through
    this address.</p>
        <h2>Any client, by name</h2>
        <pre>docker pull ${host}/${example}
    skopeo inspect ${plain ? "--tls-verify=false " : ""}docker://${host}/${example}</pre>
        <h2>Docker: /etc/docker/daemon.json</h2>
        <pre>{ "registry-mirrors": ["${base}"]${plain
          ? `, "insecure-registries": ["${host}"]`
          : ""} }</pre>
        <h2>containerd: /etc/containerd/certs.d/_default/hosts.toml</h2>
        <pre>[host."${base}"]
      capabilities = ["pull", "resolve"]</pre>
        <h2>Podman, Buildah, CRI-O: /etc/containers/registries.conf.d/berth.conf</h2>
        <pre>[[registry]]
    prefix = "docker.io"
    location = "docker.io"
    [[registry.mirror]]
    location = "${host}/docker.io"${plain ? "\ninsecure = true" : ""}</pre>
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
    ${names.map((name) => {
      const { url, hosts } = config.registries[name]!;
      const upstream = new URL(url).host;
      return html`
        <tr>
          <td>${name}</td>
          <td>${upstream}</td>
          <td><code>${hosts[0] ??
            `${host}/${config.registries[name]!.aliases[0] ?? upstream}`}/…</code></td>
        </tr>
      `;
    })}
          </tbody>
        </table>
      </body>
    </html>
  `;
  return new Response(String(await page), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src 'sha256-${await styleHash()}'; ` +
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    },
  });
}

async function styleHash(): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  return new Uint8Array(hash).toBase64();
}
