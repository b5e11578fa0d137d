/** Texts that several clients are told. */
import { exampleOf, type Target } from "./target.ts";

/** JSON with one key per line. */
export function daemonJson(keys: Record<string, string[]>): string {
  const lines = Object.entries(keys)
    .map(([key, values]) => `  ${JSON.stringify(key)}: [${JSON.stringify(values[0])}]`);
  return `{\n${lines.join(",\n")}\n}`;
}

export function hostsToml({ url }: Target): string {
  return `[host."${url}"]
  capabilities = ["pull", "resolve"]`;
}

export const localhostNote = ({ authority }: Target): string =>
  /^(localhost|127\.|\[::1\])/.test(authority)
    ? "The client runs elsewhere (in a container or on another machine): replace localhost by an address that it can reach."
    : "";

/** What a mirror is in `dockerd`'s own words. */
export function daemonFlags({ url, authority, tls }: Target): string[] {
  return ["--registry-mirror", url, ...tls ? [] : ["--insecure-registry", authority]];
}

/** `buildkitd.toml`. */
export function buildkitToml({ registry, authority, tls }: Target): string {
  const plain = tls ? "" : `\n\n[registry."${authority}"]\n  http = true`;
  return `[registry."${registry.host}"]\n  mirrors = ["${authority}"]${plain}`;
}

/** A pod that has the node pull, and goes again. */
export function byPod(target: Target): string {
  return `kubectl run berth-try --rm -i --restart=Never --image=${
    exampleOf(target)
  } -- echo pulled`;
}

/** `text` with each line moved to the right. */
export function indented(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, " ".repeat(by));
}
