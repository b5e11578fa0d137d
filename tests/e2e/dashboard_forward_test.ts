/** The forward proxy in the dashboard: what runs through it while it runs, and a host let in. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { registrySettings } from "./harness/berth.ts";
import { type KeyPair, makeAuthority, makeServerCertificate } from "./harness/certificates.ts";
import { type Dashboard, type Eyes, openEyes, startDashboard } from "./harness/dashboard.ts";
import { forAll } from "./harness/for_all.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { finish, run, start } from "./harness/process.ts";
import { startRegistry } from "./harness/registry.ts";
import { scratchDir } from "./harness/scratch.ts";
import { seed, skopeoPullAs } from "./harness/skopeo.ts";
import { until } from "./harness/wait.ts";
import { freePort } from "../fake/ports.ts";

const MIB = 2 ** 20;

/** A site outside the map, over TLS: `/slow` sends 2 MiB and goes on when it is let. */
interface Site extends AsyncDisposable {
  port: number;
  caFile: string;
  /** Lets what waits at `/slow` end. */
  release(): void;
}

async function startSite(dir: string): Promise<Site> {
  const authority = await makeAuthority(dir);
  const pair = await makeServerCertificate(dir, authority);
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...await pemOf(pair) },
    (request) => new Response(request.url.endsWith("/slow") ? slow(promise) : "there"),
  );
  return {
    port: server.addr.port,
    caFile: authority.certFile,
    release: resolve,
    async [Symbol.asyncDispose]() {
      resolve();
      await server.shutdown();
    },
  };
}

async function pemOf({ certFile, keyFile }: KeyPair): Promise<{ cert: string; key: string }> {
  return { cert: await Deno.readTextFile(certFile), key: await Deno.readTextFile(keyFile) };
}

function slow(end: Promise<void>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(new Uint8Array(2 * MIB));
      await end;
      controller.close();
    },
  });
}

const CONFIG = (port: number, registries: unknown, allowed: string) => `
# where clients may go; the lab asked for it
forward:
  listen: "127.0.0.1:${port}"   # for HTTPS_PROXY
  allow_private: true
  intercept: [docker]
  allowed_hosts:
    - ${allowed} # the slow one

registries: ${JSON.stringify(registries)} # of the test
`;

interface Scene extends AsyncDisposable {
  dir: string;
  dashboard: Dashboard;
  eyes: Eyes;
  image: Image;
  /** On the list from the start; not on the list. */
  site: Site;
  other: Site;
  /** What a client is told of the proxy and of whom to trust. */
  env: (caFile: string) => Record<string, string>;
  /** Berth's CA. */
  berthCa: string;
}

async function setScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("forward-scene")).path;
  // More than the sockets of a slow client hold on its way.
  const image = await buildImage(join(dir, "image"), 24 * MIB);
  const registry = stack.use(await startRegistry({ kind: "tls-htpasswd" }));
  await seed(registry, "library/app", image);
  const sites: Site[] = [];
  for (const name of ["site", "other"]) {
    await Deno.mkdir(join(dir, name));
    sites.push(stack.use(await startSite(join(dir, name))));
  }
  const [site, other] = sites as [Site, Site];
  const port = freePort();
  const dashboard = stack.use(
    await startDashboard(
      CONFIG(port, { docker: registrySettings(registry) }, `localhost:${site.port}`),
    ),
  );
  const eyes = stack.use(await openEyes(dashboard));
  const proxy = `http://127.0.0.1:${port}`;
  const berthCa = join(dir, "berth.crt");
  await run("curl", ["-sSf", "-o", berthCa, `${proxy}/ca.crt`]);
  const owned = stack.move();
  return {
    ...{ dir, dashboard, eyes, image, site, other, berthCa },
    env: (caFile) => ({
      HTTPS_PROXY: proxy,
      HTTP_PROXY: proxy,
      NO_PROXY: "",
      SSL_CERT_FILE: caFile,
      CURL_CA_BUNDLE: caFile,
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const at = forAll(setScene);

/** What a row of a table says in the column called `label`. */
const cell = (row: Locator, label: string) => row.locator(`td[data-label="${label}"]`);

Deno.test("forward, a tunnel and an interception are on the page while they run, and then are not", async () => {
  const { dashboard, dir, eyes, image, site, env, berthCa } = at();
  const page = await eyes.enter("/settings");
  const panel = page.getByRole("region", { name: "Forward proxy" });
  await panel.getByText("No tunnel is open.").waitFor();

  const url = `https://localhost:${site.port}/slow`;
  const slow = finish("curl", ["-sSf", "-o", "/dev/null", url], { env: env(site.caFile) });
  const tunnels = panel.getByRole("table", { name: "Open tunnels" });
  const tunnel = tunnels.getByRole("row", { name: `localhost:${site.port}` });
  await tunnel.getByText("tunnelled as it is").waitFor();
  await cell(tunnel, "Received").getByText(/^2\sMiB$/).waitFor();
  await cell(tunnel, "Sent").getByText(/^[\d.]+\s(B|KiB)$/).waitFor();
  assert.equal(await cell(tunnel, "Client").textContent(), "127.0.0.1");
  await cell(tunnel, "Open for").getByText(/^([5-9]|\d\d)\ss$/).waitFor();

  const scrape = async () => await (await page.request.get(`${dashboard.url}/metrics`)).text();
  const counted = (kind: string, count: number) =>
    until(`${count} of kind ${kind} in the metrics`, async () => {
      return (await scrape()).includes(`berth_forward_tunnels_open{kind="${kind}"} ${count}\n`);
    });

  // Held open by a client that reads slowly; its pull before that is over and leaves nothing behind.
  await skopeoPullAs(env(berthCa), `docker.io/library/app:${image.tag}`, join(dir, "pulled"));
  await counted("interception", 0);
  const layer = image.platforms.amd64.layers[1]!;
  const blob = `https://registry-1.docker.io/v2/library/app/blobs/${layer}`;
  const reader = await start("curl", ["-sSf", "--limit-rate", "1k", "-o", "/dev/null", blob], {
    env: env(berthCa),
    ready: () => Promise.resolve(true),
  });
  await counted("interception", 1);
  await counted("tunnel", 1);
  const opened = tunnels.getByRole("row", { name: "registry-1.docker.io:443" });
  await opened.getByText("opened and cached").waitFor();
  await until(
    "what it received is counted",
    async () => /^[1-9]/.test(await cell(opened, "Received").textContent() ?? ""),
  );
  await until(
    "a head and two that run",
    async () => await tunnels.getByRole("row").count() === 3,
  );
  const [, moved] = /_bytes_total{kind="tunnel",direction="down"} (\d+)/.exec(await scrape())!;
  assert.ok(Number(moved) > 2 * MIB, "bytes are counted while they move");

  await reader.stop();
  await reader[Symbol.asyncDispose]();
  await opened.waitFor({ state: "detached" });
  await tunnel.waitFor();
  site.release();
  assert.equal((await slow).code, 0);
  await panel.getByText("No tunnel is open.").waitFor();
});

/** `CONNECT status, status` of what curl asks for. */
async function ask({ env, other }: Scene, port = other.port): Promise<string> {
  const { stdout } = await finish("curl", [
    ...["-sS", "-o", "/dev/null", "-w", "%{http_connect} %{http_code}"],
    `https://localhost:${port}/`,
  ], { env: env(other.caFile) });
  return new TextDecoder().decode(stdout);
}

Deno.test("forward, a refused host is allowed by a click; the file's comments stay", async () => {
  const { dashboard, eyes, other } = at();
  const before = await Deno.readTextFile(dashboard.configFile);
  assert.equal(await ask(at()), "403 000");
  const entry = `localhost:${other.port}`;
  const page = await eyes.enter("/settings");
  const panel = page.getByRole("region", { name: "Forward proxy" });
  const refused = panel.getByRole("table", { name: "Refused hosts" }).getByRole("row", {
    name: entry,
  });
  await refused.getByText("Its port is not on the list").waitFor();
  assert.equal(await cell(refused, "Times").textContent(), "1");
  await refused.getByRole("button", { name: `Allow ${entry}…` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(`on port ${other.port}, and on no other`).waitFor();
  await dialog.getByText(dashboard.configFile).waitFor();

  // Somebody else was faster: nothing is overwritten, and the next try is on top of theirs.
  const theirs = before.replace("# the slow one", "# the slow one, says the lab");
  await Deno.writeTextFile(dashboard.configFile, theirs);
  await dialog.getByRole("button", { name: `Allow ${entry}` }).click();
  await dialog.getByRole("alert").getByText("changed in the meantime").waitFor();
  assert.equal(await Deno.readTextFile(dashboard.configFile), theirs);
  await dialog.getByRole("button", { name: `Allow ${entry}` }).click();
  await page.getByText(`Clients may reach ${entry}`).waitFor();
  await refused.waitFor({ state: "detached" });
  assert.equal(await ask(at()), "200 200");
  const added = `# the slow one, says the lab\n    - ${entry}\n`;
  const expected = theirs.replace("# the slow one, says the lab\n", added);
  assert.equal(await Deno.readTextFile(dashboard.configFile), expected);
});

Deno.test("forward, what no entry would help says why and has no button", async () => {
  const gone = freePort();
  const { dashboard, eyes } = at();
  await until("it is in force", async () => {
    const text = await Deno.readTextFile(dashboard.configFile);
    const added = text.replace("allowed_hosts:\n", `allowed_hosts:\n    - localhost:${gone}\n`);
    if (!text.includes(String(gone))) await Deno.writeTextFile(dashboard.configFile, added);
    return await ask(at(), gone) === "502 000";
  });
  const page = await eyes.enter("/settings");
  const row = page.getByRole("table", { name: "Refused hosts" }).getByRole("row", {
    name: `localhost:${gone}`,
  });
  await row.getByText("refused the connection").waitFor();
  assert.equal(await row.getByRole("button").count(), 0);
  assert.deepEqual(eyes.errors, []);
});
