/** What a Berth that has just started says of itself. */
import { formatSize } from "../base/units.ts";
import { isLoopback } from "../proxy/config/loopback.ts";
import { dashboardCertificate, registryCertificate } from "../proxy/config/certificates.ts";
import type { LoadedConfig } from "../proxy/config/load.ts";
import type { Listener } from "../proxy/http/listen.ts";
import { VERSION } from "./version.ts";

type Address = Listener["address"];

/** Where each part listens, as bound. */
interface Addresses {
  readonly registry: Address;
  /** None: the dashboard is off. */
  readonly dashboard: Address | undefined;
  /** None: there is no forward proxy. */
  readonly forward: Address | undefined;
}

/**
 * Five lines at most: addresses, the cache, where the configuration came from, and the first
 * password, where one was made.
 */
export function banner(
  { config, file }: Pick<LoadedConfig, "config" | "file">,
  { registry, dashboard, forward }: Addresses,
  password: string | undefined,
): string {
  const { cache, admin } = config;
  const secure = registryCertificate(config).cert_file !== "";
  const secureToo = dashboardCertificate(config).cert_file !== "";
  const alone = dashboard && isLoopback(dashboard.hostname) ? ", for this machine alone" : "";
  const signIn = password ? ` (user ${admin.username}, password ${password})` : "";
  const lines = [
    `Berth ${VERSION}: registry ${urlOf(registry, secure)}`,
    dashboard ? `dashboard ${urlOf(dashboard, secureToo)}${alone}${signIn}` : "dashboard off",
    ...(forward ? [`forward proxy ${urlOf(forward)}`] : []),
    `cache ${cache.dir ? `${cache.dir}, up to ${formatSize(cache.max_size)}` : "none"}`,
    `configuration ${file ?? "built in; write a config.yaml to change it"}`,
  ];
  return lines.join("\n  ");
}

/** Where this machine reaches `address`; one that stands for all is `localhost`. */
function urlOf({ hostname, port }: Address, secure = false): string {
  const any = hostname === "::" || hostname === "0.0.0.0";
  const host = any ? "localhost" : hostname.replace(/^.*:.*$/, "[$&]");
  return `${secure ? "https" : "http"}://${host}:${port}`;
}
