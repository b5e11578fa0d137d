import assert from "node:assert/strict";
import { connect } from "node:http2";
import { type Config, configSchema } from "../../proxy/config/schema.ts";
import { ListenError } from "../../proxy/http/listen.ts";
import type { RequestRecord } from "../../proxy/observe/record.ts";
import { type ProxyServer, startServer } from "../../proxy/server.ts";
import { QuotaBook } from "../../proxy/upstream/quota.ts";
import { Authenticators } from "../../proxy/access/users.ts";
import { testCertificate } from "../fake/cert.ts";
import { image, OCI_MANIFEST } from "../fake/content.ts";
import { fakeRegistry } from "../fake/registry.ts";

const app = image();

function config(url: string, more: Record<string, unknown> = {}): Config {
  return configSchema.parse({
    listen: "127.0.0.1:0",
    default_registry: "hub",
    registries: { hub: { url } },
    ...more,
  });
}

async function start(
  config: Config,
  records: RequestRecord[] = [],
  room?: () => Promise<void> | undefined,
  onUpstreamError?: (registry: string, kind: string) => void,
): Promise<ProxyServer> {
  return await startServer(config, {
    cache: undefined,
    quota: new QuotaBook(),
    authenticators: new Authenticators({ now: Date.now, failed: () => {} }),
    env: {},
    started: () => true,
    now: Date.now,
    onRecord: (record) => records.push(record),
    ...(room && { room }),
    ...(onUpstreamError && { onUpstreamError }),
  });
}

async function tempDir(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "berth-server-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Status of `GET /v2/` by HTTP/2, or an error where the certificate is not from `ca`. */
async function ping2(port: number, ca: string): Promise<number> {
  const session = connect(`https://127.0.0.1:${port}`, { ca });
  try {
    return await new Promise<number>((resolve, reject) => {
      session.on("error", reject);
      const request = session.request({ ":path": "/v2/" });
      request.on("response", (headers) => resolve(Number(headers[":status"])));
      request.on("error", reject);
      request.resume();
      request.end();
    });
  } finally {
    session.destroy();
  }
}

Deno.test("startServer, TLS with HTTP/2, and a certificate that is renewed on disk", async () => {
  await using upstream = await fakeRegistry();
  await using dir = await tempDir();
  const [old, renewed] = [await testCertificate(), await testCertificate()];
  const tls = { cert_file: `${dir.path}/cert.pem`, key_file: `${dir.path}/key.pem` };
  const write = async ({ cert, key }: { cert: string; key: string }) => {
    await Deno.writeTextFile(tls.cert_file, cert);
    await Deno.writeTextFile(tls.key_file, key);
  };
  await write(old);
  const server = await start(config(upstream.url, { tls }));
  const { port } = server.address!;
  assert.equal(await ping2(port, old.ca), 200);
  await Deno.writeTextFile(tls.cert_file, "not a certificate");
  await write(renewed);
  const deadline = Date.now() + 10_000;
  let status = 0;
  while (status !== 200 && Date.now() < deadline) {
    status = await ping2(port, renewed.ca).catch(() => 0);
  }
  assert.equal(status, 200);
  await assert.rejects(ping2(port, old.ca));
  await server.close(1000);
});

Deno.test("startServer, names the certificate file that it cannot read", async () => {
  const tls = { cert_file: "/nonexistent/cert.pem", key_file: "/nonexistent/key.pem" };
  await assert.rejects(
    start(config("http://127.0.0.1:1", { tls })),
    (error) => error instanceof ListenError && /tls\.\w+_file.*\/nonexistent/.test(error.message),
  );
});

Deno.test("startServer, says that a port is taken", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listen = `127.0.0.1:${taken.addr.port}`;
  await assert.rejects(start(config("http://127.0.0.1:1", { listen })), /is taken/);
  taken.close();
});

Deno.test("reconfigure, running requests finish on the old configuration, new ones use the new", async () => {
  await using one = await fakeRegistry({ images: { "org/app:1": app } });
  await using two = await fakeRegistry({ images: { "org/app:1": image({ seed: 2 }) } });
  const server = await start(config(one.url));
  const url = `http://127.0.0.1:${server.address!.port}`;
  const release = Promise.withResolvers<void>();
  one.fault({ path: /blobs/, action: { kind: "stall", after: 10, until: release.promise } });
  const running = await fetch(`${url}/v2/org/app/blobs/${app.blobs[1]!.digest}`);
  await server.reconfigure(config(two.url));
  const fresh = await fetch(`${url}/v2/org/app/manifests/1`, { headers: { accept: OCI_MANIFEST } });
  assert.deepEqual(await fresh.bytes(), image({ seed: 2 }).root.bytes);
  release.resolve();
  assert.deepEqual(await running.bytes(), app.blobs[1]!.bytes);
  await server.close(1000);
});

Deno.test("close, not ready and nothing new; what is running is finished", async () => {
  await using upstream = await fakeRegistry({ images: { "org/app:1": app } });
  const server = await start(config(upstream.url));
  const url = `http://127.0.0.1:${server.address!.port}`;
  const release = Promise.withResolvers<void>();
  upstream.fault({ path: /blobs/, action: { kind: "stall", after: 10, until: release.promise } });
  const running = await fetch(`${url}/v2/org/app/blobs/${app.blobs[1]!.digest}`);
  const closed = server.close(60_000);
  const ready = await server.handle(new Request(`${url}/readyz`), {
    peer: "127.0.0.1",
    via: "direct",
  });
  assert.equal(ready.status, 503);
  await ready.body?.cancel();
  await assert.rejects(fetch(`${url}/v2/`));
  release.resolve();
  assert.deepEqual(await running.bytes(), app.blobs[1]!.bytes);
  await closed;
});

Deno.test("readyz, says which registries are open to whoever reaches this address", async () => {
  const auth = { username: "robot", password: "hidden" };
  const registries = { hub: { url: "http://127.0.0.1:1", auth } };
  const caller = { peer: "127.0.0.1", via: "direct" } as const;
  const readyz = async (listen: string) => {
    const server = await start(config("http://127.0.0.1:1", { listen, registries }));
    const response = await server.handle(new Request("http://berth.example/readyz"), caller);
    const text = await response.text();
    await server.close(0);
    return text;
  };
  assert.deepEqual(JSON.parse(await readyz("0.0.0.0:0")), { status: "ok", exposed: ["hub"] });
  assert.deepEqual(JSON.parse(await readyz("127.0.0.1:0")), { status: "ok" });
});

Deno.test("startServer, requests wait while what is told of them finds no room", async () => {
  await using upstream = await fakeRegistry();
  const full = Promise.withResolvers<void>();
  let room: Promise<void> | undefined = full.promise;
  const server = await start(config(upstream.url), [], () => room);
  const asked = fetch(`http://127.0.0.1:${server.address!.port}/healthz`);
  while (server.active() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(
    await Promise.race([asked.then(() => "answered"), Promise.resolve("waits")]),
    "waits",
  );
  room = undefined;
  full.resolve();
  assert.equal(await (await asked).text(), '{"status":"ok"}');
  await server.close(1000);
});

Deno.test("startServer, a registry that is set to offline has no requests that failed", async () => {
  const failed = async (offline: boolean) => {
    const errors: string[] = [];
    const registries = { hub: { url: "http://127.0.0.1:1", offline } };
    const settings = config("", { registries, upstream: { retries: 0 } });
    const server = await start(settings, [], undefined, (_, kind) => errors.push(kind));
    const url = `http://127.0.0.1:${server.address!.port}/v2/org/app/manifests/1`;
    await (await fetch(url)).body?.cancel();
    await server.close(0);
    return new Set(errors);
  };
  assert.deepEqual(await failed(true), new Set());
  assert.equal((await failed(false)).size, 1);
});
