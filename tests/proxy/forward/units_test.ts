import fc from "fast-check";
import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { LargeBuffers } from "../../../proxy/forward/tunnel/buffers.ts";
import { parseClientHello } from "../../../proxy/forward/intercept/client_hello.ts";

/** The first flight of a real client. */
async function clientHello(servername: string): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const stream = new Duplex({
    read: () => {},
    write: (chunk, _encoding, done) => {
      resolve(new Uint8Array(chunk));
      done();
    },
  });
  const socket = connect({ socket: stream, ...(servername ? { servername } : {}) });
  socket.on("error", () => {});
  const bytes = await promise;
  socket.destroy();
  return bytes;
}

Deno.test("parseClientHello, the name a real client asks for", async () => {
  const bytes = await clientHello("registry-1.docker.io");
  assert.deepEqual(parseClientHello(bytes), { kind: "hello", serverName: "registry-1.docker.io" });
  for (const length of [0, 1, 4, 5, 6, 20, bytes.length - 1]) {
    assert.deepEqual(parseClientHello(bytes.subarray(0, length)), { kind: "partial" }, `${length}`);
  }
});

Deno.test("parseClientHello, in several records", async () => {
  const bytes = await clientHello("docker.io");
  const message = bytes.subarray(5);
  const records: number[] = [];
  for (let at = 0; at < message.length; at += 50) {
    const part = message.subarray(at, at + 50);
    records.push(22, 3, 1, part.length >> 8, part.length & 255, ...part);
  }
  const split = new Uint8Array(records);
  assert.deepEqual(parseClientHello(split), { kind: "hello", serverName: "docker.io" });
});

Deno.test("parseClientHello, what is not TLS", () => {
  const others = ["GET / HTTP/1.1", "SSH-2.0-x", "\u0016\u0002", "\u0016\u0003\u0001\u0000\u0000"];
  for (const text of others) {
    const bytes = new TextEncoder().encode(text);
    assert.deepEqual(parseClientHello(bytes), { kind: "other" }, text);
  }
  const endless = new Uint8Array([22, 3, 1, 0, 4, 1, 255, 255, 255]);
  assert.deepEqual(parseClientHello(endless), { kind: "other" });
});

Deno.test("parseClientHello, never throws, whatever the bytes", async () => {
  const bytes = await clientHello("docker.io");
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 8 }),
    (changes) => {
      const changed = bytes.slice();
      for (const [at, value] of changes) changed[at] = value;
      assert.match(parseClientHello(changed).kind, /^(partial|other|hello)$/);
    },
  ));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (random) => {
    assert.match(parseClientHello(random).kind, /^(partial|other|hello)$/);
    parseClientHello(new Uint8Array([22, 3, 1, 1, 0, 1, 0, 0, 200, ...random]));
  }));
});

Deno.test("LargeBuffers, no more than the limit, and used again", () => {
  const buffers = new LargeBuffers(1024, 2);
  const first = buffers.take()!;
  assert.equal(first.length, 1024);
  assert.ok(buffers.take());
  assert.equal(buffers.take(), undefined);
  buffers.give(first);
  assert.equal(buffers.take(), first);
});
