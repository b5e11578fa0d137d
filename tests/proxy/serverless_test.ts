import assert from "node:assert/strict";
import { createHandler, type Handler } from "../../proxy/serverless.ts";
import { configFromEnvironment } from "../../proxy/config/serverless.ts";
import type { ConfigInput } from "../../proxy/config/schema.ts";
import type { RequestRecord } from "../../proxy/observe/record.ts";
import { image, OCI_MANIFEST } from "../fake/content.ts";
import { fakeRegistry } from "../fake/registry.ts";

const app = image();
const images = { "acme/app:1": app };
const ACCEPT = { headers: { accept: OCI_MANIFEST } };

function asking(handler: Handler, init?: RequestInit) {
  return (path: string) => handler(new Request(`https://r.example.com${path}`, init));
}

Deno.test("createHandler, a vanity domain without files or listeners", async () => {
  await using upstream = await fakeRegistry({ images, redirect: { to: "cdn" } });
  const records: RequestRecord[] = [];
  const handler = createHandler({
    config: {
      registries: { app: { url: upstream.url, repo_prefix: "acme", redirects: "pass" } },
    },
    onRecord: (record) => records.push(record),
  });
  const ask = asking(handler, ACCEPT);
  assert.equal(await (await ask("/v2/")).text(), "{}");
  const manifest = await ask("/v2/app/manifests/1");
  assert.equal(manifest.headers.get("docker-content-digest"), app.root.digest);
  assert.deepEqual(await manifest.bytes(), app.root.bytes);
  const blob = await ask(`/v2/app/blobs/${app.blobs[0]!.digest}`);
  assert.equal(blob.status, 307);
  assert.ok(blob.headers.get("location")?.startsWith(upstream.cdnUrl));
  assert.deepEqual(await (await ask("/v2/app/tags/list")).json(), { name: "app", tags: ["1"] });
  const push = await asking(handler, { method: "POST" })("/v2/app/blobs/uploads/");
  assert.equal(push.status, 405);
  const page = await asking(handler, { headers: { accept: "text/html" } })("/app");
  assert.equal(page.headers.get("location"), `${upstream.url}/acme/app`);
  assert.deepEqual(records.map(({ kind, status }) => [kind, status]), [
    ["ping", 200],
    ["manifest", 200],
    ["blob", 307],
    ["tags", 200],
    ["upload", 405],
    ["page", 307],
  ]);
});

Deno.test("createHandler, follows redirects and signs in itself where it is told to", async () => {
  const users = { robot: "pw" };
  await using upstream = await fakeRegistry({
    images,
    auth: { scheme: "bearer", users, private: ["acme/app"] },
    redirect: { to: "cdn" },
  });
  const auth = { username: "robot", password: "pw" };
  const registries = { app: { url: upstream.url, repo_prefix: "acme", auth } };
  const ask = asking(createHandler({ config: { registries } }), ACCEPT);
  assert.deepEqual(await (await ask("/v2/app/manifests/1")).bytes(), app.root.bytes);
  const { digest, bytes } = app.blobs[1]!;
  assert.deepEqual(await (await ask(`/v2/app/blobs/${digest}`)).bytes(), bytes);
});

Deno.test("createHandler, clients' own sign-in at the token endpoint", async () => {
  await using upstream = await fakeRegistry({
    images,
    auth: { scheme: "bearer", users: { ann: "right" }, private: ["acme/app"] },
  });
  const handler = createHandler({
    config: {
      token_url: "https://r.example.com/api/token",
      registries: { app: { url: upstream.url, repo_prefix: "acme", auth: { mode: "client" } } },
    },
  });
  const refused = await asking(handler)("/v2/app/manifests/1");
  const challenge = 'Bearer realm="https://r.example.com/api/token",service="app",' +
    'scope="repository:app:pull"';
  assert.equal(refused.headers.get("www-authenticate"), challenge);
  const headers = { authorization: `Basic ${btoa("ann:right")}` };
  const granted = await asking(handler, { headers })("/api/token?scope=repository:app:pull");
  const { token } = await granted.json();
  const signedIn = asking(handler, {
    headers: { ...ACCEPT.headers, authorization: `Bearer ${token}` },
  });
  assert.deepEqual(await (await signedIn("/v2/app/manifests/1")).bytes(), app.root.bytes);
});

Deno.test("createHandler, no address that upstream names leads into private networks", async () => {
  const targets = [
    "http://localhost:1/x",
    "http://10.0.0.1/x",
    "http://metadata.google.internal/x",
    "http://169.254.169.254/x",
    "http://[::1]:1/x",
    "http://registry.lan/x",
    "http://intranet/x",
  ];
  const called: string[] = [];
  const fake: typeof fetch = (input) => {
    called.push(String(input));
    const location = targets[called.length - 1]!;
    return Promise.resolve(new Response(null, { status: 307, headers: { location } }));
  };
  const handler = createHandler({
    config: {
      registries: { app: { url: "http://registry.example.com" } },
      upstream: { retries: 0 },
    },
    fetch: fake,
  });
  for (const target of targets) {
    const response = await asking(handler)(`/v2/app/blobs/${app.blobs[0]!.digest}`);
    assert.equal(response.status, 502, target);
    assert.match((await response.json()).errors[0].message, /an address that is not allowed/);
  }
  assert.equal(called.length, targets.length, "only the registry was called");
});

Deno.test("createHandler, an upstream that does not answer, or answers in gzip", async () => {
  await using upstream = await fakeRegistry({ images });
  const registries = { app: { url: upstream.url } };
  const handler = createHandler({ config: { registries, upstream: { retries: 0 } } });
  // Deno's fetch repeats a GET whose connection closed without a byte.
  upstream.fault({ action: { kind: "close" }, times: 2 });
  const broken = await asking(handler, ACCEPT)("/v2/acme/app/manifests/1");
  assert.equal(broken.status, 502);
  await broken.body?.cancel();
  upstream.fault({ action: { kind: "gzip" } });
  const packed = await asking(handler, ACCEPT)("/v2/acme/app/manifests/1");
  assert.equal(packed.status, 502);
  assert.match((await packed.json()).errors[0].message, /^app: it packed its answer \(gzip\)/);
});

Deno.test("createHandler, what is wrong or needs a machine is said at once", () => {
  const url = "https://ghcr.io";
  const table: [ConfigInput, RegExp][] = [
    [{ registries: { app: { url: "ghcr.io" } } }, /registries\.app\.url: expected a URL/],
    [{ registries: { app: { url, repo_prefix: "../x" } } }, /repo_prefix: found "\.\.\/x"/],
    [{ registries: { app: { url, ca_file: "/ca" } } }, /registries\.app: ca_file: not available/],
    [
      { registries: { app: { url, insecure_tls: true } } },
      /insecure_tls: not available on serverless platforms/,
    ],
    [
      { registries: { app: { url, auth: { docker_config: "~/.docker/config.json" } } } },
      /docker_config: not available on serverless platforms/,
    ],
    [
      { registries: { app: { url, auth: { username: "a", password_file: "/p" } } } },
      /password_file: not available on serverless platforms/,
    ],
    [
      { registries: { app: { url } }, registry_map: "https://x" },
      /registry_map: not available on serverless platforms/,
    ],
    [
      { registries: { app: { url } }, users: { ann: `$2y$10$${"a".repeat(53)}` } },
      /users: not available on serverless platforms/,
    ],
    [{ registries: { a: { url }, b: { url, aliases: ["a"] } } }, /"a" already stands for/],
  ];
  for (const [config, message] of table) {
    assert.throws(() => createHandler({ config }), message);
  }
});

Deno.test("configFromEnvironment, the vanity tools' and Berth's own variables", async () => {
  const serverless = await configFromEnvironment({
    REGISTRY_HOST: "gcr.io",
    REPO_PREFIX: "acme/prod",
    PORT: "8080",
    DISABLE_BROWSER_REDIRECTS: "1",
    AUTH_HEADER: "Bearer x",
  });
  assert.deepEqual(Object.keys(serverless.registries), ["vanity"]);
  const { url, repo_prefix, browser_redirects, redirects, auth } = serverless.registries.vanity!;
  assert.deepEqual([url, repo_prefix, browser_redirects, redirects], [
    "https://gcr.io",
    "acme/prod",
    false,
    "pass",
  ]);
  assert.deepEqual([auth.mode, auth.header], ["proxy", "Bearer x"]);
  assert.equal(serverless.token_url, "/_token");

  const crev = await configFromEnvironment({
    CREV_REPO_PREFIX: "denoland",
    CREV_TOKEN_URL: "https://r.example.com/api/token",
  });
  assert.equal(crev.registries.vanity!.url, "https://registry-1.docker.io");
  assert.equal(crev.token_url, "https://r.example.com/api/token");

  const own = await configFromEnvironment({
    REGISTRY_HOST: "ghcr.io",
    BERTH_REGISTRIES_VANITY_HOSTS: "r.example.com",
    BERTH_REGISTRIES_OTHER_URL: "https://quay.io",
    BERTH_REGISTRIES_OTHER_HOSTS: "q.example.com",
  });
  assert.deepEqual(Object.keys(own.registries).toSorted(), ["other", "vanity"]);

  await assert.rejects(
    configFromEnvironment({ PORT: "1" }),
    /names no registry; expected REGISTRY/,
  );
  await assert.rejects(
    configFromEnvironment({ REGISTRY_HOST: "gcr.io", CREV_REGISTRY_HOST: "quay.io" }),
    /crev contradicts serverless-registry-proxy/,
  );
  await assert.rejects(
    configFromEnvironment({ REGISTRY_HOST: "gcr.io", GOOGLE_APPLICATION_CREDENTIALS: "/key" }),
    /password_file: not available on serverless platforms/,
  );
});
