/** A connection as a pair of byte streams. */

/** What moves bytes; a `Deno.TcpConn` does. */
export interface Duplex {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
}

/** Closes a connection that may be closed already. */
export function hangUp(connection: Pick<Duplex, "close">): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** Writes all of `bytes`; a connection may take them in parts. */
export async function writeAll(to: Duplex, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await to.write(bytes.subarray(done));
}
