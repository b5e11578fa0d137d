/**
 * The load client for large bodies: `client.ts CLIENTS TRANSFERS URL…`. Every client makes its
 * transfers one after another, each over a plain TCP connection of its own, and throws the bytes
 * away: that is as fast as curl, and starts fifty clients in the same millisecond. Prints what it saw
 * as a JSON array of `Transfer`.
 */

export interface Transfer {
  status: number;
  /** Length of the body that arrived. */
  bytes: number;
  /** Milliseconds from the start of the run: the first byte of the body, its last byte. */
  firstByte: number;
  end: number;
}

const HEADER_END = "\r\n\r\n";

/** Clients share this one: what lands in it is never looked at. */
const drain = new Uint8Array(4 << 20);

async function transfer(url: URL, started: number): Promise<Transfer> {
  using connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  const request = `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));

  let head = "";
  const buffer = new Uint8Array(16 << 10);
  while (!head.includes(HEADER_END)) {
    const read = await connection.read(buffer);
    if (read === null) throw new Error(`${url}: closed within the header`);
    for (let i = 0; i < read; i++) head += String.fromCharCode(buffer[i]!);
  }
  let bytes = head.length - head.indexOf(HEADER_END) - HEADER_END.length;
  let firstByte = bytes > 0 ? performance.now() - started : undefined;
  for (let read; (read = await connection.read(drain)) !== null;) {
    firstByte ??= performance.now() - started;
    bytes += read;
  }
  const end = performance.now() - started;
  return { status: Number(head.split(" ")[1]), bytes, firstByte: firstByte ?? end, end };
}

if (import.meta.main) {
  const [clients, transfers, ...urls] = Deno.args;
  const started = performance.now();
  const all = Array.from({ length: Number(clients) }, async (_, client) => {
    const url = new URL(urls[client % urls.length]!);
    const seen: Transfer[] = [];
    for (let i = 0; i < Number(transfers); i++) seen.push(await transfer(url, started));
    return seen;
  });
  const seen = (await Promise.all(all)).flat();
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(seen)));
}
