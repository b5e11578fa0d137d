/** `GET /v2/_catalog`: the repositories that can be pulled through this address, and no other name. */
import { type Answer, uncached } from "../answer.ts";
import { ask, refusal } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { type Page, pageOf, pageQuery, readJsonObject } from "./paging.ts";
import { withNamespace } from "../names/links.ts";
import { clientName, siblingName } from "../names/target.ts";

/** Where most names are not for the client, more are asked for at once. */
const LARGE_PAGE = 1000;
/** How many pages without a name for the client are read for one request. */
const MOST_PAGES = 50;

/** One page. Its Link continues after the last name that the client was shown. */
export async function catalog(x: Exchange): Promise<Answer> {
  const page = pageOf(x.query);
  const hides = x.target.registry.repo_prefix !== "";
  let query = upstreamQuery(x, hides ? { ...page, n: LARGE_PAGE } : page);
  for (let left = MOST_PAGES;; left--) {
    const { names, next } = await readPage(x, query);
    const visible = names.filter((name) => x.access.may(x.target.registry, name, "pull"))
      .flatMap((name) => clientName(x.target, name) ?? []);
    if (visible.length === 0 && next !== undefined && left > 0) {
      query = next;
      continue;
    }
    const shown = visible.slice(0, page.n);
    const more = shown.length > 0 && (next !== undefined || shown.length < visible.length);
    const last = more ? shown.at(-1)! : undefined;
    const headers = last === undefined ? undefined : { link: linkTo(x, { ...page, last }) };
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
  const { repositories } = await readJsonObject(response);
  const next = /^\s*<[^>?]*\?([^>]*)>/.exec(response.headers.get("link") ?? "")?.[1];
  const names: unknown[] = Array.isArray(repositories) ? repositories : [];
  return { names: names.filter((name) => typeof name === "string"), next };
}

/** `page` as upstream is asked for it, `last` in its own names. */
function upstreamQuery(x: Exchange, { n, last }: Page): string {
  return pageQuery({ n, last: last && (siblingName(x.target, last) ?? last) });
}

function linkTo({ target }: Exchange, page: Page): string {
  const address = `${target.prefix}/v2/_catalog${withNamespace(target, `?${pageQuery(page)}`)}`;
  return `<${address}>; rel="next"`;
}
