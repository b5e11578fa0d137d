/** A client, and this server as it sees it. */
import type { Connect, ConnectRegistry } from "../../api/schema/connect.ts";

export interface Snippet {
  /** `Write`, `Restart` … what the step is for, one line. */
  title: string;
  /** File that `text` belongs into; empty for commands. */
  file: string;
  text: string;
}

/** What a client belongs to; the order of the page. */
export type Group = "Machines" | "Kubernetes" | "CI" | "Without mirrors";

export interface Client {
  id: string;
  name: string;
  group: Group;
  /** Steps for this server and registry. */
  steps: (target: Target) => Snippet[];
  /** A command that pulls through the server. */
  test: (target: Target) => string;
  /** What to know beforehand; empty where nothing. */
  note: (target: Target) => string;
}

/** The server as a client sees it, and a registry of its map. */
export interface Target {
  /** `https://berth.example` or `http://berth:8080`, without a slash at the end. */
  url: string;
  /** Host and port of `url`. */
  authority: string;
  tls: boolean;
  signIn: boolean;
  registry: ConnectRegistry;
  isDefault: boolean;
  /** Of the forward proxy, `http://berth:3128`; empty where it is off. */
  proxyUrl: string;
  /** Whether it opens TLS to this registry, and to any. */
  opened: boolean;
  opens: boolean;
}

/**
 * The target of `registry` at `url` (what clients call this server; the one that the browser used
 * where the operator did not say).
 */
export function targetOf(connect: Connect, registry: ConnectRegistry, url: string): Target {
  const { protocol, host, hostname } = new URL(url);
  return {
    url: url.replace(/\/+$/, ""),
    authority: host,
    tls: protocol === "https:",
    signIn: connect.signIn,
    registry,
    isDefault: registry.name === connect.defaultRegistry,
    proxyUrl: connect.forward ? `http://${hostname}:${connect.forward.port}` : "",
    opened: connect.forward?.intercept.includes(registry.name) ?? false,
    opens: (connect.forward?.intercept.length ?? 0) > 0,
  };
}

/** What clients call this server: `public_url`, else the browser's host with the registry port. */
export function serverUrl(connect: Connect, browserHost: string): string {
  if (connect.publicUrl !== "") return connect.publicUrl;
  const port = connect.port === (connect.tls ? 443 : 80) ? "" : `:${connect.port}`;
  return `${connect.tls ? "https" : "http"}://${browserHost}${port}`;
}

/** An image of the registry that is small and public, as its users write it. */
export function exampleOf({ registry }: Target): string {
  return `${registry.host}/${registry.example || "org/app:latest"}`;
}

/** The example without a registry, as Docker's users write it: `alpine:latest`. */
export function shortExample({ registry }: Target): string {
  const image = registry.example || "org/app:latest";
  return registry.library ? image.replace(/^library\//, "") : image;
}

/** The example by this server's own address: `berth:8080/quay.io/org/app:latest`. */
export function throughAddress({ authority, registry, isDefault }: Target): string {
  const image = registry.example || "org/app:latest";
  return isDefault ? `${authority}/${image}` : `${authority}/${registry.hostInNames}/${image}`;
}
