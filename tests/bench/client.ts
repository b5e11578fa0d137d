/**
 * The load client for large bodies: `client.ts PLAN`, a `Plan` in JSON. Every client makes its
 * transfers one after another, each over a plain TCP connection of its own, and throws the bytes
 * away: that is as fast as curl, and starts a thousand clients in the same moment. Prints what it saw
 * as a JSON array of `Transfer`.
 */

export interface Plan {
  clients: number;
  /** A client takes the one at its own index, the first ones again where there are fewer. */
  requests: { url: string; /** First and last byte. */ range?: [number, number] }[];
  /** Transfers of each client; `seconds` instead: again and again until then. */
  times?: number;
  seconds?: number;
  /** Bytes a second at which each client reads; as fast as it can when left out. */
  rate?: number;
}

export interface Transfer {
  status: number;
  /** Length of the body that arrived. */
  bytes: number;
  /** Milliseconds from the start of the run: the first byte of the body, its last byte. */
  firstByte: number;
  end: number;
}

const HEADER_END = "\r\n\r\n";
/** Milliseconds between the reads of a client that is slow on purpose. */
const PACE = 125;

/** Clients share this one: what lands in it is never looked at. */
const drain = new Uint8Array(4 << 20);

async function transfer(
  { url: text, range }: Plan["requests"][number],
  started: number,
  rate: number | undefined,
): Promise<Transfer> {
  const url = new URL(text);
  using connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  const fields = range ? `Range: bytes=${range[0]}-${range[1]}\r\n` : "";
  const request =
    `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n${fields}Connection: close\r\n\r\n`;
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
  const piece = rate ? drain.subarray(0, rate * PACE / 1000) : drain;
  const began = performance.now();
  for (let read; (read = await connection.read(piece)) !== null;) {
    firstByte ??= performance.now() - started;
    bytes += read;
    if (rate) await until(began + bytes / rate * 1000);
  }
  const end = performance.now() - started;
  return { status: Number(head.split(" ")[1]), bytes, firstByte: firstByte ?? end, end };
}

async function until(time: number): Promise<void> {
  const left = time - performance.now();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
}

async function client(index: number, plan: Plan, started: number): Promise<Transfer[]> {
  const request = plan.requests[index % plan.requests.length]!;
  const end = plan.seconds === undefined ? 0 : started + plan.seconds * 1000;
  const seen: Transfer[] = [];
  do seen.push(await transfer(request, started, plan.rate)); while (
    plan.seconds === undefined ? seen.length < (plan.times ?? 1) : performance.now() < end
  );
  return seen;
}

if (import.meta.main) {
  const plan = JSON.parse(Deno.args[0]!) as Plan;
  const started = performance.now();
  const clients = Array.from({ length: plan.clients }, (_, i) => client(i, plan, started));
  const seen = (await Promise.all(clients)).flat();
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(seen)));
}
