/** URLs that may name several hosts: `redis-cluster://user:password@a:7000,b,[::1]:7000/path`. */

export interface HostsUrl {
  /** Without the colon: `redis-cluster`. */
  scheme: string;
  username: string;
  password: string;
  hosts: readonly { host: string; port: number | undefined }[];
  /** Without the slash. */
  path: string;
}

const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i;

/** `undefined` where `text` is no such URL, or has a query or fragment. */
export function parseHostsUrl(text: string): HostsUrl | undefined {
  const match = /^([a-z][a-z+-]*):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/i.exec(text);
  if (!match) return undefined;
  const [, scheme, login = "", list, path = ""] = match;
  const [username = "", ...rest] = login.split(":");
  const hosts = list!.split(",").map((host) => HOST.exec(host));
  if (!hosts.every((host) => host !== null && Number(host[3] ?? 0) <= 65535)) return undefined;
  try {
    return {
      scheme: scheme!.toLowerCase(),
      username: decodeURIComponent(username),
      password: decodeURIComponent(rest.join(":")),
      hosts: hosts.map((host) => ({
        host: host![1] ?? host![2]!,
        port: host![3] === undefined ? undefined : Number(host![3]),
      })),
      path,
    };
  } catch {
    return undefined; // A stray percent sign.
  }
}
