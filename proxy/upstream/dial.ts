/** Names and bare connections, apart from HTTP. */
import { lookup as osLookup } from "node:dns/promises";
import { connect } from "node:net";

/** All addresses of a host name; an address is its own. Rejects where there are none. */
export type Lookup = (hostname: string) => Promise<string[]>;

/** The operating system's resolver, which is also what `fetch` asks. */
export const systemLookup: Lookup = async (hostname) => {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return (await osLookup(bare, { all: true })).map(({ address }) => address);
};

/** Opens a TCP connection and closes it; rejects where there is none or `signal` aborts. */
export type Dial = (hostname: string, port: number, signal: AbortSignal) => Promise<void>;

export const systemDial: Dial = (hostname, port, signal) => {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port });
    const abort = () => void socket.destroy(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("connect", () => {
      resolve();
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => {
      signal.removeEventListener("abort", abort);
      reject(new Error("connection closed"));
    });
  });
};
