/** Addresses that only this machine reaches. */
import ipaddr from "ipaddr.js";

/** Whether `hostname`, of a `listen` key or a URL, can be reached from this machine alone. */
export function isLoopback(hostname: string): boolean {
  hostname = hostname.replace(/^\[|\]$/g, "");
  if (hostname.toLowerCase() === "localhost") return true;
  return ipaddr.isValid(hostname) && ipaddr.process(hostname).range() === "loopback";
}
