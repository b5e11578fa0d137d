/** Clients and registries that want Berth to call, to say or to open what it should not. */
import assert from "node:assert/strict";
import { type Pair, pair } from "../fake/pair.ts";
import { image, OCI_MANIFEST } from "../fake/content.ts";
import { raw } from "../fake/raw.ts";
import { type FakeRegistry, fakeRegistry, type FakeRegistryOptions } from "../fake/registry.ts";

const app = image();
const BLOB = `/v2/acme/app/blobs/${app.blobs[1]!.digest}`;
const MANIFEST = { headers: { accept: OCI_MANIFEST } };

function setup(
  options: FakeRegistryOptions = {},
  hub: Record<string, unknown> = {},
  settings: Record<string, unknown> = {},
): Promise<Pair> {
  const images = { "acme/app:1": app, "acme/secret:1": app };
  const timeouts = { connect_timeout: "2s", response_timeout: "2s", idle_timeout: "2s" };
  return pair({
    registry: { images, ...options },
    hub: { aliases: ["hub.test"], ...hub },
    settings: { upstream: { retries: 0, ...timeouts }, ...settings },
  });
}

/** A host that nobody meant, on an address of its own. */
async function trap(): Promise<FakeRegistry> {
  return await fakeRegistry({ hostname: "127.0.0.2" });
}

/** Addresses with which a registry may try to send us to `url`, or inside. */
function elsewhere(url: string): string[] {
  const { port } = new URL(url);
  return [
    `http://127.0.0.2:${port}/token`,
    `http://2130706434:${port}/token`,
    `http://127.0.0.1:1@127.0.0.2:${port}/token`,
    `http://[::ffff:127.0.0.2]:${port}/token`,
    `//127.0.0.2:${port}/token`,
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://10.0.0.1/token",
    "http://0.0.0.0/token",
    "file:///etc/passwd",
    "gopher://127.0.0.2/",
    "javascript:alert(1)",
    "data:text/plain,token",
    "",
  ];
}

Deno.test("a registry's realm elsewhere is not asked, by us or for a client", async () => {
  await using evil = await trap();
  const users = { robot: "s3cret" };
  for (const realm of elsewhere(evil.url)) {
    const auth = { scheme: "bearer", users, realm, anonymous: false } as const;
    await using ours = await setup({ auth }, { auth: { username: "robot", password: "s3cret" } });
    const refused = await ours.proxy.get("/v2/acme/app/manifests/1", MANIFEST);
    assert.ok([403, 502].includes(refused.status), `${realm}: ${refused.status}`);
    assert.doesNotMatch(await refused.text(), /s3cret/);
    await using theirs = await setup({ auth }, { auth: { mode: "client" } });
    const headers = { authorization: `Basic ${btoa("ann:s3cret")}` };
    const token = await theirs.proxy.get("/token/hub?scope=repository:acme/app:pull", { headers });
    assert.ok(token.status >= 400, `${realm}: ${token.status}`);
    assert.doesNotMatch(await token.text(), /s3cret/);
    const challenged = await theirs.proxy.get("/v2/acme/app/manifests/1", MANIFEST);
    await challenged.body?.cancel();
    const shown = challenged.headers.get("www-authenticate") ?? "";
    assert.ok(!/Bearer/.test(shown) || shown.includes(`realm="${theirs.proxy.url}/token/hub"`));
  }
  assert.equal(evil.log.length, 0);
});

Deno.test("a registry's redirects lead to no address inside and to nothing but HTTP", async () => {
  await using evil = await trap();
  const targets = elsewhere(evil.url).filter((url) =>
    url && !/127\.0\.0\.2:|2130706434|ffff/.test(url)
  );
  for (const target of [...targets, `http://u:p@127.0.0.2:${new URL(evil.url).port}/x`]) {
    await using t = await setup({ redirect: { to: () => target, manifests: true } });
    for (const path of [BLOB, "/v2/acme/app/manifests/1"]) {
      const response = await t.proxy.get(path, MANIFEST);
      assert.equal(response.status, 502, `${path} to ${target}`);
      await response.body?.cancel();
    }
  }
  assert.equal(evil.log.length, 0);
});

Deno.test("a registry's Locations and Links stay with this address", async () => {
  await using evil = await trap();
  await using t = await setup({}, {}, { allow_push: true });
  for (const location of elsewhere(evil.url).filter(Boolean)) {
    t.upstream.clearFaults();
    t.upstream.fault({
      method: "POST",
      path: /uploads/,
      action: { kind: "answer", status: 202, headers: { location } },
    });
    const begun = await t.proxy.get("/v2/acme/app/blobs/uploads/", { method: "POST" });
    await begun.body?.cancel();
    assert.equal(begun.status, 502, location);
  }
  for (const link of ["http://evil.test/x", "javascript:alert(1)", "/v2/acme/secret/tags/list"]) {
    t.upstream.fault({
      path: /tags\/list/,
      action: {
        kind: "answer",
        status: 200,
        body: '{"name":"acme/app","tags":[]}',
        headers: { link: `<${link}>; rel="next"` },
      },
    });
    const list = await t.proxy.get("/v2/acme/app/tags/list");
    assert.equal(list.headers.get("link"), null, link);
    await list.body?.cancel();
  }
  assert.equal(evil.log.length, 0);
});

Deno.test("ns, Host, X-Forwarded-Host and absolute-form targets make us call nobody new", async () => {
  await using evil = await trap();
  await using t = await setup();
  const there = new URL(evil.url).host;
  const request = (target: string, headers: string[] = []) =>
    [`GET ${target} HTTP/1.1`, ...headers, "Connection: close", "", ""].join("\r\n");
  const own = `Host: ${t.proxy.host}`;
  const path = "/v2/acme/app/tags/list";
  const refused = [
    request(`${path}?ns=${there}`, [own]),
    request(`${path}?ns=hub.test&ns=${there}`, [own]),
    request(`${path}?ns=hub.test%00${there}`, [own]),
    request(`${path}?ns=hub.test%0d%0aHost:%20${there}`, [own]),
    request(`/${there}${path}`, [own]),
    request(`/v2/${there}/acme/app/tags/list`, [own]),
    request(`/v2/169.254.169.254/latest/tags/list`, [own]),
    request("http://169.254.169.254/latest/meta-data/", [own]),
    request(`http://${there}/`, [`Host: ${there}`, "Accept: application/json"])
      .replace("GET", "POST"),
    request(path, [own, `Host: ${there}`]),
  ];
  for (const text of refused) {
    assert.match(await raw(t.proxy.host, text), /^(HTTP\/1\.1 4\d\d |$)/, text);
  }
  const asked = [
    request(path, [`Host: ${there}`]),
    request(path, [own, `X-Forwarded-Host: ${there}`, "X-Forwarded-Proto: https"]),
    request(path, [own, `X-Original-URL: http://${there}/`, `X-Rewrite-URL: /v2/`]),
    request(path, [own, `Forwarded: host=${there};proto=https`]),
    request(`http://${there}${path}`, [own]),
  ];
  for (const text of asked) {
    const answer = await raw(t.proxy.host, text);
    assert.match(answer, /^HTTP\/1\.1 200 [^]*"name":"acme\/app"/, text);
  }
  assert.ok(t.upstream.log.every(({ path }) => path === "/v2/acme/app/tags/list"));
  assert.equal(evil.log.length, 0);
});

Deno.test("the realm that clients are told is ours, whatever the headers say", async () => {
  const auth = { scheme: "bearer", anonymous: false } as const;
  await using named = await setup({ auth }, { auth: { mode: "client" } }, {
    public_url: "https://berth.example.com",
  });
  await using plain = await setup({ auth }, { auth: { mode: "client" } });
  const realm = async ({ proxy }: Pair, ...headers: string[]) => {
    const lines = ["GET /v2/ HTTP/1.1", ...headers, "Connection: close", "", ""];
    const answer = await raw(proxy.host, lines.join("\r\n"));
    return /realm="([^"]*)"/i.exec(answer)?.[1];
  };
  assert.equal(await realm(named, "Host: evil.test"), "https://berth.example.com/token/hub");
  assert.equal(
    await realm(plain, `Host: ${plain.proxy.host}`, "X-Forwarded-Host: evil.test"),
    `${plain.proxy.url}/token/hub`,
  );
  for (const host of ['x"y', 'x", error="', "x y", "x/../y", "u@x", "x\\y", "x\u00e9"]) {
    const told = await realm(plain, `Host: ${host}`);
    assert.match(told ?? "http://x/token/hub", /^http:\/\/[a-z0-9.-]+\/token\/hub$/, host);
  }
});

Deno.test("no spelling of a denied repository opens it", async () => {
  await using t = await setup({}, { deny: ["acme/secret"], hosts: ["vanity.test"] }, {
    path_names: true,
  });
  const spellings = [
    "/v2/acme/secret/manifests/1",
    "/v2/acme//secret/manifests/1",
    "/v2/acme/./secret/manifests/1",
    "/v2/acme/x/../secret/manifests/1",
    "/v2/acme%2fsecret/manifests/1",
    "/v2/acme/%73ecret/manifests/1",
    "/v2/acme/secret%00/manifests/1",
    "/v2/acme/SECRET/manifests/1",
    "/v2/acme/secret./manifests/1",
    "/v2/acme\\secret/manifests/1",
    "//v2/acme/secret/manifests/1",
    "/v2;x/acme/secret/manifests/1",
    "/hub/v2/acme/secret/manifests/1",
    "/v2/hub/acme/secret/manifests/1",
    "/v2/hub.test/acme/secret/manifests/1",
    "/v2/HUB.test/acme/secret/manifests/1",
    "/v2/acme/secret/manifests/1?ns=hub.test",
    `/v2/acme/secret/blobs/${app.blobs[1]!.digest}`,
    "/v2/acme/secret/tags/list",
    `/v2/acme/secret/referrers/${app.root.digest}`,
  ];
  for (const path of spellings) {
    for (const host of [t.proxy.host, "vanity.test"]) {
      const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      assert.match(await raw(t.proxy.host, request), /^HTTP\/1\.1 4\d\d /, `${host}${path}`);
    }
  }
  // On the registry's own host `hub/acme/secret` is a name like any other.
  const asked = t.upstream.log.filter(({ path }) => /^\/v2\/acme\/secret\b/i.test(path));
  assert.deepEqual(asked, []);
});

Deno.test("X-Forwarded-For of a stranger neither opens a network nor changes who it is", async () => {
  await using t = await setup({}, {}, { allowed_networks: ["10.0.0.0/8"] });
  for (const name of ["x-forwarded-for", "x-real-ip", "forwarded", "client-ip"]) {
    const value = name === "forwarded" ? "for=10.0.0.1" : "10.0.0.1";
    const response = await t.proxy.get("/v2/", { headers: { [name]: value } });
    assert.equal(response.status, 403, name);
    await response.body?.cancel();
  }
  assert.ok(t.proxy.records.every(({ client }) => client === "127.0.0.1"));
});

Deno.test("smuggling, what is ambiguous in length is refused, and nothing behind it is heard", async () => {
  await using t = await setup({}, {}, { allow_push: true });
  const inner = "GET /v2/smuggled/tags/list HTTP/1.1\r\nHost: x\r\n\r\n";
  const chunk = `0\r\n\r\n${inner}`;
  const lengths: [headers: string[], body: string][] = [
    [["Content-Length: 0", `Content-Length: ${inner.length}`], inner],
    [["Content-Length: 0, 5"], inner],
    [["Content-Length: +0"], inner],
    [["Content-Length: 0x0"], inner],
    [["Content-Length: -1"], inner],
    [["Content-Length : 0"], inner],
    [[`Content-Length: ${chunk.length}`, "Transfer-Encoding: chunked"], chunk],
    [["Transfer-Encoding: chunked", `Content-Length: ${chunk.length}`], chunk],
    [["Transfer-Encoding: xchunked"], chunk],
    [["Transfer-Encoding: chunked, identity"], chunk],
    [["Transfer-Encoding: identity, chunked", "Content-Length: 5"], chunk],
    [["Transfer-Encoding: chunked", "Transfer-Encoding: x"], chunk],
    [["Transfer-Encoding : chunked"], chunk],
    [["Transfer-Encoding:\u000bchunked"], chunk],
    [["X: y", " Transfer-Encoding: chunked"], chunk],
    [["Transfer-Encoding: chunked"], `0x0\r\n\r\n${inner}`],
    [["Transfer-Encoding: chunked"], `-0\r\n\r\n${inner}`],
    [["Transfer-Encoding: chunked"], `0;\n\r\n\r\n${inner}`],
    [["Transfer-Encoding: chunked"], `ffffffffffffffff0\r\n${inner}`],
  ];
  for (const method of ["GET", "POST"]) {
    const path = method === "GET" ? "/v2/acme/app/tags/list" : "/v2/acme/app/blobs/uploads/";
    for (const [headers, body] of lengths) {
      const head = [`${method} ${path} HTTP/1.1`, `Host: ${t.proxy.host}`, ...headers];
      const answer = await raw(t.proxy.host, `${head.join("\r\n")}\r\n\r\n${body}`);
      assert.doesNotMatch(answer, /smuggled/, `${method} ${headers} ${body.slice(0, 8)}`);
    }
  }
  assert.deepEqual(t.proxy.records.filter(({ path }) => path.includes("smuggled")), []);
  assert.deepEqual(t.upstream.log.filter(({ path }) => path.includes("smuggled")), []);
  assert.equal((await (await t.proxy.get("/healthz")).json()).status, "ok");
});

Deno.test("header injection, line breaks in what clients send reach no header", async () => {
  await using t = await setup();
  const breaks = "%0d%0aX-Evil:%201";
  const paths = [
    `/v2/acme/app/tags/list?last=a${breaks}&n=1`,
    `/v2/acme/app/tags/list?ns=a${breaks}`,
    `/v2/acme/app/referrers/${app.root.digest}?artifactType=a${breaks}`,
    `/v2/acme/app/manifests/a${breaks}`,
    `/v2/acme/app${breaks}/manifests/1`,
    `/nothing${breaks}`,
  ];
  for (const path of paths) {
    const response = await t.proxy.get(path);
    assert.equal(response.headers.get("x-evil"), null, path);
    await response.body?.cancel();
  }
  assert.ok(t.upstream.log.every(({ headers }) => !headers.has("x-evil")));
});
