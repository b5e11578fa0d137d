/** Pebble, an ACME authority for tests, and the names that it looks up. */
import { join } from "node:path";
import { freePort } from "../../fake/ports.ts";
import { makeAuthority, makeServerCertificate } from "./certificates.ts";
import { start } from "./process.ts";
import { scratchDir } from "./scratch.ts";
import { answers } from "./wait.ts";

export interface Pebble extends AsyncDisposable {
  readonly directory: string;
  /** What its own certificate is signed by. */
  readonly caFile: string;
  /** The port at which it asks for challenges. */
  readonly httpPort: number;
  /** PEM of the authority whose certificates it issues. */
  root(): Promise<string>;
  /** Ends it; its files stay. */
  stop(): Promise<number>;
}

interface PebbleOptions {
  /** Of the certificates that it issues, in seconds. */
  life: number;
}

/** Starts Pebble, which finds each name below `berth.test` at 127.0.0.1 and no other one. */
export async function startPebble({ life }: PebbleOptions): Promise<Pebble> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await scratchDir("pebble")).path;
  const authority = await makeAuthority(dir);
  const { certFile, keyFile } = await makeServerCertificate(dir, authority);
  const [port, management, httpPort, tlsPort] = [freePort(), freePort(), freePort(), freePort()];
  const dns = stack.use(startDns());
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: certFile,
    privateKey: keyFile,
    httpPort,
    tlsPort,
    retryAfter: { authz: 1, order: 1 },
    keyAlgorithm: "ecdsa",
    profiles: { default: { description: "", validityPeriod: life } },
  };
  const config = join(dir, "pebble.json");
  await Deno.writeTextFile(config, JSON.stringify({ pebble }));
  const client = stack.adopt(
    Deno.createHttpClient({ caCerts: [await Deno.readTextFile(authority.certFile)] }),
    (it) => it.close(),
  );
  const directory = `https://127.0.0.1:${port}/dir`;
  const process = stack.use(
    await start("pebble", ["-config", config, "-dnsserver", `127.0.0.1:${dns.port}`], {
      env: { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" },
      ready: () => answers(directory, { client }),
    }),
  );
  const owned = stack.move();
  return {
    directory,
    caFile: authority.certFile,
    httpPort,
    async root() {
      return await (await fetch(`https://127.0.0.1:${management}/roots/0`, { client })).text();
    },
    stop: () => process.stop(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A name server on loopback (RFC 1035): an A record for names of `berth.test`, nothing else. */
function startDns(): { port: number } & Disposable {
  // Pebble asks by TCP, where each message has its length in front.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  void (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      converse(connection).catch(() => {}).finally(() => {
        if (connections.delete(connection)) connection.close();
      });
    }
  })();
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of connections) connection.close();
      connections.clear();
    },
  };
}

async function converse(connection: Deno.Conn): Promise<void> {
  let held = new Uint8Array();
  const buffer = new Uint8Array(1024);
  for (let count; (count = await connection.read(buffer)) !== null;) {
    held = new Uint8Array([...held, ...buffer.subarray(0, count)]);
    for (let length; held.length >= 2 + (length = held[0]! * 256 + held[1]!);) {
      const answer = reply(held.slice(2, 2 + length));
      await connection.write(new Uint8Array([answer.length >> 8, answer.length & 255, ...answer]));
      held = held.slice(2 + length);
    }
  }
}

const A = 1;

function reply(query: Uint8Array): Uint8Array {
  const view = new DataView(query.buffer, query.byteOffset, query.byteLength);
  const labels: string[] = [];
  let at = 12;
  for (let length = view.getUint8(at); length > 0; length = view.getUint8(at)) {
    labels.push(new TextDecoder().decode(query.subarray(at + 1, at + 1 + length)).toLowerCase());
    at += length + 1;
  }
  const type = view.getUint16(at + 1);
  const known = labels.slice(-2).join(".") === "berth.test";
  const answer = known && type === A ? [0xc0, 12, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1] : [];
  const question = query.subarray(12, at + 5);
  const header = [
    query[0]!,
    query[1]!,
    0x85,
    known ? 0x80 : 0x83,
    0,
    1,
    0,
    answer.length ? 1 : 0,
    0,
    0,
    0,
    0,
  ];
  return new Uint8Array([...header, ...question, ...answer]);
}
