/** The page that a browser gets from the forward port. */
import { html } from "hono/html";
import { htmlPage } from "../../http/html_page.ts";
import type { AllowList } from "../hosts/allow_list.ts";
import type { Authority } from "../intercept/ca.ts";
import type { SetupName } from "./scripts.ts";

const SCRIPTS: Readonly<Record<SetupName, string>> = {
  docker: "Docker 23 or newer, with or without systemd (daemon.json)",
  systemd: "Docker as a systemd service, any version; other services by a sed that it shows",
  containerd: "containerd as a systemd service",
  podman: "Podman and Buildah",
  k3s: "k3s, servers and agents",
  kind: "every node of a kind cluster",
};

export interface SetupOptions {
  authority: Authority | undefined;
  allowList: AllowList;
  /** Whether there are users, who must sign in. */
  authenticate: unknown;
}

/** `GET /` at `host`: how to point a machine here, and what is opened on the way. */
export async function setupPage(host: string, options: SetupOptions): Promise<Response> {
  const { authority, allowList, authenticate } = options;
  const url = `http://${host}`;
  const login = authenticate ? "BERTH_LOGIN=name:password " : "";
  // The formatter indents markup, and in <pre> that would show.
  const commands = `curl -s ${url}/setup/docker | sudo ${login}sh
curl -s ${url}/setup/docker | sudo sh -s undo`;
  const variables = `export HTTPS_PROXY=${url}/ HTTP_PROXY=${url}/`;
  const rows = Object.entries(SCRIPTS).map(([name, about]) =>
    html`
      <tr>
        <td><a href="/setup/${name}">/setup/${name}</a></td>
        <td>${about}</td>
      </tr>
    `
  );
  return await htmlPage(
    `Berth at ${host}`,
    html`
      <h1>Berth</h1>
      <p class="lead">
        A caching proxy for container registries, as a forward proxy: image names stay as they are,
        and clients reach their registries through this address.
      </p>
      <h2>By a script</h2>
      <p>Shell scripts to read and to run; each can be run again, and each can be undone.</p>
      <pre>${commands}</pre>
      <table>
        <thead>
          <tr>
            <th>Script</th>
            <th>For</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
      <h2>By hand</h2>
      <pre>${variables}</pre>
      <p>Registries with TLS are reached by the first, plain ones by the second.</p>
      <h2>What is opened</h2>
      ${opened(allowList.interceptedHosts, authority)}
    `,
  );
}

function opened(hosts: string[], authority: Authority | undefined) {
  if (!authority || hosts.length === 0) {
    return html`
      <p>Nothing: what is allowed passes through unread.</p>
    `;
  }
  return html`
    <p>
      TLS to ${hosts.join(
        ", ",
      )} ends here, and the proxy answers from its cache. Everything else that
      is allowed passes through unread. Clients must trust <a href="/ca.crt">the proxy's CA</a>, which
      the scripts see to. Its SHA-256 fingerprint:
    </p>
    <pre>${authority.fingerprint}</pre>
  `;
}
