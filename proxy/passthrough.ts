/** What is handed on and not kept: tag lists, the catalog, referrers, and pushes. */
import { ask, type Exchange, type Question, refusal } from "./exchange.ts";
import { responseHeaders } from "./headers.ts";
import { mapLink } from "./links.ts";
import type { OciPath } from "./oci/path.ts";
import { OciError } from "./oci/errors.ts";
import { clientName } from "./route.ts";
import { readLimited } from "./upstream/body.ts";

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
  const headers = responseHeaders(response.headers);
  const link = mapLink(x.target, response.headers.get("link"));
  if (link !== undefined) headers.set("link", link);
  const location = response.headers.get("location");
  const mapped = location === null ? undefined : await relocate?.(location);
  if (mapped !== undefined) headers.set("location", mapped);
  return new Response(response.body, { status: response.status, headers });
}

/** `GET /v2/<name>/tags/list` */
export async function tags(x: Exchange): Promise<Response> {
  const query = pageQuery(x.query);
  const response = await passThrough(x, { path: "tags/list", query });
  return await mapBody(response, (body) => ({ ...body, name: x.target.asked }));
}

/** `GET /v2/_catalog`: only what can be pulled through this address. */
export async function catalog(x: Exchange): Promise<Response> {
  const response = await passThrough(x, {
    path: "/v2/_catalog",
    query: pageQuery(x.query),
    scopes: ["registry:catalog:*"],
  });
  return await mapBody(response, (body) => {
    const names = Array.isArray(body["repositories"]) ? body["repositories"] : [];
    const mapped = names.flatMap((name) =>
      typeof name === "string" ? clientName(x.target, name) ?? [] : []
    );
    return { ...body, repositories: mapped.filter((name) => x.access.mayList(x.target, name)) };
  });
}

/** `GET /v2/<name>/referrers/<digest>`; a 404 tells the client to try the tag schema. */
export function referrers(x: Exchange<Extract<OciPath, { kind: "referrers" }>>): Promise<Response> {
  const type = x.query.get("artifactType");
  return passThrough(x, {
    path: `referrers/${x.path.digest}`,
    query: type ? new URLSearchParams({ artifactType: type }).toString() : "",
    headers: { accept: "application/vnd.oci.image.index.v1+json" },
  });
}

const MAX_LIST = 16 * 2 ** 20;

async function mapBody(
  response: Response,
  map: (body: Record<string, unknown>) => unknown,
): Promise<Response> {
  if (response.body === null) return response;
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  headers.delete("etag");
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(await readLimited(response, MAX_LIST)));
  } catch {
    body = undefined;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new OciError("UNAVAILABLE", {
      status: 502,
      message: "upstream answered a list request with something that is not a JSON object",
    });
  }
  return Response.json(map(body as Record<string, unknown>), {
    status: response.status,
    headers,
  });
}

/** `n` and `last`, checked: distribution-spec, "Listing Tags". */
function pageQuery(query: URLSearchParams): string {
  const page = new URLSearchParams();
  const n = query.get("n");
  const last = query.get("last");
  if (n !== null && !/^\d{1,6}$/.test(n)) {
    throw new OciError("PAGINATION_NUMBER_INVALID", {
      message: "invalid n: expected a number of results",
    });
  }
  if (n !== null) page.set("n", n);
  if (last !== null) page.set("last", last.slice(0, 512));
  return page.toString();
}
