import assert from "node:assert/strict";
import { Harness, settingsFor, TcpServer } from "./harness.ts";

/** Sends back what it gets, then says that it is done. */
const echo = () =>
  new TcpServer(async (wire) => {
    const text = await wire.rest();
    await wire.send(`echo ${text}`);
    await wire.connection.closeWrite();
  });

Deno.test("tunnel, both ways with half-close, counted and listed", async () => {
  await using server = echo();
  const allowed_hosts = [`files.example:${server.port}`];
  await using harness = new Harness(settingsFor({ allowed_hosts, allow_private: true }));
  harness.names["files.example"] = ["127.0.0.1"];
  using wire = await harness.connection();
  const head = await wire.connect(`files.example:${server.port}`);
  assert.match(head, /^HTTP\/1\.1 200 /);
  const [tunnel] = harness.proxy.tunnels();
  assert.deepEqual(
    { ...tunnel, id: 0, since: 0 },
    {
      id: 0,
      kind: "tunnel",
      host: "files.example",
      port: server.port,
      client: "127.0.0.1",
      user: "",
      since: 0,
      up: 0,
      down: 0,
    },
  );
  await wire.send("hello");
  await wire.connection.closeWrite();
  assert.equal(await wire.rest(), "echo hello");
  await harness.proxy.close(1000);
  assert.deepEqual(harness.proxy.tunnels(), []);
  const closed = harness.events.find((event) => event.kind === "closed");
  assert.ok(closed?.kind === "closed");
  assert.deepEqual([closed.end, closed.tunnel.up, closed.tunnel.down], ["closed", 5, 10]);
});

Deno.test("tunnel, bytes sent along with CONNECT are not lost", async () => {
  await using server = echo();
  const allowed_hosts = [`files.example:${server.port}`];
  await using harness = new Harness(settingsFor({ allowed_hosts, allow_private: true }));
  harness.names["files.example"] = ["127.0.0.1"];
  using wire = await harness.connection();
  await wire.send(`CONNECT files.example:${server.port} HTTP/1.1\r\n\r\nearly`);
  await wire.until("\r\n\r\n");
  await wire.connection.closeWrite();
  assert.equal(await wire.rest(), "echo early");
});

Deno.test("tunnel, refused with a message that names host and key", async () => {
  await using harness = new Harness(
    settingsFor({ allowed_hosts: ["inner.example", "gone.example"] }),
  );
  harness.names["inner.example"] = ["10.0.0.7"];
  const table: [string, number, RegExp][] = [
    [
      "evil.example:443",
      403,
      /evil\.example:443 is not an allowed host: add "evil\.example" to forward\.allowed_hosts/,
    ],
    ["evil.example:22", 403, /add "evil\.example:22" to forward\.allowed_hosts/],
    [
      "quay.io:22",
      403,
      /port 22 of quay\.io is not allowed: add "quay\.io:22" to forward\.allowed_hosts/,
    ],
    [
      "inner.example:443",
      403,
      /inner\.example has the address 10\.0\.0\.7, which is not public: set forward\.allow_private/,
    ],
    ["gone.example:443", 502, /gone\.example cannot be resolved/],
    ["nonsense", 400, /expected CONNECT host:port/],
    ["a@b:443", 400, /expected CONNECT host:port/],
  ];
  for (const [target, status, message] of table) {
    using wire = await harness.connection();
    await wire.send(`CONNECT ${target} HTTP/1.1\r\n\r\n`);
    const answer = await wire.rest();
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), target);
    assert.match(answer, message, target);
    assert.match(harness.lines.at(-1)!, message, target);
  }
  const listed = harness.proxy.refused().map((
    { host, port, reason, count },
  ) => [host, port, reason, count]);
  assert.deepEqual(listed[0], ["gone.example", 443, "unresolved", 1]);
  assert.equal(listed.length, 5);
});

Deno.test("tunnel, malformed heads get a 400 and the rest goes on", async () => {
  await using harness = new Harness();
  const heads = [
    "CONNECT  HTTP/1.1\r\n\r\n",
    "CONNECT quay.io:443\r\n\r\n",
    "CONNECT quay.io:443 HTTP/2.0\r\n\r\n",
    "CONNECT quay.io:443 HTTP/1.1\r\nno colon\r\n\r\n",
    "CONNECT quay.io:443 HTTP/1.1\r\nx y: z\r\n\r\n",
    "CONNECT quay.io:99999 HTTP/1.1\r\n\r\n",
    `CONNECT quay.io:443 HTTP/1.1\r\nx: ${"y".repeat(70_000)}`,
  ];
  for (const head of heads) {
    using wire = await harness.connection();
    await wire.send(head);
    assert.match(await wire.rest(), /^HTTP\/1\.1 400 /, head.slice(0, 60));
  }
});

Deno.test("tunnel, one that leads back here is refused", async () => {
  const allowed_hosts = ["/.*/", "/.*:\\d+/"];
  await using harness = new Harness({
    ...settingsFor({ allowed_hosts, allow_private: true }),
    ownPorts: () => [8080],
  });
  harness.names["berth.example"] = ["127.0.0.1"];
  const { port } = harness.proxy.addr;
  for (
    const target of [`127.0.0.1:${port}`, `berth.example:${port}`, "0.0.0.0:8080", "[::1]:8080"]
  ) {
    using wire = await harness.connection();
    await wire.send(`CONNECT ${target} HTTP/1.1\r\n\r\n`);
    assert.match(await wire.rest(), /403 Forbidden[^]*leads back to this proxy/, target);
  }
});

Deno.test("tunnel, the next address when one does not answer", async () => {
  await using server = echo();
  const allowed_hosts = [`two.example:${server.port}`];
  await using harness = new Harness(settingsFor({ allowed_hosts, allow_private: true }));
  harness.names["two.example"] = ["::1", "127.0.0.1"];
  using wire = await harness.connection();
  assert.match(await wire.connect(`two.example:${server.port}`), /^HTTP\/1\.1 200 /);
});

Deno.test("tunnel, sign-in by Proxy-Authorization", async () => {
  await using server = echo();
  const allowed_hosts = [`files.example:${server.port}`];
  const asked: string[][] = [];
  const settings = settingsFor({ allowed_hosts, allow_private: true }, {
    authenticate: (...args) => {
      asked.push(args);
      return Promise.resolve(args[1] === "right" ? args[0] : undefined);
    },
  });
  await using harness = new Harness(settings);
  harness.names["files.example"] = ["127.0.0.1"];
  const target = `files.example:${server.port}`;
  for (const credentials of ["", "Basic !!!", `Basic ${btoa("ann:wrong")}`, "Bearer x"]) {
    using wire = await harness.connection();
    const header = credentials ? `Proxy-Authorization: ${credentials}\r\n` : "";
    const answer = await wire.connect(target, header);
    assert.match(answer, /^HTTP\/1\.1 407 [^]*proxy-authenticate: Basic realm="Berth"/);
  }
  using wire = await harness.connection();
  const header = `Proxy-Authorization: Basic ${btoa("ann:right")}\r\n`;
  assert.match(await wire.connect(target, header), /^HTTP\/1\.1 200 /);
  assert.equal(harness.proxy.tunnels()[0]?.user, "ann");
  assert.deepEqual(harness.proxy.refused(), [], "it is the client that was refused, not the host");
  assert.deepEqual(asked, [["ann", "wrong", "127.0.0.1"], ["ann", "right", "127.0.0.1"]]);
});

Deno.test("tunnel, through the proxy that this machine has to use", async () => {
  await using server = echo();
  const target = `files.example:${server.port}`;
  const settings = settingsFor({ allowed_hosts: [target], allow_private: true });
  await using outer = new Harness(settings);
  outer.names["files.example"] = ["127.0.0.1"];
  const parent = new URL(outer.url);
  await using harness = new Harness({ ...settings, parent: () => parent });
  using wire = await harness.connection();
  assert.match(await wire.connect(target), /^HTTP\/1\.1 200 /);
  await wire.send("hello");
  await wire.connection.closeWrite();
  assert.equal(await wire.rest(), "echo hello", "no name had to be resolved here");
});

Deno.test("tunnel, a parent proxy that does not agree", async () => {
  await using outer = new Harness();
  const table: [string, RegExp][] = [
    [outer.url, /through the proxy 127\.0\.0\.1:\d+: it answered 403/],
    ["socks5://127.0.0.1:1080", /tunnels cannot go through a socks5:\/\/ proxy/],
  ];
  for (const [parent, message] of table) {
    const settings = settingsFor({ allowed_hosts: ["files.example"] });
    await using harness = new Harness({ ...settings, parent: () => new URL(parent) });
    using wire = await harness.connection();
    await wire.send("CONNECT files.example:443 HTTP/1.1\r\n\r\n");
    const answer = await wire.rest();
    assert.match(answer, /^HTTP\/1\.1 502 /);
    assert.match(answer, message);
  }
});

Deno.test("tunnel, credentials for the parent proxy are sent to it", async () => {
  const heads: string[] = [];
  await using parent = new TcpServer(async (wire) => {
    heads.push(await wire.until("\r\n\r\n"));
    await wire.send("HTTP/1.1 200 OK\r\n\r\nfirst words");
    await wire.connection.closeWrite();
    await wire.rest();
  });
  const url = new URL(`http://ann:p%40ss@127.0.0.1:${parent.port}`);
  const settings = settingsFor({ allowed_hosts: ["files.example"] });
  await using harness = new Harness({ ...settings, parent: () => url });
  using wire = await harness.connection();
  await wire.send("CONNECT files.example:443 HTTP/1.1\r\n\r\n");
  assert.match(await wire.until("words"), /200 Connection established\r\n\r\nfirst words$/);
  assert.ok(heads[0]?.includes(`Proxy-Authorization: Basic ${btoa("ann:p@ss")}\r\n`));
});

Deno.test("tunnel, closed when nothing moves for the idle timeout", async () => {
  await using server = new TcpServer(async (wire) => void await wire.rest());
  const allowed_hosts = [`files.example:${server.port}`];
  const settings = settingsFor({ allowed_hosts, allow_private: true }, { idleTimeout: 60_000 });
  await using harness = new Harness(settings);
  harness.names["files.example"] = ["127.0.0.1"];
  using wire = await harness.connection();
  await wire.connect(`files.example:${server.port}`);
  await harness.clock.advance(59_000);
  assert.equal(harness.proxy.tunnels().length, 1);
  await harness.clock.advance(2_000);
  assert.equal(await wire.rest(), "");
  assert.match(harness.lines.at(-1)!, /^tunnel to files\.example:\d+ idle: 0 bytes up, 0 down/);
});

Deno.test("tunnel, a client that never finishes its request is sent away", async () => {
  await using harness = new Harness({ limits: { headerTimeout: 5000 } });
  using wire = await harness.connection();
  await wire.send("CONNECT quay.io:443 HTTP/1.1\r\nx: y");
  await harness.clock.advance(100);
  await harness.clock.advance(5001);
  assert.match(await wire.rest(), /^HTTP\/1\.1 408 /);
});

Deno.test("tunnel, no more connections than the limit, and one line of log about it", async () => {
  await using harness = new Harness({ limits: { connections: 2 } });
  using first = await harness.connection();
  using second = await harness.connection();
  for (let i = 0; i < 3; i++) {
    using third = await harness.connection();
    assert.match(await third.rest(), /^HTTP\/1\.1 503 [^]*retry-after/);
  }
  assert.equal(harness.lines.filter((line) => line.includes("turns clients away")).length, 1);
  for (const wire of [first, second]) {
    await wire.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.match(await wire.rest(), /^HTTP\/1\.1 200 /);
  }
});

Deno.test("tunnel, who reads slowly slows the sender down", async () => {
  const total = 64 * 2 ** 20;
  let sent = 0;
  await using server = new TcpServer(async (wire) => {
    const chunk = new Uint8Array(2 ** 20);
    try {
      for (; sent < total; sent += chunk.length) await wire.send(chunk);
    } catch {
      // The client hung up in the middle, as it should.
    }
  });
  const allowed_hosts = [`files.example:${server.port}`];
  await using harness = new Harness(settingsFor({ allowed_hosts, allow_private: true }));
  harness.names["files.example"] = ["127.0.0.1"];
  using wire = await harness.connection();
  await wire.connect(`files.example:${server.port}`);
  let before = -1;
  // Sockets' buffers fill, then nothing moves any more.
  while (before !== sent || sent === 0) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(sent < total, `${sent} bytes were taken from the sender`);
});
