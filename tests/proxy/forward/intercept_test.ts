import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import type { Authority } from "../../../proxy/forward/intercept/ca.ts";
import { InnerServer } from "../../../proxy/forward/http/inner_server.ts";
import { HOLDS } from "../../../proxy/http/listen.ts";
import { Harness, settingsFor, temporaryAuthority, Wire } from "./harness.ts";

const authority = await temporaryAuthority();

/** Asks through a tunnel over TLS by hand. */
async function ask(wire: Wire, host: string, ca: Authority, request: string): Promise<string> {
  const tls = await Deno.startTls(wire.connection, { hostname: host, caCerts: [ca.pem] });
  try {
    await tls.write(new TextEncoder().encode(request));
    return await new Response(tls.readable).text();
  } catch (error) {
    tls.close();
    throw error;
  }
}

Deno.test("interception, requests reach the handler with host, registry and real client", async () => {
  for (const http2 of [true, false]) {
    await using harness = new Harness(settingsFor({}, { authority }));
    using client = harness.client(authority, { http2 });
    const response = await fetch("https://docker.io/v2/?a=b", { client });
    assert.equal(await response.text(), "GET https://docker.io/v2/?a=b");
    const [{ caller } = assert.fail()] = harness.calls;
    assert.deepEqual({ ...caller, completed: undefined }, {
      peer: "127.0.0.1",
      completed: undefined,
      via: "intercept",
      holds: HOLDS,
      registry: "docker",
      user: "",
    });
    const [tunnel] = harness.proxy.tunnels();
    assert.equal(`${tunnel?.kind} ${tunnel?.host}`, "interception docker.io");
    assert.ok(tunnel!.up > 0 && tunnel!.down > 0);
  }
});

Deno.test("interception, HTTP/1.1 is all that is offered: HTTP/2 costs nearly twice as much", async () => {
  await using harness = new Harness(settingsFor({}, { authority }));
  using wire = await harness.connection();
  await wire.connect("docker.io:443");
  using tls = await Deno.startTls(wire.connection, {
    hostname: "docker.io",
    caCerts: [authority.pem],
    alpnProtocols: ["h2", "http/1.1"],
  });
  assert.equal((await tls.handshake()).alpnProtocol, "http/1.1");
});

Deno.test("interception, bodies stream in both directions", async () => {
  const size = 8 * 2 ** 20;
  await using harness = new Harness({
    ...settingsFor({}, { authority }),
    handler: (request) => Promise.resolve(new Response(request.body)),
  });
  using client = harness.client(authority);
  const body = crypto.getRandomValues(new Uint8Array(65536));
  const all = new Uint8Array(size);
  for (let at = 0; at < size; at += body.length) all.set(body, at);
  const response = await fetch("https://docker.io/v2/x", { method: "POST", body: all, client });
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), all);
});

Deno.test("interception, one certificate a host, renewed before it ends", async () => {
  await using harness = new Harness(settingsFor({}, { authority }));
  const serial = async () => {
    using wire = await harness.connection();
    await wire.connect("docker.io:443");
    return await serialOf(wire);
  };
  const [first, second] = await Promise.all([serial(), serial()]);
  assert.equal(first, second);
  await harness.clock.advance(4 * 86_400_000);
  assert.equal(await serial(), first);
  await harness.clock.advance(86_400_000);
  assert.notEqual(await serial(), first);
});

/** The serial number of the certificate that the server shows. */
async function serialOf(wire: Wire): Promise<string> {
  const { readable, writable } = wire.connection;
  const stream = Duplex.fromWeb({ readable, writable } as never);
  const socket = connect({ socket: stream, servername: "docker.io", rejectUnauthorized: false });
  await new Promise((resolve, reject) =>
    socket.once("secureConnect", resolve).once("error", reject)
  );
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

Deno.test("interception, hosts outside forward.intercept are tunnelled or refused", async () => {
  await using harness = new Harness(settingsFor({}, { authority }));
  harness.names["quay.io"] = [];
  using wire = await harness.connection();
  await wire.send("CONNECT quay.io:443 HTTP/1.1\r\n\r\n");
  assert.match(await wire.rest(), /^HTTP\/1\.1 502 [^]*quay\.io has no address/);
});

Deno.test("interception, another name in TLS than in CONNECT ends with an alert", async () => {
  await using harness = new Harness(settingsFor({}, { authority }));
  using wire = await harness.connection();
  await wire.connect("docker.io:443");
  await assert.rejects(ask(wire, "quay.io", authority, ""), /fatal alert: UnrecognisedName/);
  assert.match(harness.lines.at(-1)!, /docker\.io:443, 127\.0\.0\.1: .*"quay\.io" in TLS/);
  assert.equal(harness.calls.length, 0);
});

Deno.test("interception, another Host than the connection's is a 421", async () => {
  await using harness = new Harness(settingsFor({}, { authority }));
  using wire = await harness.connection();
  await wire.connect("docker.io:443");
  const request = "GET /v2/ HTTP/1.1\r\nHost: quay.io\r\nConnection: close\r\n\r\n";
  assert.match(await ask(wire, "docker.io", authority, request), /^HTTP\/1\.1 421 /);
  assert.equal(harness.calls.length, 0);
});

Deno.test("interception, plain bytes where TLS should come", async () => {
  await using harness = new Harness(settingsFor({}, { authority }));
  using wire = await harness.connection();
  await wire.connect("docker.io:443");
  await wire.send("GET /v2/ HTTP/1.1\r\nHost: docker.io\r\n\r\n");
  assert.match(await wire.rest(), /^HTTP\/1\.1 400 [^]*expected TLS/);
  assert.match(harness.lines.at(-1)!, /expected TLS, found plain bytes/);
});

Deno.test("interception, a client that says nothing is let go", async () => {
  const limits = { handshakeTimeout: 5000 };
  await using harness = new Harness({ ...settingsFor({}, { authority }), limits });
  using wire = await harness.connection();
  await wire.connect("docker.io:443");
  await wire.send(new Uint8Array([22, 3, 1]));
  await harness.clock.advance(100);
  await harness.clock.advance(5000);
  await assert.doesNotReject(
    wire.rest().catch((error) => {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }),
  );
  assert.match(harness.lines.at(-1)!, /no TLS handshake came in time/);
});

Deno.test("InnerServer, serves nobody but who was announced", async () => {
  const server = new InnerServer<string>((_, visitor) => Promise.resolve(new Response(visitor)));
  const direct = await fetch(`http://127.0.0.1:${server.port}/v2/`);
  assert.equal(direct.status, 403);
  assert.equal(await direct.text(), "");
  const { connection, leave } = await server.connect("ann");
  using wire = new Wire(connection);
  const request = "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n";
  await wire.send(request);
  assert.match(await wire.until("ann"), /^HTTP\/1\.1 200 [^]*ann$/);
  leave();
  await wire.send(request);
  assert.match(await wire.until("\r\n\r\n"), /^HTTP\/1\.1 403 /);
  wire[Symbol.dispose]();
  await server.close();
});

Deno.test("interception, a host that the CA may not sign for is tunnelled, with a warning", async () => {
  const narrow = await temporaryAuthority(["docker.io"]);
  const settings = settingsFor({ intercept: ["docker", "quay"] }, { authority: narrow });
  await using harness = new Harness(settings);
  assert.deepEqual(harness.lines.filter((line) => line.includes("quay.io")).length, 1);
  assert.match(harness.lines[0]!, /quay\.io is tunnelled, not intercepted: the CA may not sign/);
  harness.names["quay.io"] = [];
  using wire = await harness.connection();
  await wire.send("CONNECT quay.io:443 HTTP/1.1\r\n\r\n");
  assert.match(await wire.rest(), /502 [^]*has no address/);
});

Deno.test("interception, new settings are for new connections", async () => {
  const other = await temporaryAuthority();
  await using harness = new Harness(settingsFor({}, { authority }));
  const body = async (url: string, ca: Authority) => {
    using client = harness.client(ca);
    return await (await fetch(url, { client })).text();
  };
  assert.equal(await body("https://docker.io/v2/", authority), "GET https://docker.io/v2/");
  await assert.rejects(body("https://quay.io/v2/", authority));
  assert.equal(harness.proxy.refused()[0]?.host, "quay.io");
  harness.proxy.reconfigure(settingsFor({ intercept: ["quay"] }, { authority: other }));
  assert.equal(await body("https://quay.io/v2/", other), "GET https://quay.io/v2/");
  assert.deepEqual(harness.proxy.refused(), [], "what is allowed by now is no longer listed");
});

Deno.test("interception, at debug requests and answers are told without their secrets", async () => {
  await using harness = new Harness({
    ...settingsFor({}, { authority, trace: true }),
    handler: () => Promise.resolve(new Response("x", { headers: { "set-cookie": "id=s3cret" } })),
  });
  using client = harness.client(authority);
  const headers = { authorization: "Bearer s3cret", accept: "text/plain" };
  const url = "https://docker.io/token?scope=a&access_token=s3cret";
  await (await fetch(url, { client, headers })).text();
  const lines = harness.lines.filter((line) => /^127\.0\.0\.1 docker\.io:443 [<>]/.test(line));
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, /> GET https:\/\/docker\.io\/token\?scope=a&access_token=… /);
  assert.match(lines[0]!, /accept: text\/plain/);
  assert.match(lines[0]!, /authorization: Bearer …/);
  assert.match(lines[1]!, /< 200 .*set-cookie: …/);
  assert.doesNotMatch(harness.lines.join("\n"), /s3cret/);
});
