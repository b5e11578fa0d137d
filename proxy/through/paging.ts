/** Lists in pages, as the distribution spec has them ("Listing Tags"). */
import { OciError } from "../oci/errors.ts";
import { readLimited } from "../http/body.ts";

/** Which part of a list is asked for. */
export interface Page {
  /** How many entries at most. */
  n?: number | undefined;
  /** The entry after which the page begins. */
  last?: string | undefined;
}

const LONGEST_LAST = 512;

/** `n` and `last` of a query. Throws `PAGINATION_NUMBER_INVALID` (400). */
export function pageOf(query: URLSearchParams): Page {
  const n = query.get("n");
  if (n !== null && !/^\d{1,6}$/.test(n)) {
    throw new OciError("PAGINATION_NUMBER_INVALID", {
      message: "invalid n: expected a number of results",
    });
  }
  return {
    n: n === null ? undefined : Number(n),
    last: query.get("last")?.slice(0, LONGEST_LAST),
  };
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
