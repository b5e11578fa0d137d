/** `GET /v2/_catalog`: the repositories that can be pulled through this address, and no other name. */
import { type Answer, uncached } from "../answer.ts";
import { ask, refusal } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { upstreamQuery, withNamespace } from "../names/links.ts";
import { isRepository } from "../oci/path.ts";
import { type Page, pageOf, pageQuery, readList, refuseLoopAt } from "./paging.ts";
import { clientName, siblingName } from "../names/target.ts";

/** Where most names are not for the client, more are asked for at once. */
const LARGE_PAGE = 1000;
/** How many pages without a name for the client are read for one request. */
const MOST_PAGES = 50;

/** One page. Its Link continues after the last name that the client was shown. */
export async function catalog(x: Exchange): Promise<Answer> {
  const page = pageOf(x.query);
  const hides = x.target.registry.repo_prefix !== "";
  let query = hides ? prefixedQuery(x, page) : ownQuery(x, page);
  for (let left = MOST_PAGES;; left--) {
    const { names, next } = await readPage(x, query);
    const visible = names.filter((name) => x.access.may(x.target.registry, name, "pull"))
      .flatMap((name) => clientName(x.target, name) ?? []);
    if (next !== undefined) refuseLoopAt(x, `<?${next}>`, `/v2/_catalog?${query}`);
    if (visible.length === 0 && next !== undefined && left > 0) {
      query = next;
      continue;
    }
    const shown = visible.slice(0, page.n);
    const cut = shown.length < visible.length;
    const own = shown.length > 0 && (hides ? next !== undefined || cut : cut);
    // Where every name may be told, the registry's own way to the next page is the client's, too.
    const way = own ? pageQuery({ ...page, last: shown.at(-1)! }) : hides ? undefined : next;
    const headers = way === undefined ? undefined : { link: linkTo(x, way) };
    return uncached(Response.json({ repositories: shown }, headers && { headers }));
  }
}

async function readPage(x: Exchange, query: string) {
  const response = await ask(x, {
    method: "GET",
    path: "/v2/_catalog",
    query,
    scopes: ["registry:catalog:*"],
    signal: x.request.signal,
  });
  if (!response.ok) throw await refusal(x, response);
  const { names } = await readList(x, response, "repositories");
  const next = /^\s*<[^>?]*\?([^>]*)>/.exec(response.headers.get("link") ?? "")?.[1];
  return { names, next };
}

/** Behind a prefix: many at once, from `last` in upstream's names. */
function prefixedQuery(x: Exchange, { last }: Page): string {
  return pageQuery({ n: LARGE_PAGE, last: last && (siblingName(x.target, last) ?? last) });
}

/** The client's query as it is, but for a `last` that is called otherwise upstream. */
function ownQuery(x: Exchange, { last }: Page): string {
  const query = upstreamQuery(x.request.url);
  const name = last && upstreamLast(x, last);
  if (!name || name === last) return query;
  const parameters = new URLSearchParams(query);
  parameters.set("last", name);
  return parameters.toString();
}

/** What is no repository's name is a registry's own token. */
function upstreamLast(x: Exchange, last: string): string | undefined {
  return isRepository(last) ? siblingName(x.target, last) : undefined;
}

function linkTo({ target }: Exchange, query: string): string {
  const address = `${target.prefix}/v2/_catalog${withNamespace(target, `?${query}`)}`;
  return `<${address}>; rel="next"`;
}
