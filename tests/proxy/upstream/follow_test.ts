import assert from "node:assert/strict";
import type { UpstreamRequest } from "../../../proxy/upstream/client.ts";
import { digestOf, image } from "../../fake/content.ts";
import { type FakeRegistry, fakeRegistry, type RedirectOptions } from "../../fake/registry.ts";
import { upstreamAt } from "./support.ts";

const app = image();
const images = { "org/app:1": app };
const layer = app.blobs[1]!;
const users = { ann: "hunter2" };
const auth = { username: "ann", password: "hunter2" };
const blob: UpstreamRequest = {
  method: "GET",
  path: `/v2/org/app/blobs/${layer.digest}`,
  scopes: ["repository:org/app:pull"],
};
const manifest = { ...blob, path: "/v2/org/app/manifests/1" };

function redirecting(redirect: RedirectOptions): Promise<FakeRegistry> {
  return fakeRegistry({ images, redirect, auth: { scheme: "bearer", users, anonymous: false } });
}

Deno.test("follow, a relative blob Location is resolved", async () => {
  await using fake = await fakeRegistry({ images, redirect: { to: "self", relative: true } });
  await using upstream = upstreamAt(fake.url);
  const { response, url } = await upstream.request(blob);
  assert.deepEqual(await response.bytes(), layer.bytes);
  assert.ok(url.startsWith(`${fake.url}/data/`));
});

Deno.test("follow, a redirect to another origin carries no token and no private header", async () => {
  await using fake = await redirecting({ to: "cdn" });
  await using upstream = upstreamAt(fake.url, { auth });
  const headers = {
    accept: "*/*",
    range: "bytes=10-",
    cookie: "a=b",
    authorization: "Basic sneaked",
    "x-secret": "s",
  };
  const { response } = await upstream.request({ ...blob, headers });
  assert.equal(response.status, 206);
  assert.deepEqual(await response.bytes(), layer.bytes.slice(10));
  const [seen] = fake.seen("GET", /data/, "cdn");
  const names = [...seen!.headers.keys()].filter((name) => !/^(host|accept|connection)/.test(name));
  assert.deepEqual(names, ["range", "user-agent"]);
  const [asked] = fake.seen("GET", /blobs/).slice(-1);
  assert.match(asked!.headers.get("authorization")!, /^Bearer token/);
  assert.equal(asked!.headers.get("cookie"), null);
});

Deno.test("follow, a fixed header and a client's own token stay with the registry", async () => {
  await using fake = await fakeRegistry({ images, redirect: { to: "cdn" } });
  await using fixed = upstreamAt(fake.url, { auth: { header: "X-Api-Key: k" } });
  await using client = upstreamAt(fake.url, { auth: { mode: "client" } });
  await (await fixed.request(blob)).response.body?.cancel();
  await (await client.request({ ...blob, authorization: "Bearer own" })).response.body?.cancel();
  assert.deepEqual(
    fake.log.map(({ server, headers }) => [
      server,
      headers.get("authorization"),
      headers.get("x-api-key"),
    ]),
    [
      ["registry", null, "k"],
      ["cdn", null, null],
      ["registry", "Bearer own", null],
      ["cdn", null, null],
    ],
  );
});

Deno.test("follow, a foreign host that points back at the registry gets no use of our credential", async () => {
  await using fake = await redirecting({ to: "cdn" });
  fake.fault({
    server: "cdn",
    action: { kind: "answer", status: 302, headers: { location: `${fake.url}/v2/org/secret/x` } },
  });
  await using upstream = upstreamAt(fake.url, { auth });
  const { response } = await upstream.request(blob);
  await response.body?.cancel();
  const [confused] = fake.seen("GET", /secret/);
  assert.equal(confused?.headers.get("authorization"), null);
});

Deno.test("follow, each read asks the registry for a fresh signed URL", async () => {
  await using fake = await redirecting({ to: "cdn", once: true });
  await using upstream = upstreamAt(fake.url, { auth });
  for (const from of [0, 100, 200]) {
    const headers = { range: `bytes=${from}-` };
    const { response } = await upstream.request({ ...blob, headers });
    assert.deepEqual(await response.bytes(), layer.bytes.slice(from));
  }
  assert.equal(fake.count("GET", /data/, "cdn"), 3);
});

Deno.test("follow, a manifest that redirects arrives all the same", async () => {
  await using fake = await redirecting({ to: "cdn", manifests: true });
  await using upstream = upstreamAt(fake.url, { auth });
  for (const method of ["HEAD", "GET"]) {
    const { response } = await upstream.request({ ...manifest, method });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("docker-content-digest"), app.root.digest);
    const bytes = await response.bytes();
    if (method === "GET") assert.equal(digestOf(bytes), app.root.digest);
    else assert.equal(bytes.length, 0);
  }
});

Deno.test("redirects, a loop ends after five", async () => {
  await using fake = await fakeRegistry({ images, redirect: { to: "loop" } });
  await using upstream = upstreamAt(fake.url);
  await assert.rejects(upstream.request(blob), {
    kind: "redirect",
    message: "test: it redirects more than 5 times",
  });
  assert.equal(fake.log.length, 6);
});

Deno.test("redirects, unsafe targets are refused", async () => {
  for (const location of ["ftp://127.0.0.1/x", "http://u:p@127.0.0.1/x", "http://", "file:///x"]) {
    await using fake = await fakeRegistry({ images, redirect: { to: () => location } });
    await using upstream = upstreamAt(fake.url);
    await assert.rejects(upstream.request(blob), { kind: "redirect", status: 502 });
  }
});

Deno.test("redirects, one that answers an upload is an error, not a second upload", async () => {
  await using fake = await fakeRegistry({ images });
  fake.fault({ action: { kind: "answer", status: 307, headers: { location: fake.cdnUrl } } });
  await using upstream = upstreamAt(fake.url);
  const upload = { method: "POST", path: "/v2/org/app/blobs/uploads/", scopes: [] };
  await assert.rejects(upstream.request(upload), { kind: "redirect" });
  assert.equal(fake.log.length, 1);
});

Deno.test("redirects: pass, one to another origin is the answer, with an absolute Location", async () => {
  await using fake = await fakeRegistry({ images, redirect: { to: "cdn" } });
  await using upstream = upstreamAt(fake.url, { redirects: "pass" });
  const { response, url } = await upstream.request(blob);
  await response.body?.cancel();
  assert.equal(response.status, 307);
  assert.ok(response.headers.get("location")?.startsWith(`${fake.cdnUrl}/data/`));
  assert.equal(url, fake.url + blob.path);
  assert.equal(fake.count("GET", /data/), 0);
  await using own = await fakeRegistry({ images, redirect: { to: "self", relative: true } });
  await using inner = upstreamAt(own.url, { redirects: "pass" });
  const followed = await inner.request(blob);
  assert.deepEqual(await followed.response.bytes(), layer.bytes, "our own access is not theirs");
});

/** DNS of the tests: a public registry, its CDN, and what a hostile one would like us to call. */
function dns(overrides: Record<string, string[]> = {}) {
  const table: Record<string, string[]> = {
    "registry.test": ["192.0.43.8"],
    "127.0.0.1": ["127.0.0.1"],
    "169.254.169.254": ["169.254.169.254"],
    "[::ffff:a9fe:a9fe]": ["::ffff:a9fe:a9fe"],
    "[::1]": ["::1"],
    "10.0.0.1": ["10.0.0.1"],
    ...overrides,
  };
  return (hostname: string) =>
    table[hostname] ? Promise.resolve(table[hostname]) : Promise.reject(new Error("ENOTFOUND"));
}

Deno.test("follow, a public registry cannot send us to addresses inside", async () => {
  await using inside = await fakeRegistry();
  const port = new URL(inside.url).port;
  const targets = [
    inside.url,
    `http://localhost:${port}/x`,
    `http://2130706433:${port}/`,
    `http://0x7f.1:${port}/`,
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    `http://[::1]:${port}/`,
    "http://10.0.0.1/",
    "http://rebind.test/",
  ];
  for (const target of targets) {
    await using fake = await fakeRegistry({ images, redirect: { to: () => target } });
    // The fake plays the outgoing proxy, so that the registry can have a public name.
    await using upstream = upstreamAt("http://registry.test", {}, {
      env: { http_proxy: fake.url },
      lookup: dns({
        localhost: ["127.0.0.1"],
        "rebind.test": ["192.0.43.8", "127.0.0.1"],
      }),
    });
    await assert.rejects(upstream.request(blob), { kind: "forbidden-target", status: 502 }, target);
  }
  assert.equal(inside.log.length, 0);
});

Deno.test("follow, a registry on loopback may send us to its blobs on loopback, not elsewhere inside", async () => {
  await using store = await fakeRegistry({ images });
  const port = new URL(store.url).port;
  const lookup = dns({ "blobs.test": ["127.0.0.1"], "nas.test": ["10.0.0.9"] });
  const to = (host: string) => ({ to: () => `http://${host}:${port}${blob.path}` });
  await using fake = await fakeRegistry({ images, redirect: to("blobs.test") });
  await using upstream = upstreamAt(fake.url, {}, { lookup });
  const { response } = await upstream.request(blob);
  assert.deepEqual(await response.bytes(), layer.bytes);
  assert.equal(store.log[0]?.headers.get("host"), `blobs.test:${port}`);
  for (const host of ["nas.test", "169.254.169.254"]) {
    await using other = await fakeRegistry({ images, redirect: to(host) });
    await using client = upstreamAt(other.url, {}, { lookup });
    await assert.rejects(client.request(blob), { kind: "forbidden-target" });
  }
});

Deno.test("follow, the address that was checked is the address that is called (rebinding)", async () => {
  await using good = await fakeRegistry({ images });
  const port = Number(new URL(good.url).port);
  await using evil = await fakeRegistry({ images, hostname: "127.0.0.2", port });
  const answers = [["127.0.0.1"], ["127.0.0.2"]];
  await using fake = await fakeRegistry({
    images,
    redirect: { to: () => `http://rebind.test:${port}${blob.path}` },
  });
  const asked: string[] = [];
  await using upstream = upstreamAt(fake.url, {}, {
    lookup: (hostname) => {
      asked.push(hostname);
      return Promise.resolve(hostname === "rebind.test" ? answers.shift()! : [hostname]);
    },
  });
  const { response } = await upstream.request(blob);
  assert.deepEqual(await response.bytes(), layer.bytes);
  assert.equal(asked.filter((name) => name === "rebind.test").length, 1);
  assert.equal(evil.log.length, 0);
  assert.equal(good.log.length, 1);
});

Deno.test("follow, a dead IPv6 address falls back to IPv4", async () => {
  await using store = await fakeRegistry({ images });
  const port = new URL(store.url).port;
  for (const dead of ["::1", "::ffff:127.0.0.9"]) {
    const lookup = dns({ "dual.test": [dead, "127.0.0.1"] });
    await using fake = await fakeRegistry({
      images,
      redirect: { to: () => `http://dual.test:${port}${blob.path}` },
    });
    await using upstream = upstreamAt(fake.url, {}, { lookup });
    const { response } = await upstream.request(blob);
    assert.deepEqual(await response.bytes(), layer.bytes);
  }
});

Deno.test("redirects, a target that has no address is an error that names the cause", async () => {
  await using fake = await fakeRegistry({
    images,
    redirect: { to: () => "http://nowhere.test/" },
  });
  await using upstream = upstreamAt(fake.url, {}, { lookup: dns(), retries: 0 });
  await assert.rejects(upstream.request(blob), {
    kind: "dns",
    message: "test: a host that it refers to could not be resolved (DNS)",
  });
});
