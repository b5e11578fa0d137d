/** The registry port in a browser: which page is shown depends on the address that was called. */
import type { Config, Registry } from "../config/schema.ts";
import type { Origin } from "../http/origin.ts";
import type { PublicUrls } from "../names/public_url.ts";
import type { RegistryMap } from "../names/target.ts";
import { browserPage } from "./browser_redirect.ts";
import { frontPage, help, vanityPage } from "./front.ts";

export interface Pages {
  /** `GET /help` */
  help(origin: Origin): Response;
  /** `GET /` */
  front(origin: Origin): Promise<Response>;
  /** Where a browser is sent that asks for an image by name; `undefined` where it is not. */
  browser(request: Request, at: { url: URL; origin: Origin }): string | undefined;
}

/** The pages for one configuration. A vanity domain shows nothing of what lies behind it. */
export function createPages(config: Config, map: RegistryMap, address: PublicUrls): Pages {
  return {
    help(origin) {
      const vanity = vanityOf(map, origin);
      return help(vanity ? { [origin.host]: { url: address.base(origin) } } : config.registries);
    },
    front: (origin) =>
      vanityOf(map, origin) ? vanityPage(origin.host) : frontPage(config, address.base(origin)),
    browser: (request, { url, origin }) => browserPage(request, url.pathname, origin.host, map),
  };
}

/**
 * The registry whose vanity domain was called, where it hides what lies outside a prefix. One that is
 * alone and the default has every address for its domain.
 */
function vanityOf(map: RegistryMap, { host }: Origin): Registry | undefined {
  const registry = map.byOwnHost(host) ?? (map.names.length === 1 ? map.default : undefined);
  return registry?.repo_prefix ? registry : undefined;
}
