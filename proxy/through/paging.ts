/** Lists in pages, as the distribution spec has them ("Listing Tags"). */
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

/** Throws a 502 where `link` leads to `asked` itself, in the client's words both. */
export function refuseLoop({ target }: Exchange, link: string | null, asked: string): void {
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

/**
 * The body of a list's answer. Throws a 502 for what is no JSON object of at most 16 MiB, and what
 * its reading throws.
 */
export async function readJsonObject(response: Response): Promise<Record<string, unknown>> {
  const bytes = await readLimited(response, MAX_LIST);
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    body = undefined;
  }
  if (typeof body === "object" && body !== null && !Array.isArray(body)) {
    return body as Record<string, unknown>;
  }
  throw new OciError("UNAVAILABLE", {
    status: 502,
    message: "upstream answered a list request with something that is not a JSON object",
  });
}
