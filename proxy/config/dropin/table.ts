/** The settings of other tools that come to one or more of Berth's keys, one by one. */
import type { Path } from "../path.ts";
import { isTrue, type Tool } from "./tool.ts";

interface LegacyOption {
  readonly tool: Tool;
  readonly env: string;
  /** The keys that take its value. */
  readonly keys: readonly Path[];
  /** Its text as the keys are written; `undefined` when it says nothing. */
  readonly read: (text: string) => unknown;
}

interface Unneeded {
  readonly tool: Tool;
  readonly env: string;
  readonly instead: string;
}

interface LegacyFlag {
  readonly tool: Tool;
  /** Takes its value only after `=`. */
  readonly boolean?: true;
}

/** Flags that Berth has not. The other flags of crproxy and crm are Berth's too. */
export const LEGACY_FLAGS: Readonly<Record<string, LegacyFlag>> = {
  "-port": { tool: "serverless-registry-proxy" },
  // The page of that tool has the one, its source the other.
  "-registeryHost": { tool: "serverless-registry-proxy" },
  "-registryHost": { tool: "serverless-registry-proxy" },
  "-repoPrefix": { tool: "serverless-registry-proxy" },
  "-disableBrowserRedirects": { tool: "serverless-registry-proxy", boolean: true },
};

/** nginx's times: seconds without a unit, `M` is a month. https://nginx.org/en/docs/syntax.html */
export function nginxTime(text: string): string {
  return text.trim()
    .replace(/^\d+$/, "$&s")
    .replaceAll(/(\d+)M/g, (_, count: string) => `${30 * Number(count)}d`)
    .replaceAll(/(\d+)y/g, (_, count: string) => `${365 * Number(count)}d`)
    .replaceAll(/\s+/g, "");
}

const CRP: Tool = "container-registry-proxy";
const asIs = (text: string) => text;
const bool = (text: string) => isTrue(text);

export const LEGACY_OPTIONS: readonly LegacyOption[] = [
  {
    tool: "crproxy",
    env: "DEBUG",
    keys: [["log", "level"]],
    // Others' DEBUG=app:* means nothing here.
    read: (text) => isTrue(text) ? "debug" : undefined,
  },
  { tool: CRP, env: "ALLOW_PUSH", keys: [["allow_push"]], read: bool },
  { tool: CRP, env: "CACHE_DIRECTORY", keys: [["cache", "dir"]], read: asIs },
  { tool: CRP, env: "CACHE_MAX_SIZE", keys: [["cache", "max_size"]], read: asIs },
  { tool: CRP, env: "CACHE_MIN_FREE", keys: [["cache", "min_free"]], read: asIs },
  { tool: CRP, env: "CACHE_INACTIVE_TIME", keys: [["cache", "max_age"]], read: nginxTime },
  {
    tool: CRP,
    env: "PROXY_CONNECT_TIMEOUT",
    keys: [["upstream", "connect_timeout"]],
    read: nginxTime,
  },
  {
    tool: CRP,
    env: "PROXY_READ_TIMEOUT",
    keys: [["upstream", "response_timeout"], ["upstream", "idle_timeout"]],
    read: nginxTime,
  },
  {
    tool: CRP,
    env: "PROXY_CONNECT_READ_TIMEOUT",
    keys: [["forward", "idle_timeout"]],
    read: nginxTime,
  },
];

const CLIENTS = "slow clients have limits of Berth's own";
const DEBUG = "DEBUG=true logs what is intercepted";
const OWN_AUTH = "auth.mode: client lets clients of a registry sign in themselves";
const TUNNELS = "forward.idle_timeout and upstream.connect_timeout cover tunnels";

export const UNNEEDED: readonly Unneeded[] = [
  { tool: CRP, env: "CACHE_VALID_TIME", instead: "content has a digest and does not go stale" },
  { tool: CRP, env: "PROXY_REQUEST_BUFFERING", instead: "pushes are streamed" },
  { tool: CRP, env: "SEND_TIMEOUT", instead: CLIENTS },
  { tool: CRP, env: "CLIENT_BODY_TIMEOUT", instead: CLIENTS },
  { tool: CRP, env: "CLIENT_HEADER_TIMEOUT", instead: CLIENTS },
  { tool: CRP, env: "KEEPALIVE_TIMEOUT", instead: CLIENTS },
  { tool: CRP, env: "PROXY_SEND_TIMEOUT", instead: "upstream.idle_timeout covers sending" },
  { tool: CRP, env: "PROXY_CONNECT_CONNECT_TIMEOUT", instead: TUNNELS },
  { tool: CRP, env: "PROXY_CONNECT_SEND_TIMEOUT", instead: TUNNELS },
  { tool: CRP, env: "DISABLE_IPV6", instead: "addresses that do not answer are passed over" },
  { tool: CRP, env: "DEBUG_HUB", instead: DEBUG },
  { tool: CRP, env: "DEBUG_NGINX", instead: DEBUG },
  { tool: CRP, env: "ALLOW_OWN_AUTH", instead: OWN_AUTH },
  { tool: CRP, env: "ALLOW_PUSH_WITH_OWN_AUTH", instead: OWN_AUTH },
];
