/** Interception in front of the real registry API, with a fake registry behind it. */
import assert from "node:assert/strict";
import { Authenticators } from "../../../proxy/access/users.ts";
import { systemClock } from "../../../base/clock.ts";
import { hashPassword } from "../../../base/passwords.ts";
import { configSchema } from "../../../proxy/config/schema.ts";
import { ForwardService } from "../../../proxy/forward/service.ts";
import type { RequestRecord } from "../../../proxy/observe/record.ts";
import { startServer } from "../../../proxy/server.ts";
import { QuotaBook } from "../../../proxy/upstream/quota.ts";
import { image, OCI_MANIFEST } from "../../fake/content.ts";
import { type FakeRegistry, fakeRegistry } from "../../fake/registry.ts";
import { freePort } from "../../fake/ports.ts";

const secret = image({ seed: 3 });
const accept = { accept: OCI_MANIFEST };

class Lab implements AsyncDisposable {
  readonly records: RequestRecord[] = [];
  readonly #stack: AsyncDisposableStack;
  readonly port: number;
  readonly ca: string;

  private constructor(
    stack: AsyncDisposableStack,
    records: RequestRecord[],
    port: number,
    ca: string,
  ) {
    this.#stack = stack;
    this.records = records;
    this.port = port;
    this.ca = ca;
  }

  /** Starts both in front of `upstream`, which clients call `hub.test`. */
  static async start(
    upstream: FakeRegistry,
    hub: Record<string, unknown> = {},
    more: Record<string, unknown> = {},
  ): Promise<Lab> {
    await using stack = new AsyncDisposableStack();
    const dir = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(dir, { recursive: true }));
    const config = configSchema.parse({
      listen: "127.0.0.1:0",
      cache: { dir },
      upstream: { retries: 0 },
      registries: { hub: { url: upstream.url, aliases: ["hub.test"], ...hub } },
      forward: { listen: "127.0.0.1:0", intercept: ["hub"] },
      ...more,
    });
    const records: RequestRecord[] = [];
    const authenticators = new Authenticators({ now: Date.now, failed: () => {} });
    const server = await startServer(config, {
      cache: undefined,
      quota: new QuotaBook(),
      authenticators,
      env: {},
      started: () => true,
      now: Date.now,
      onRecord: (record) => records.push(record),
    });
    stack.defer(() => server.close(0));
    const forward = await ForwardService.start(config, {
      handler: server.handle,
      authenticator: authenticators.authenticator,
      env: {},
      ownPorts: () => [],
      events: () => {},
      clock: systemClock,
    });
    stack.defer(() => forward.close(0));
    const { port } = forward.address!;
    const ca = await (await fetch(`http://127.0.0.1:${port}/ca.crt`)).text();
    return new Lab(stack.move(), records, port, ca);
  }

  /** A client that has nothing but the proxy's address and CA. */
  client(basicAuth?: Deno.BasicAuth): Deno.HttpClient {
    const url = `http://127.0.0.1:${this.port}`;
    const proxy = { url, ...(basicAuth ? { basicAuth } : {}) };
    return Deno.createHttpClient({ proxy, caCerts: [this.ca] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

Deno.test("intercepted, a client without a login pulls with the credentials of the map", async () => {
  await using upstream = await fakeRegistry({
    images: { "acme/secret:1": secret },
    auth: { scheme: "bearer", users: { berth: "right" }, private: ["acme/secret"] },
  });
  const auth = { mode: "proxy", username: "berth", password: "right" };
  await using lab = await Lab.start(upstream, { auth });
  using client = lab.client();
  assert.equal((await fetch("https://hub.test/v2/", { client })).status, 200);
  const url = "https://hub.test/v2/acme/secret";
  const manifest = await fetch(`${url}/manifests/1`, { client, headers: accept });
  assert.equal(manifest.headers.get("docker-content-digest"), secret.root.digest);
  await manifest.body?.cancel();
  const [blob] = secret.blobs;
  const bytes = await (await fetch(`${url}/blobs/${blob!.digest}`, { client })).bytes();
  assert.deepEqual(bytes, blob!.bytes);
  assert.ok(upstream.count("GET", /./, "token") > 0, "at the token server, another host");
  const { via, registry, repository, client: address } = lab.records.at(-1)!;
  assert.deepEqual([via, registry, repository, address], [
    "intercept",
    "hub",
    "acme/secret",
    "127.0.0.1",
  ]);
});

Deno.test("intercepted, with auth.mode client the client's own sign-in is respected", async () => {
  await using upstream = await fakeRegistry({
    images: { "acme/secret:1": secret },
    auth: { scheme: "bearer", users: { ann: "right" }, private: ["acme/secret"] },
  });
  const public_url = "https://berth.example";
  await using lab = await Lab.start(upstream, { auth: { mode: "client" } }, { public_url });
  using client = lab.client();
  const url = "https://hub.test/v2/acme/secret/manifests/1";
  const refused = await fetch(url, { client, headers: accept });
  assert.equal(refused.status, 401);
  await refused.body?.cancel();
  const challenge = refused.headers.get("www-authenticate")!;
  assert.match(challenge, /realm="https:\/\/hub\.test\/token\/hub"/);
  assert.match(challenge, /scope="repository:acme\/secret:pull"/);
  const scope = "scope=repository:acme/secret:pull&service=registry.test";
  const granted = await fetch(`https://hub.test/token/hub?${scope}`, {
    client,
    headers: { authorization: `Basic ${btoa("ann:right")}` },
  });
  const { token } = await granted.json();
  const headers = { ...accept, authorization: `Bearer ${token}` };
  const manifest = await fetch(url, { client, headers });
  assert.equal(manifest.status, 200);
  await manifest.body?.cancel();
});

Deno.test("intercepted, pushes as allow_push says", async () => {
  for (const allow_push of [false, true]) {
    await using upstream = await fakeRegistry();
    await using lab = await Lab.start(upstream, {}, { allow_push });
    using client = lab.client();
    const begun = await fetch("https://hub.test/v2/acme/app/blobs/uploads/", {
      client,
      method: "POST",
    });
    await begun.body?.cancel();
    assert.equal(begun.status, allow_push ? 202 : 405);
    if (!allow_push) continue;
    const location = new URL(begun.headers.get("location")!, begun.url);
    assert.equal(location.host, "hub.test");
    const [blob] = secret.blobs;
    location.searchParams.set("digest", blob!.digest);
    const done = await fetch(location, { client, method: "PUT", body: blob!.bytes });
    assert.equal(done.status, 201);
    assert.deepEqual(upstream.repository("acme/app").blobs.get(blob!.digest), blob!.bytes);
  }
});

Deno.test("intercepted, who signed in at the proxy is not asked again", async () => {
  await using upstream = await fakeRegistry({ images: { "acme/secret:1": secret } });
  const users = { ann: await hashPassword("right") };
  await using lab = await Lab.start(upstream, { access: { users: ["ann"] } }, { users });
  const url = "https://hub.test/v2/acme/secret/manifests/1";
  using stranger = lab.client();
  await assert.rejects(fetch(url, { client: stranger }));
  using wrong = lab.client({ username: "ann", password: "wrong" });
  await assert.rejects(fetch(url, { client: wrong }));
  using client = lab.client({ username: "ann", password: "right" });
  const manifest = await fetch(url, { client, headers: accept });
  assert.equal(manifest.status, 200);
  await manifest.body?.cancel();
  assert.equal(lab.records.at(-1)?.user, "ann");
});

Deno.test("forward.listen and listen on one port: CONNECT, proxy requests and a mirror's", async () => {
  await using upstream = await fakeRegistry({ images: { "library/app:1": secret } });
  const listen = `127.0.0.1:${freePort()}`;
  const more = { listen, forward: { listen, intercept: ["hub"] }, default_registry: "hub" };
  await using lab = await Lab.start(upstream, {}, more);
  assert.equal(`127.0.0.1:${lab.port}`, listen);
  using client = lab.client();
  const path = "/v2/library/app/manifests/1";
  const ways: [string, RequestInit & { client?: Deno.HttpClient }][] = [
    [`https://hub.test${path}`, { client }],
    [`http://hub.test${path}`, { client }],
    [`http://${listen}${path}`, {}],
    [`http://${listen}${path}?ns=hub.test`, {}],
  ];
  for (const [url, init] of ways) {
    const response = await fetch(url, { ...init, headers: accept });
    assert.equal(response.headers.get("docker-content-digest"), secret.root.digest, url);
    await response.body?.cancel();
  }
  const vias = lab.records.map(({ via }) => via);
  assert.deepEqual(vias, ["intercept", "forward", "direct", "direct"]);
  assert.equal(await (await fetch(`http://${listen}/healthz`)).text(), '{"status":"ok"}');
});
