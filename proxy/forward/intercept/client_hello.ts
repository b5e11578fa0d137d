/** The first flight of TLS, just far enough to see which server the client means (RFC 8446, 4.1.2). */

type Hello =
  /** More bytes are needed to tell. */
  | { kind: "partial" }
  /** These are not the first bytes of TLS. */
  | { kind: "other" }
  | { kind: "hello"; serverName: string | undefined };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const RECORD_HEADER = 5;
const MAX_RECORD = 2 ** 14;
/** Post-quantum key shares make hellos of about 2 KB; this is where patience ends. */
const MAX_HELLO = 2 ** 15;

/** `unrecognized_name`, fatal, as a TLS alert record (RFC 6066, 3). */
export const UNRECOGNIZED_NAME = new Uint8Array([21, 3, 1, 0, 2, 2, 112]);

/** Reads `bytes`, all that the client sent so far, as a ClientHello. */
export function parseClientHello(bytes: Uint8Array): Hello {
  const joined = joinRecords(bytes);
  if (joined === "partial" || joined === "other") return { kind: joined };
  try {
    return { kind: "hello", serverName: serverName(joined) };
  } catch (error) {
    if (error instanceof RangeError) return { kind: "other" };
    throw error;
  }
}

/** The handshake message, which may lie in several records. */
function joinRecords(bytes: Uint8Array): Uint8Array | "partial" | "other" {
  const parts: number[] = [];
  for (let at = 0;;) {
    const record = bytes.subarray(at);
    if (record.length > 0 && record[0] !== HANDSHAKE) return "other";
    if (record.length > 1 && record[1] !== 3) return "other";
    if (record.length < RECORD_HEADER) return "partial";
    const size = (record[3]! << 8) | record[4]!;
    if (size === 0 || size > MAX_RECORD) return "other";
    parts.push(...record.subarray(RECORD_HEADER, RECORD_HEADER + size));
    if (parts[0] !== undefined && parts[0] !== CLIENT_HELLO) return "other";
    if (parts.length >= 4) {
      const total = 4 + (parts[1]! << 16 | parts[2]! << 8 | parts[3]!);
      if (total > MAX_HELLO) return "other";
      if (parts.length >= total) return new Uint8Array(parts.slice(4, total));
    }
    if (record.length < RECORD_HEADER + size) return "partial";
    at += RECORD_HEADER + size;
  }
}

/** The host name of the `server_name` extension, lower case. Throws RangeError on nonsense. */
function serverName(hello: Uint8Array): string | undefined {
  const reader = new Reader(hello);
  reader.skip(2 + 32); // version, random
  reader.skip(reader.u8()); // session id
  reader.skip(reader.u16()); // cipher suites
  reader.skip(reader.u8()); // compression methods
  if (reader.left === 0) return undefined;
  const extensions = reader.sub(reader.u16());
  while (extensions.left > 0) {
    const type = extensions.u16();
    const body = extensions.sub(extensions.u16());
    if (type !== SERVER_NAME) continue;
    const names = body.sub(body.u16());
    while (names.left > 0) {
      const isHost = names.u8() === 0;
      const name = names.sub(names.u16()).text();
      if (isHost) return name.toLowerCase().replace(/\.$/, "");
    }
  }
  return undefined;
}

class Reader {
  #at = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#view.byteLength - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#forward(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#forward(2));
  }

  skip(size: number): void {
    this.#forward(size);
  }

  sub(size: number): Reader {
    const from = this.#forward(size);
    return new Reader(new Uint8Array(this.#view.buffer, this.#view.byteOffset + from, size));
  }

  text(): string {
    return new TextDecoder("latin1").decode(this.#view);
  }

  #forward(size: number): number {
    const from = this.#at;
    if (size > this.left) throw new RangeError("the ClientHello ends too early");
    this.#at += size;
    return from;
  }
}
