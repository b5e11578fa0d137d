/** What is handed on and not kept: tag lists, referrers, and pushes. */
import { inClientsNames } from "../names/client_names.ts";
import { type Answer, uncached } from "../answer.ts";
import { ask, type Question, refusal } from "../ask.ts";
import type { Exchange, PathOf } from "../exchange.ts";
import { responseHeaders } from "../http/headers.ts";
import { mapLink, upstreamQuery } from "../names/links.ts";
import { checkPageSize, readJsonObject, refuseLoop } from "./paging.ts";

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
  const asked = `/v2/${x.target.repository}/${question.path}`;
  const headers = responseHeaders(response.headers);
  const warning = inClientsNames(x.target, headers.get("warning") ?? "");
  if (!warning) headers.delete("warning");
  else headers.set("warning", warning);
  const link = mapLink(x.target, response.headers.get("link"), asked);
  if (link !== undefined) headers.set("link", link);
  const location = response.headers.get("location");
  const mapped = location === null ? undefined : await relocate?.(location);
  if (mapped !== undefined) headers.set("location", mapped);
  // What a redirect says beside its address is for people; a body that nobody reads would wait.
  const redirect = response.status >= 300;
  if (redirect) await response.body?.cancel();
  return new Response(redirect ? null : response.body, { status: response.status, headers });
}

/**
 * A list as upstream pages it: what a client sends back of a `Link` reaches the registry as it was.
 * Throws a 502 for a page that leads to itself, which clients would follow for ever.
 */
async function list(x: Exchange, question: Question): Promise<Response> {
  checkPageSize(x.query);
  const query = upstreamQuery(x.request.url);
  const response = await passThrough(x, { ...question, query });
  const ours = `${x.target.prefix}/v2/${x.target.asked}/${question.path}`;
  refuseLoop(x, response.headers.get("link"), query === "" ? ours : `${ours}?${query}`);
  return response;
}

/** `GET /v2/<name>/tags/list` */
export async function tags(x: Exchange): Promise<Answer> {
  const response = await list(x, { path: "tags/list" });
  if (x.request.method === "HEAD") return uncached(response);
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  headers.delete("etag");
  const body = await readJsonObject(response);
  const bytes = new TextEncoder().encode(JSON.stringify({ ...body, name: x.target.asked }));
  headers.set("content-type", "application/json");
  headers.set("content-length", String(bytes.length));
  return uncached(new Response(bytes, { status: response.status, headers }));
}

/** `GET /v2/<name>/referrers/<digest>`; a 404 tells the client to try the tag schema. */
export async function referrers(x: Exchange, path: PathOf<"referrers">): Promise<Answer> {
  return uncached(
    await list(x, {
      path: `referrers/${path.digest}`,
      headers: { accept: "application/vnd.oci.image.index.v1+json" },
    }),
  );
}
