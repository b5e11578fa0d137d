/**
 * Lists of a registry that is set to offline: what is cached is all there is of it, and its lists are
 * made of that.
 */
import { type Json, parseObject } from "../../base/json.ts";
import type { Cache } from "../../cache/api.ts";
import { MANIFEST_LIMIT } from "../../cache/manifest.ts";
import type { ReferrerItem } from "../../cache/listing.ts";
import { type Answer, uncached } from "../answer.ts";
import type { Registry } from "../config/schema.ts";
import { type Exchange, fullName, type PathOf } from "../exchange.ts";
import { withNamespace } from "../names/links.ts";
import { calledAs, clientName, repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { pageOf, pageQuery } from "../through/paging.ts";
import { INDEX, isOfType, referrersTag } from "../through/referrers_index.ts";

/** More than a repository or a registry has here. */
const ALL = 1e9;

/** Whether lists of `registry` are made here; who may see what clients' accounts open, nobody knows. */
export function listsHere({ offline, auth, redirects }: Registry): boolean {
  return offline && auth.mode !== "client" && redirects !== "pass";
}

/** `GET /v2/<name>/tags/list`. Throws `NAME_UNKNOWN` (404) for what nothing is cached of. */
export function tagsHere(x: Exchange, cache: Cache): Answer {
  const { items } = cache.listTags(repositoryKey(x.target), { limit: ALL });
  const tags = new Set(
    items.filter(({ digest }) => cache.holds(digest)).map(({ tag }) => tag),
  );
  if (tags.size === 0) {
    const message = `${fullName(x)} is not cached, and ${calledAs(x.target)} is set to offline`;
    throw new OciError("NAME_UNKNOWN", { message });
  }
  const path = `${x.target.prefix}/v2/${x.target.asked}/tags/list`;
  const { shown, link } = pageIn(x, [...tags], path);
  return list({ name: x.target.asked, tags: shown }, link);
}

/** `GET /v2/_catalog`: the repositories that the client may pull from. */
export function catalogHere(x: Exchange, cache: Cache): Answer {
  const { registry, prefix } = x.target;
  const names = cache.repositories({ registry: registry.name, limit: ALL }).items
    .map(({ repository }) => repository.slice(registry.name.length + 1))
    .filter((name) => x.access.may(registry, name, "pull"))
    .flatMap((name) => clientName(x.target, name) ?? []);
  const { shown, link } = pageIn(x, names, `${prefix}/v2/_catalog`);
  return list({ repositories: shown }, link);
}

/** `GET /v2/<name>/referrers/<digest>`. */
export async function referrersHere(
  x: Exchange,
  { digest }: PathOf<"referrers">,
  cache: Cache,
): Promise<Answer> {
  const own = ["", referrersTag(digest)];
  const found = cache.referrers(repositoryKey(x.target), digest)
    .filter(({ subject, tag, stored }) => subject === digest && stored && own.includes(tag));
  const described = await Promise.all(found.map((item) => descriptorOf(item, cache)));
  const types = x.query.getAll("artifactType").filter((type) => type !== "");
  const manifests = types.length === 0
    ? described
    : described.filter((entry) => isOfType(entry, types));
  return uncached(
    Response.json({ schemaVersion: 2, mediaType: INDEX, manifests }, {
      headers: {
        "content-type": INDEX,
        ...types.length > 0 ? { "oci-filters-applied": "artifactType" } : {},
      },
    }),
  );
}

/** As the distribution spec has it: the artifact's type is its own, or that of its config. */
async function descriptorOf(
  { digest, mediaType, size }: ReferrerItem,
  cache: Cache,
): Promise<Json> {
  const manifest = parseObject(await cache.peek(digest, MANIFEST_LIMIT)) ?? {};
  const { config, annotations } = manifest;
  const artifactType = manifest.artifactType ?? Object(config).mediaType;
  return {
    ...{ mediaType, digest, size },
    ...artifactType === undefined ? {} : { artifactType },
    ...annotations === undefined ? {} : { annotations },
  };
}

/** The page of `names` that is asked for, and the way to the next one (spec, "Listing Tags"). */
function pageIn(
  x: Exchange,
  names: readonly string[],
  path: string,
): { shown: string[]; link: string | undefined } {
  const { n, last } = pageOf(x.query);
  const rest = names.toSorted().filter((name) => last === undefined || name > last);
  const shown = rest.slice(0, n);
  if (shown.length === rest.length || shown.length === 0) return { shown, link: undefined };
  const query = pageQuery({ n, last: shown.at(-1) });
  return { shown, link: `<${path}${withNamespace(x.target, `?${query}`)}>; rel="next"` };
}

function list(body: Json, link: string | undefined): Answer {
  return uncached(Response.json(body, { headers: link === undefined ? {} : { link } }));
}
