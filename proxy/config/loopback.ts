/** Addresses that only this machine reaches. */
import ipaddr from "ipaddr.js";

/** Whether `hostname`, as written in a `listen` key, can be reached from this machine alone. */
export function isLoopback(hostname: string): boolean {
  if (hostname.toLowerCase() === "localhost") return true;
  return ipaddr.isValid(hostname) && ipaddr.process(hostname).range() === "loopback";
}
