/** What is handed on and not kept: tag lists here, and the ways that pushes and referrers share. */
import { inClientsNames } from "../names/client_names.ts";
import { type Answer, uncached } from "../answer.ts";
import { ask, type Question, refusal } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { responseHeaders } from "../http/headers.ts";
import { mapLink, upstreamQuery } from "../names/links.ts";
import { checkPageSize, readList, refuseLoop } from "./paging.ts";

/**
 * Asks upstream and streams its answer back, names mapped; the general way. `relocate` maps a
 * `Location`; without it none is handed on.
 */
export async function passThrough(
  x: Exchange,
  question: Question,
  relocate?: (location: string) => string | undefined | Promise<string>,
): Promise<Response> {
  const response = await ask(x, { signal: x.request.signal, ...question });
  if (response.status >= 400) throw await refusal(x, response);
  const headers = clientHeaders(x, response, question);
  const location = response.headers.get("location");
  const mapped = location === null ? undefined : await relocate?.(location);
  if (mapped !== undefined) headers.set("location", mapped);
  // What a redirect says beside its address is for people; a body that nobody reads would wait.
  const redirect = response.status >= 300;
  if (redirect) await response.body?.cancel();
  return new Response(redirect ? null : response.body, { status: response.status, headers });
}

/** Upstream's headers of its answer to `question` that the client is to see, names mapped. */
export function clientHeaders(x: Exchange, { headers }: Response, { path }: Question): Headers {
  const mapped = responseHeaders(headers);
  const warning = inClientsNames(x.target, mapped.get("warning") ?? "");
  if (!warning) mapped.delete("warning");
  else mapped.set("warning", warning);
  const link = mapLink(x.target, headers.get("link"), `/v2/${x.target.repository}/${path}`);
  if (link !== undefined) mapped.set("link", link);
  return mapped;
}

/**
 * `GET /v2/<name>/tags/list`, as upstream pages it: what a client sends back of a `Link` reaches the
 * registry as it was. Throws a 502 for what is no list of tags, and for a page that leads to itself.
 */
export async function tags(x: Exchange): Promise<Answer> {
  checkPageSize(x.query);
  const query = upstreamQuery(x.request.url);
  const question = { path: "tags/list", query };
  const response = await passThrough(x, question);
  refuseLoop(x, response.headers.get("link"), question);
  if (x.request.method === "HEAD") return uncached(response);
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  headers.delete("etag");
  const { body, names } = await readList(x, response, "tags");
  const list = { ...body, name: x.target.asked, tags: names };
  const bytes = new TextEncoder().encode(JSON.stringify(list));
  headers.set("content-type", "application/json");
  headers.set("content-length", String(bytes.length));
  return uncached(new Response(bytes, { status: response.status, headers }));
}
