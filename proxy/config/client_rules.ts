/** Rules about clients: what they are called. */
import type { Config } from "./schema.ts";
import type { Violation } from "./violation.ts";

/** A name is believed only where somebody is known who may say it. */
export function* clients({ clients, trusted_proxies }: Config): Generator<Violation> {
  if (clients.name_header === "" || trusted_proxies.length > 0) return;
  const message = "expected trusted_proxies with it, the addresses of those that send it";
  yield { path: ["clients", "name_header"], message };
}
