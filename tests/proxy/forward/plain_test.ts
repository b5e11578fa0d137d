import assert from "node:assert/strict";
import { TooManyAttempts } from "../../../proxy/access/limiter.ts";
import { Harness, settingsFor, temporaryAuthority } from "./harness.ts";

/** An origin server on loopback that tells what it got. */
function origin() {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/empty") return new Response(null, { status: 204 });
      const body = {
        method: request.method,
        path: pathname + search,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      };
      return Response.json(body, { headers: { "keep-alive": "timeout=5", "x-origin": "yes" } });
    },
  );
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("plain, a registry's own address goes to the handler", async () => {
  await using harness = new Harness();
  using client = harness.client();
  const response = await fetch("http://plain.example:5000/v2/", { client });
  assert.equal(await response.text(), "GET http://plain.example:5000/v2/");
  const { caller } = harness.calls[0]!;
  assert.deepEqual([caller.via, caller.registry, caller.peer], ["forward", "plain", "127.0.0.1"]);
});

Deno.test("plain, what a mirror is asked goes to the handler", async () => {
  await using harness = new Harness();
  const response = await fetch(`${harness.url}/v2/library/alpine/manifests/3?ns=docker.io`);
  assert.equal(
    await response.text(),
    `GET ${harness.url}/v2/library/alpine/manifests/3?ns=docker.io`,
  );
  const { caller } = harness.calls[0]!;
  assert.deepEqual([caller.via, caller.registry], ["direct", undefined]);
  await caller.completed;
});

Deno.test("plain, other hosts get the request without what was for the proxy", async () => {
  await using server = origin();
  const host = `files.example:${server.port}`;
  await using harness = new Harness(settingsFor({ allowed_hosts: [host], allow_private: true }));
  harness.names["files.example"] = ["127.0.0.1"];
  using client = harness.client();
  const url = `http://${host}/a/b?c=d`;
  const response = await fetch(url, {
    client,
    method: "POST",
    body: "payload",
    headers: { "x-mine": "1", "proxy-authorization": "Basic eDp5", te: "trailers" },
  });
  assert.equal(response.headers.get("x-origin"), "yes");
  assert.equal(response.headers.get("keep-alive"), null);
  assert.match(response.headers.get("via") ?? "", /^1\.1 berth-/);
  const got = await response.json();
  assert.deepEqual([got.method, got.path, got.body], ["POST", "/a/b?c=d", "payload"]);
  assert.equal(got.headers["x-mine"], "1");
  assert.equal(got.headers.host, host);
  assert.match(got.headers.via, /^1\.1 berth-/);
  assert.equal(got.headers["proxy-authorization"], undefined);
  assert.equal(got.headers.te, undefined);
  assert.equal((await fetch(`http://${host}/empty`, { client })).status, 204);
  const head = await fetch(url, { client, method: "HEAD" });
  assert.equal(await head.text(), "");
});

Deno.test("plain, refused like a tunnel", async () => {
  await using harness = new Harness(
    settingsFor({ allowed_hosts: ["inner.example", "down.example"] }),
  );
  harness.names["inner.example"] = ["192.168.1.1"];
  using client = harness.client();
  const table: [string, number, RegExp][] = [
    ["http://evil.example/", 403, /add "evil\.example" to forward\.allowed_hosts/],
    ["http://quay.io:8080/", 403, /add "quay\.io:8080" to forward\.allowed_hosts/],
    ["http://inner.example/", 403, /set forward\.allow_private/],
    ["http://down.example/", 502, /down\.example cannot be resolved/],
  ];
  for (const [url, status, message] of table) {
    const response = await fetch(url, { client });
    assert.equal(response.status, status, url);
    assert.match(await response.text(), message);
    assert.match(harness.lines.at(-1)!, message);
  }
  assert.equal(harness.calls.length, 0);
  assert.equal(harness.proxy.refused().length, 4);
});

Deno.test("plain, sign-in where users are configured", async () => {
  const authenticate = (name: string, password: string) =>
    Promise.resolve(password === "right" ? name : undefined);
  await using harness = new Harness(settingsFor({}, { authenticate }));
  const status = async (password: string) => {
    const basicAuth = { username: "ann", password };
    using client = Deno.createHttpClient({ proxy: { url: harness.url, basicAuth } });
    const response = await fetch("http://plain.example:5000/v2/", { client });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status("wrong"), 407);
  assert.equal(await status("right"), 200);
  assert.equal(harness.calls[0]?.caller.user, "ann");
});

Deno.test("plain, through the proxy to the proxy itself, for its CA", async () => {
  const authority = await temporaryAuthority();
  await using harness = new Harness(settingsFor({}, { authority }));
  harness.names["berth.example"] = ["127.0.0.1"];
  using client = harness.client();
  const url = `http://berth.example:${harness.proxy.addr.port}/ca.crt`;
  const response = await fetch(url, { client });
  assert.equal(await response.text(), authority.pem);
});

Deno.test("plain, a circle of proxies is broken", async () => {
  await using harness = new Harness(
    settingsFor({ allowed_hosts: ["/.*:\\d+/"], allow_private: true }),
  );
  let via = "";
  await using server = origin();
  harness.names["files.example"] = ["127.0.0.1"];
  using client = harness.client();
  const url = `http://files.example:${server.port}/`;
  via = (await (await fetch(url, { client })).json()).headers.via;
  const again = await fetch(url, { client, headers: { via } });
  assert.equal(again.status, 403);
  assert.match(await again.text(), /leads back to this proxy/);
});

Deno.test("plain, through the proxy that this machine has to use", async () => {
  await using server = origin();
  const host = `files.example:${server.port}`;
  const settings = settingsFor({ allowed_hosts: [host], allow_private: true });
  await using outer = new Harness(settings);
  outer.names["files.example"] = ["127.0.0.1"];
  const parent = new URL(outer.url);
  await using harness = new Harness({ ...settings, parent: () => parent });
  using client = harness.client();
  const got = await (await fetch(`http://${host}/a`, { client })).json();
  assert.equal(got.path, "/a");
});

Deno.test("plain, malformed requests", async () => {
  await using harness = new Harness();
  const table: [string, RegExp][] = [
    [
      "GET https://quay.io/v2/ HTTP/1.1\r\nHost: quay.io\r\n",
      /https: hosts are reached by CONNECT/,
    ],
    ["GET http://%zz/ HTTP/1.1\r\nHost: x\r\n", /^HTTP\/1\.1 400 /],
    ["\u0001\u0002\u0003\r\n", /^HTTP\/1\.1 400 /],
    ["GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n", /^HTTP\/1\.1 400 /],
  ];
  for (const [request, expected] of table) {
    using wire = await harness.connection();
    await wire.send(`${request}Connection: close\r\n\r\n`);
    await wire.connection.closeWrite();
    assert.match(await wire.rest(), expected, request);
  }
});

Deno.test("plain, only from networks that are allowed, and not after too many guesses", async () => {
  await using outside = new Harness(
    settingsFor({}, { admits: (address) => address === "10.0.0.1" }),
  );
  await using guessed = new Harness(settingsFor({}, {
    authenticate: () => Promise.reject(new TooManyAttempts(5000)),
  }));
  const cases = [[outside, 403, /not in the networks/], [guessed, 429, /too many failed/]] as const;
  for (const [harness, status, message] of cases) {
    const basicAuth = { username: "ann", password: "right" };
    using client = Deno.createHttpClient({ proxy: { url: harness.url, basicAuth } });
    const response = await fetch("http://plain.example:5000/v2/", { client });
    assert.equal(response.status, status);
    assert.match(await response.text(), message);
    assert.equal(harness.calls.length, 0);
  }
});
