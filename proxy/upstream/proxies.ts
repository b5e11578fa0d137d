/** `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, as curl and Go read them. */
import ipaddr from "ipaddr.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy through which `url` is reached; undefined for none. Lower case wins; `HTTP_PROXY` in
 * upper case counts too, since nothing here runs as CGI.
 */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const scheme = url.protocol.slice(0, -1);
  const proxy = read(env, `${scheme}_proxy`) ?? read(env, "all_proxy");
  if (!proxy || bypassed(url, read(env, "no_proxy") ?? "")) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

function read(env: Environment, name: string): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}

/** Whether `no_proxy` names the host: `*`, names with their subdomains, addresses, CIDR, ports. */
function bypassed(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (host === "localhost" || host === "127.0.0.1" || host === "::1") return true;
  return list.split(/[\s,]+/).filter(Boolean).some((entry) => {
    if (entry === "*") return true;
    const match = /^(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(entry.toLowerCase());
    const name = match?.[1] ?? match?.[2] ?? "";
    if (match?.[3] !== undefined && match[3] !== port) return false;
    if (name.includes("/")) return inCidr(host, name);
    const domain = name.replace(/^\*?\./, "");
    return host === domain || host.endsWith(`.${domain}`);
  });
}

function inCidr(host: string, cidr: string): boolean {
  if (!ipaddr.isValid(host) || !ipaddr.isValidCIDR(cidr)) return false;
  const address = ipaddr.process(host);
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return address.kind() === network.kind() && address.match(network, bits);
}

/**
 * A copy of the process's environment, from which the proxy settings are then removed: Deno's `fetch`
 * reads them too, by rules of its own (it would send requests for loopback to a proxy), and only
 * {@linkcode proxyFor} is to decide. For `main.ts`, before the first request.
 */
export function takeEnvironment(env: Deno.Env): Environment {
  const copy = env.toObject();
  for (const name of ["http_proxy", "https_proxy", "all_proxy"]) {
    env.delete(name);
    env.delete(name.toUpperCase());
  }
  return copy;
}
