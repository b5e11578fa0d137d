/** `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, as curl and Go read them. */
import ipaddr from "ipaddr.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy through which `url` is reached; undefined for none. Lower case wins; `HTTP_PROXY` in
 * upper case counts too, since nothing here runs as CGI. Loopback is always called directly.
 */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const proxy = proxyOfScheme(url, env);
  return proxy === undefined || bypassed(url, read(env, "no_proxy") ?? "") ? undefined : proxy;
}

/**
 * Whether `url` is called directly although its scheme has a proxy. Deno's `fetch` reads the same
 * variables by rules of its own (it sends loopback to the proxy, and knows no ports in `no_proxy`),
 * so such a call cannot be left to it.
 */
export function bypassesProxy(url: URL, env: Environment): boolean {
  return proxyOfScheme(url, env) !== undefined && proxyFor(url, env) === undefined;
}

function proxyOfScheme(url: URL, env: Environment): string | undefined {
  const proxy = read(env, `${url.protocol.slice(0, -1)}_proxy`) ?? read(env, "all_proxy");
  return proxy === undefined || proxy.includes("://") ? proxy : `http://${proxy}`;
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
