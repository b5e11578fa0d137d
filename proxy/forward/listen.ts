/** The listener of the forward port. */
import { parseListen } from "../config/schema.ts";
import { listenError } from "../http/listen.ts";

/** Listens at `address`; an empty host is every address, IPv4 alone where there is no IPv6. Throws `ListenError`. */
export function listen(address: string): Deno.TcpListener {
  const { hostname, port } = parseListen(address)!;
  try {
    return Deno.listen({ hostname: hostname || "::", port });
  } catch (error) {
    if (hostname !== "" || error instanceof Deno.errors.AddrInUse) {
      throw listenError(error, address, false);
    }
    return Deno.listen({ hostname: "0.0.0.0", port });
  }
}
