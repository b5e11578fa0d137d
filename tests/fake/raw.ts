/** Requests that no HTTP library would send. */

/** Sends `request` to `host:port` as it is and returns everything that comes back. */
export async function raw(host: string, request: string): Promise<string> {
  const [hostname, port] = host.split(":");
  const socket = await Deno.connect({ hostname: hostname!, port: Number(port) });
  const decoder = new TextDecoder();
  let text = "";
  try {
    await socket.write(new TextEncoder().encode(request));
    for await (const chunk of socket.readable) text += decoder.decode(chunk);
  } catch {
    // A server that has heard enough resets the connection; what it said before that counts.
  }
  return text;
}
