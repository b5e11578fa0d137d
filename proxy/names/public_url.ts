/** How clients reach us, for everything that tells them where to go. */
import type { Config } from "../config/schema.ts";
import { calledBase, type Origin } from "../http/origin.ts";
import type { RegistryMap, Target } from "./target.ts";

export interface PublicUrls {
  /** `https://berth.example.com`, without a slash at the end. */
  base(origin: Origin): string;
  /** Where a client of `target` gets its tokens; `base` as the client called us. */
  realm(target: Target, base: string): string;
  /** The paths at which tokens are given out; a registry's name may follow. */
  tokenPaths: string[];
}

const DEFAULT_PATH = "/token";

/** By `public_url` and `token_url`; at a vanity domain everything stays at that domain. */
export function publicUrls(
  { public_url, token_url }: Pick<Config, "public_url" | "token_url">,
  map: RegistryMap,
): PublicUrls {
  const tokenPath = new URL(token_url, "http://berth/").pathname.replace(/\/$/, "");
  return {
    base(origin) {
      if (!public_url) return calledBase(origin);
      return map.byOwnHost(origin.host)
        ? `${new URL(public_url).protocol}//${origin.host}`
        : public_url.replace(/\/$/, "");
    },
    realm({ registry }, base) {
      const { host, href } = new URL(token_url, `${base}/`);
      // A platform may have mounted the very path that token_url says and none below it.
      const meant = map.byOwnHost(host) ?? (tokenPath === DEFAULT_PATH ? undefined : map.default);
      const plain = href.replace(/\/$/, "");
      return meant?.name === registry.name ? plain : `${plain}/${registry.name}`;
    },
    tokenPaths: [...new Set([DEFAULT_PATH, tokenPath])],
  };
}
