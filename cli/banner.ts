/** What Berth says of itself when it has started. */
import { formatSize } from "../base/units.ts";
import { isLoopback } from "../proxy/config/loopback.ts";
import { dashboardCertificate, registryCertificate } from "../proxy/config/certificates.ts";
import type { LoadedConfig } from "../proxy/config/load.ts";
import type { Listener } from "../proxy/http/listen.ts";
import { VERSION } from "./version.ts";

type Address = Listener["address"];

/** Where each part listens, as bound. */
export interface Addresses {
  readonly registry: Address;
  /** None: the dashboard is off. */
  readonly dashboard: Address | undefined;
  /** None: there is no forward proxy. */
  readonly forward: Address | undefined;
}

/** What is said at the start: for people, and as fields of a line of JSON, which has no password. */
export interface Banner {
  readonly text: string;
  readonly fields: Readonly<Record<string, string | number | null>>;
}

/**
 * Five lines at most: addresses, the cache, where the configuration came from, and the first
 * password, where one was made.
 */
export function banner(
  { config, file }: Pick<LoadedConfig, "config" | "file">,
  { registry, dashboard, forward }: Addresses,
  password: string | undefined,
): Banner {
  const { cache, admin } = config;
  const at = {
    registry: urlOf(registry, registryCertificate(config).cert_file !== ""),
    dashboard: dashboard ? urlOf(dashboard, dashboardCertificate(config).cert_file !== "") : null,
    forward: forward ? urlOf(forward) : null,
  };
  const alone = dashboard && isLoopback(dashboard.hostname) ? ", this machine only" : "";
  const signIn = password ? ` (user ${admin.username}, password ${password})` : "";
  const lines = [
    `Berth ${VERSION}: registry ${at.registry}`,
    at.dashboard ? `dashboard ${at.dashboard}${alone}${signIn}` : "dashboard off",
    ...(at.forward ? [`forward proxy ${at.forward}`] : []),
    `cache ${cache.dir ? `${cache.dir}, up to ${formatSize(cache.max_size)}` : "none"}`,
    `configuration ${file ?? "built in; write a config.yaml to change it"}`,
  ];
  return {
    text: lines.join("\n  "),
    fields: {
      version: VERSION,
      ...at,
      cache: cache.dir || null,
      cacheMaxBytes: cache.dir ? cache.max_size : null,
      configuration: file ?? null,
    },
  };
}

/** Where this machine reaches `address`; one that stands for all is `localhost`. */
export function urlOf({ hostname, port }: Address, secure = false): string {
  const any = hostname === "::" || hostname === "0.0.0.0";
  const host = any ? "localhost" : hostname.replace(/^.*:.*$/, "[$&]");
  return `${secure ? "https" : "http"}://${host}:${port}`;
}
