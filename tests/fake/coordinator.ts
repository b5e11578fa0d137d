import { parseHostsUrl } from "../../base/hosts_url.ts";
import { systemClock } from "../../base/clock.ts";
import { ValkeyCoordinator } from "../../cache/peers/valkey.ts";

/** One that is not asked by any Berth, at the server `url`. */
export function valkeyCoordinator(
  url: string,
  options: Partial<ConstructorParameters<typeof ValkeyCoordinator>[0]> = {},
): ValkeyCoordinator {
  return new ValkeyCoordinator({
    url: parseHostsUrl(url)!,
    prefix: "berth",
    memoryKey: new Uint8Array(32),
    documentKeys: [new Uint8Array(32)],
    self: { id: "a", address: "127.0.0.1:1", version: "1", since: 0, mark: "m" },
    unreached: () => [],
    lease: 1500,
    clock: systemClock,
    changed: () => {},
    ...options,
  });
}
