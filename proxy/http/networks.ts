/** From where the proxy may be used at all. */
import { inNetworks, parseNetworks } from "./origin.ts";

/** Whether a client may come from `address`; everybody may where `allowed_networks` is empty. */
export type Admits = (address: string) => boolean;

/** The rule of `allowed_networks`. */
export function networkRule(allowed: string[]): Admits {
  const networks = parseNetworks(allowed);
  return networks.length === 0 ? () => true : (address) => inNetworks(address, networks);
}
