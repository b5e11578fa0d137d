/**
 * Berth in serverless-registry-proxy's place: one registry, or a part of it, under a name of one's
 * own, told by `REGISTRY_HOST`, `REPO_PREFIX`, `PORT` and flags of the same meaning.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { testCertificate } from "../fake/cert.ts";
import { image as fakeImage, OCI_MANIFEST } from "../fake/content.ts";
import { send } from "../fake/http.ts";
import { type FakeRegistry, fakeRegistry, type FakeRegistryOptions } from "../fake/registry.ts";
import { makeAuthority, makeServerCertificate } from "./harness/certificates.ts";
import { configSays, type DropIn, type Invocation, migrated, startAs } from "./harness/dropin.ts";
import { buildImage, type Image } from "./harness/image.ts";
import { podmanStore } from "./harness/podman.ts";
import type { RealRegistry, RegistryKind } from "./harness/registry.ts";
import { type Scratch, scratchDir } from "./harness/scratch.ts";
import { layoutDigests, skopeoPull, skopeoPush } from "./harness/skopeo.ts";
import { account, pullsApp, registryWith } from "./harness/vanity.ts";
import { freePort } from "../fake/ports.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

let shared: { scratch: Scratch; image: Image } | undefined;

Deno.test.beforeAll(async () => {
  const scratch = await scratchDir("vanity");
  shared = { scratch, image: await buildImage(join(scratch.path, "image"), 1_000_000) };
});
Deno.test.afterAll(async () => {
  await shared?.scratch[Symbol.asyncDispose]();
});

/** A registry with the image in `acme/prod/app`, and one that is not for the domain beside it. */
function registryWithImage(kind: RegistryKind): Promise<RealRegistry> {
  return registryWith(kind, shared!.image, ["acme/prod/app", "acme/secret"]);
}

/** What the tool's page has in the environment; tests' registries have authorities of their own. */
function environment(port: number, host: string, caFile = "ca.crt"): Record<string, string> {
  return {
    HOST: "127.0.0.1",
    PORT: String(port),
    REGISTRY_HOST: host,
    REPO_PREFIX: "acme/prod",
    BERTH_REGISTRIES_VANITY_CA_FILE: caFile,
  };
}

/** skopeo gets the image by its vanity name, and nothing from beside the prefix. */
function pulls({ host }: DropIn, flags: string[] = []): Promise<void> {
  const beside = ["secret", "acme/prod/app", "acme/secret"];
  return pullsApp(host, shared!.image, { flags, beside });
}

interface Public extends AsyncDisposable {
  upstream: FakeRegistry;
  berth: DropIn;
}

const app = fakeImage({ platforms: ["linux/amd64", "linux/arm64"], layers: [200_000, 1000] });
const tool = fakeImage({ seed: 2 });
const IMAGES = { "acme/prod/app:1": app, "acme/prod/app:2": app, "acme/prod/team/tool:1": tool };

/** A public registry with a token server and signed addresses for blobs, as gcr.io is, and Berth. */
async function publicRegistry(
  env: Record<string, string> = {},
  options: FakeRegistryOptions = {},
): Promise<Public> {
  await using stack = new AsyncDisposableStack();
  const { ca, ...tls } = await testCertificate();
  const upstream = stack.use(
    await fakeRegistry({
      images: IMAGES,
      tls,
      auth: { scheme: "bearer" },
      redirect: { to: "cdn" },
      links: "absolute",
      ...options,
    }),
  );
  const port = freePort();
  const berth = stack.use(
    await startAs({
      env: { ...environment(port, upstream.host), ...env },
      files: { "ca.crt": ca, "key.json": KEY },
      port,
    }),
  );
  const owned = stack.move();
  return { upstream, berth, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Headers with a token for the repositories `names`, of nobody in particular. */
async function signedIn({ url }: DropIn, ...names: string[]): Promise<Record<string, string>> {
  const scopes = new URLSearchParams(names.map((name) => ["scope", `repository:${name}:pull`]));
  const { token } = await (await fetch(`${url}/_token?${scopes}`)).json();
  return { authorization: `Bearer ${token}`, accept: OCI_MANIFEST };
}

/** A service account's key: several lines, with colons and spaces. */
const KEY = JSON.stringify(
  {
    type: "service_account",
    private_key: "-----BEGIN PRIVATE KEY-----\nMIIE: of nobody\n-----END PRIVATE KEY-----\n",
  },
  null,
  2,
);

Deno.test("serverless-registry-proxy, by its flags, which beat its environment", async () => {
  await using registry = await registryWithImage("tls-token");
  const port = freePort();
  await using berth = await startAs({
    args: [`-port=${port}`, `-registeryHost=${registry.host}`, "-repoPrefix=acme/prod"],
    env: {
      ...environment(freePort(), "gcr.io", registry.caFile),
      REPO_PREFIX: "elsewhere",
    },
    port,
  });
  await pulls(berth, ["--src-creds", account(registry)]);
});

Deno.test("serverless-registry-proxy, clients' own sign-in goes through /_token", async () => {
  const { image } = shared!;
  await using registry = await registryWithImage("tls-token");
  const port = freePort();
  await using berth = await startAs({
    env: environment(port, registry.host, registry.caFile),
    port,
  });
  const refused = await fetch(`${berth.url}/v2/app/manifests/${image.tag}`);
  assert.equal(
    refused.headers.get("www-authenticate"),
    `Bearer realm="${berth.url}/_token",service="vanity",scope="repository:app:pull"`,
  );
  await refused.body?.cancel();

  await using scratch = await scratchDir("pulled");
  const name = `${berth.host}/app:${image.tag}`;
  await assert.rejects(skopeoPull(name, scratch.path), /unauthorized|authentication/i);
  await pulls(berth, ["--src-creds", account(registry)]);
  await using store = await podmanStore();
  const flags = ["--quiet", "--tls-verify=false", "--creds", account(registry)];
  await store.podman("pull", ...flags, name);
  await store.holds(name, image.platforms.amd64);
});

Deno.test("serverless-registry-proxy, blobs of a public registry: clients fetch them themselves", async () => {
  await using setting = await publicRegistry();
  const { upstream, berth } = setting;
  await using scratch = await scratchDir("pulled");
  await skopeoPull(`${berth.host}/app:1`, scratch.path);
  const digests = [...app.manifests, ...app.blobs].map(({ digest }) => digest);
  assert.deepEqual(await layoutDigests(scratch.path), new Set(digests));

  const agents = (server: string) =>
    new Set(upstream.seen("GET", /./, server).map(({ headers }) => headers.get("user-agent")));
  assert.equal(upstream.count("GET", /./, "cdn"), app.blobs.length);
  for (const agent of agents("cdn")) assert.match(agent!, /skopeo/);
  for (const agent of agents("registry")) assert.doesNotMatch(agent!, /skopeo/);
  const scopes = upstream.seen("GET", /./, "token").flatMap(({ query }) => query.getAll("scope"));
  assert.deepEqual(new Set(scopes), new Set(["repository:acme/prod/app:pull"]));
});

Deno.test("serverless-registry-proxy, behind a platform's front end that ends TLS", async () => {
  await using setting = await publicRegistry();
  const refused = await send(setting.berth.host, {
    host: "r.example.com",
    target: "/v2/app/manifests/1",
    headers: { "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9" },
  });
  assert.match(
    refused.headers.get("www-authenticate")!,
    /^Bearer realm="https:\/\/r\.example\.com\/_token",/,
  );
});

Deno.test("serverless-registry-proxy, browsers are sent to the registry's page, unless told not to", async () => {
  await using open = await publicRegistry();
  const visit = (berth: DropIn) =>
    fetch(`${berth.url}/team/tool`, { redirect: "manual", headers: BROWSER });
  const page = await visit(open.berth);
  assert.equal(page.status, 307);
  assert.equal(page.headers.get("location"), `${open.upstream.url}/acme/prod/team/tool`);
  await using closed = await publicRegistry({ DISABLE_BROWSER_REDIRECTS: "yes" });
  const nothing = await visit(closed.berth);
  assert.equal(nothing.status, 404);
  await nothing.body?.cancel();
});

Deno.test("serverless-registry-proxy, AUTH_HEADER makes a private registry public", async () => {
  await using registry = await registryWithImage("tls-htpasswd");
  const port = freePort();
  const header = `Basic ${btoa(account(registry))}`;
  const env = { ...environment(port, registry.host, registry.caFile), AUTH_HEADER: header };
  await using berth = await startAs({ env, port });
  await pulls(berth);
  assert.ok(!(await berth.output()).includes(header.slice("Basic ".length)));
});

Deno.test("serverless-registry-proxy, a service account's key file makes a private registry public", async () => {
  await using setting = await publicRegistry({ GOOGLE_APPLICATION_CREDENTIALS: "key.json" }, {
    auth: { scheme: "bearer", users: { _json_key: KEY }, private: ["acme/prod/app"] },
  });
  const { upstream, berth } = setting;
  await using scratch = await scratchDir("pulled");
  await skopeoPull(`${berth.host}/app:1`, scratch.path);
  for (const { headers } of upstream.seen("GET", /./, "cdn")) {
    assert.equal(headers.get("authorization"), null);
  }
  assert.doesNotMatch(await berth.output(), /MIIE|PRIVATE KEY/);
});

Deno.test("serverless-registry-proxy, TLS of its own by TLS_CERT and TLS_KEY", async () => {
  const { image } = shared!;
  await using scratch = await scratchDir("tls");
  const authority = await makeAuthority(scratch.path);
  const server = await makeServerCertificate(scratch.path, authority);
  await Deno.mkdir(join(scratch.path, "trusted"));
  await Deno.copyFile(authority.certFile, join(scratch.path, "trusted", "ca.crt"));
  await using registry = await registryWithImage("tls-token");
  const port = freePort();
  const files = { TLS_CERT: server.certFile, TLS_KEY: server.keyFile };
  const env = { ...environment(port, registry.host, registry.caFile), ...files };
  await using _ = await startAs({ env, port, tls: true });
  await using store = await podmanStore();
  const name = `localhost:${port}/app:${image.tag}`;
  const flags = ["--quiet", "--creds", account(registry)];
  await assert.rejects(store.podman("pull", ...flags, name), /unknown authority/);
  await store.podman("pull", ...flags, "--cert-dir", join(scratch.path, "trusted"), name);
  await store.holds(name, image.platforms.amd64);
});

Deno.test("serverless-registry-proxy, nothing can be pushed", async () => {
  await using registry = await registryWithImage("tls");
  const port = freePort();
  await using berth = await startAs({
    env: environment(port, registry.host, registry.caFile),
    port,
  });
  await assert.rejects(skopeoPush(shared!.image, `${berth.host}/mine:1`), /405|unsupported/i);
});

Deno.test("serverless-registry-proxy's hole, only the first scope survives: here each does", async () => {
  await using setting = await publicRegistry();
  const { upstream, berth } = setting;
  const headers = await signedIn(berth, "app", "team/tool");
  const asked = upstream.seen("GET", /./, "token").at(-1)!.query.getAll("scope");
  assert.deepEqual(asked, [
    "repository:acme/prod/app:pull",
    "repository:acme/prod/team/tool:pull",
  ]);
  for (const path of [`app/manifests/${app.manifests[0]!.digest}`, "team/tool/manifests/1"]) {
    const response = await fetch(`${berth.url}/v2/${path}`, { headers });
    assert.equal(response.status, 200, path);
    await response.body?.cancel();
  }
});

Deno.test("serverless-registry-proxy's hole, Link is not mapped back: here it leads on", async () => {
  await using setting = await publicRegistry();
  const { berth } = setting;
  const headers = await signedIn(berth, "app");
  const list = (path: string) => fetch(new URL(path, berth.url), { headers });
  const first = await list("/v2/app/tags/list?n=1");
  assert.deepEqual(await first.json(), { name: "app", tags: ["1"] });
  const link = first.headers.get("link")!;
  assert.doesNotMatch(link, /acme/);
  const next = await list(/^<([^>]+)>; rel="next"$/.exec(link)![1]!);
  assert.deepEqual(await next.json(), { name: "app", tags: ["2"] });
});

Deno.test("serverless-registry-proxy's hole, fatal without a challenge at start: here it starts", async (t) => {
  await t.step("a registry that asks for nothing", async () => {
    await using registry = await registryWithImage("tls");
    const port = freePort();
    await using berth = await startAs({
      env: environment(port, registry.host, registry.caFile),
      port,
    });
    await pulls(berth);
  });
  await t.step("a registry that is down, and comes back", async () => {
    const { ca, ...tls } = await testCertificate();
    const [port, upstreamPort] = [freePort(), freePort()];
    const env = environment(port, `127.0.0.1:${upstreamPort}`);
    await using berth = await startAs({ env, files: { "ca.crt": ca }, port });
    const ask = async () => {
      const response = await fetch(`${berth.url}/v2/app/tags/list`);
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await ask(), 502);
    await using _ = await fakeRegistry({ images: IMAGES, tls, port: upstreamPort });
    assert.equal(await ask(), 200);
  });
});

Deno.test("serverless-registry-proxy, config print names each origin; config migrate writes what does the same", async () => {
  await using registry = await registryWithImage("tls-htpasswd");
  const port = freePort();
  const invocation: Invocation = {
    args: [`-port=${port}`],
    env: {
      ...environment(1, registry.host, registry.caFile),
      AUTH_HEADER: `Basic ${btoa(account(registry))}`,
    },
  };
  const printed = await configSays(invocation, [
    `listen: 127.0.0.1:${port} # flag -port`,
    `    url: https://${registry.host} # environment REGISTRY_HOST`,
    "    repo_prefix: acme/prod # environment REPO_PREFIX",
    "    redirects: pass # as serverless-registry-proxy does",
  ]);
  assert.match(printed, /header: .* # environment AUTH_HEADER/);
  assert.ok(!printed.includes(invocation.env!.AUTH_HEADER!));

  await using berth = await startAs({ ...await migrated(invocation), port });
  await pulls(berth);
});
