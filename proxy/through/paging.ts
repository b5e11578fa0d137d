/** Lists in pages, as the distribution spec has them ("Listing Tags"). */
import { parseObject } from "../../base/json.ts";
import { OciError } from "../oci/errors.ts";
import type { Exchange } from "../exchange.ts";
import { readLimited } from "../http/body.ts";
import { linksToItself } from "../names/links.ts";
import { calledAs } from "../names/target.ts";

/** Which part of a list is asked for. */
export interface Page {
  /** How many entries at most. */
  n?: number | undefined;
  /** The entry after which the page begins. */
  last?: string | undefined;
}

/** `n` and `last` of a query. Throws `PAGINATION_NUMBER_INVALID` (400). */
export function pageOf(query: URLSearchParams): Page {
  checkPageSize(query);
  const n = query.get("n");
  return { n: n === null ? undefined : Number(n), last: query.get("last") ?? undefined };
}

/** Throws `PAGINATION_NUMBER_INVALID` (400) where `n` is no number of results. */
export function checkPageSize(query: URLSearchParams): void {
  const n = query.get("n");
  if (n === null || /^\d{1,6}$/.test(n)) return;
  throw new OciError("PAGINATION_NUMBER_INVALID", {
    message: "invalid n: expected a number of results",
  });
}

/**
 * Throws a 502 where `link`, in the client's words, leads to the very page of the repository's list
 * that was asked for: clients would follow it for ever.
 */
export function refuseLoop(x: Exchange, link: string | null, asked: Asked): void {
  const { prefix, asked: name } = x.target;
  refuseLoopAt(x, link, `${prefix}/v2/${name}/${asked.path}?${asked.query}`);
}

/** What was asked of upstream: the path behind the repository, and the query. */
interface Asked {
  path: string;
  query: string;
}

/** As {@linkcode refuseLoop}, for an address of the client's. */
export function refuseLoopAt({ target }: Exchange, link: string | null, asked: string): void {
  if (!linksToItself(link, asked)) return;
  throw new OciError("UNAVAILABLE", {
    status: 502,
    message: `${calledAs(target)} answered with a page of a list that leads to itself`,
  });
}

/** `page` as a query, without the question mark. */
export function pageQuery({ n, last }: Page): string {
  const query = new URLSearchParams();
  if (n !== undefined) query.set("n", String(n));
  if (last !== undefined) query.set("last", last);
  return query.toString();
}

const MAX_LIST = 16 * 2 ** 20;

/** A list as upstream answered it. */
export interface List {
  body: Record<string, unknown>;
  /** What stands under its key; what is no name is left out. */
  names: string[];
}

/**
 * Reads a list's answer. `null` under its key is an empty list: Go writes one like that. Throws a 502
 * for what is no JSON object of at most 16 MiB with such a list, and what its reading throws.
 */
export async function readList(
  { target }: Pick<Exchange, "target">,
  response: Response,
  key: "tags" | "repositories",
): Promise<List> {
  const body = parseObject(await readLimited(response, MAX_LIST));
  const names = body?.[key] === null ? [] : body?.[key];
  if (body && Array.isArray(names)) {
    return { body, names: names.filter((name) => typeof name === "string") };
  }
  throw new OciError("UNAVAILABLE", {
    status: 502,
    message: `${calledAs(target)} was asked for a list of ${key} and answered with something else`,
  });
}
