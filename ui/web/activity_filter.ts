/** Which requests the activity page shows; the same rules as the server's. */
import type { CacheResult, RequestEntry, RequestKind } from "../api/schema/activity.ts";
import { isError, isRefused } from "./results.ts";

export interface ActivityFilter {
  /** The Berth of the cluster that answered; the one whose dashboard this is where empty. */
  member: string;
  text: string;
  registry: string;
  kind: RequestKind | "";
  cache: CacheResult | "";
  errors: boolean;
  refused: boolean;
  /** Unix milliseconds; 0: whenever. */
  from: number;
  to: number;
}

/** The filter that a query asks for; empty fields do not matter. */
export function filterFromQuery(query: URLSearchParams): ActivityFilter {
  return {
    member: query.get("member") ?? "",
    text: query.get("q") ?? "",
    registry: query.get("registry") ?? "",
    kind: (query.get("kind") ?? "") as RequestKind | "",
    cache: (query.get("cache") ?? "") as CacheResult | "",
    errors: query.get("errors") === "true",
    refused: query.get("refused") === "true",
    from: Number(query.get("from")) || 0,
    to: Number(query.get("to")) || 0,
  };
}

/** Whether a request that was just told of belongs on the page. */
export function passes(entry: RequestEntry, filter: ActivityFilter): boolean {
  if (filter.registry !== "" && entry.registry !== filter.registry) return false;
  if (filter.kind !== "" && entry.kind !== filter.kind) return false;
  if (filter.cache !== "" && entry.cache !== filter.cache) return false;
  if (entry.time < filter.from || (filter.to > 0 && entry.time >= filter.to)) return false;
  const { errors, refused } = filter;
  if (errors || refused) {
    if (!(errors && isError(entry)) && !(refused && isRefused(entry))) return false;
  }
  if (filter.text === "") return true;
  const text = filter.text.toLowerCase();
  const { repository, reference, path, client, user, message } = entry;
  return [repository, reference, path, client, user, message]
    .some((field) => field.toLowerCase().includes(text));
}
