/** People who open an image's name in a browser: sent to where its registry shows it. */
import type { Registry } from "../config/schema.ts";
import { isRepository, parseReference } from "../oci/path.ts";
import { OciError } from "../oci/errors.ts";
import { type RegistryMap, route } from "../names/target.ts";

/** `/app`, `/team/app:1.0`, `/app@sha256:…` */
const IMAGE = /^\/([a-z0-9][a-z0-9._/-]*[a-z0-9]|[a-z0-9])(?:[:@]([A-Za-z0-9._:-]+))?\/?$/;

/**
 * The page for what `request` names at `host`; `undefined` where it is no browser that asks, where
 * `pathname` is no image's name, and where the registry's `browser_redirects` is off.
 */
export function browserPage(
  request: Request,
  pathname: string,
  host: string,
  map: RegistryMap,
): string | undefined {
  if (!/\btext\/html\b/i.test(request.headers.get("accept") ?? "")) return undefined;
  const [, name, reference] = IMAGE.exec(pathname) ?? [];
  if (name === undefined) return undefined;
  try {
    const { registry, repository } = route(map, { host, ns: [], prefix: "", name });
    if (!(registry.browser_redirects ?? registry.repo_prefix !== "")) return undefined;
    return isRepository(repository) ? pageOf(registry, repository, reference) : undefined;
  } catch (error) {
    if (error instanceof OciError) return undefined;
    throw error;
  }
}

/** Most registries show an image at the address that names it; Docker Hub has a site of its own. */
function pageOf({ url }: Registry, repository: string, reference: string | undefined): string {
  if (new URL(url).hostname === "registry-1.docker.io") {
    const [, official] = /^library\/([^/]+)$/.exec(repository) ?? [];
    return `https://hub.docker.com/${official ? `_/${official}` : `r/${repository}`}`;
  }
  const image = `${url.replace(/\/$/, "")}/${repository}`;
  if (reference === undefined) return image;
  const { kind, value } = parseReference(reference);
  return `${image}${kind === "tag" ? ":" : "@"}${value}`;
}
