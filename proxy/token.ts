/** Sign-in of clients at their own registry (`auth.mode: client`), through our own host and port. */
import type { Access } from "./access.ts";
import { mapScopes } from "./challenge.ts";
import { OciError } from "./oci/errors.ts";
import { looksLikeHost } from "./oci/path.ts";
import { type RegistryMap, type Target, upstreamName } from "./route.ts";
import type { Upstream } from "./upstream/client.ts";

/**
 * `GET` and `POST /token/<registry>`: the client's request, each scope mapped to upstream's names,
 * handed to that registry's own token server and nowhere else. Scopes that `access` does not grant
 * are left out.
 */
export async function tokenRequest(
  request: Request,
  map: RegistryMap,
  target: Target,
  upstream: Upstream,
  access: Access,
): Promise<Response> {
  const { registry } = target;
  if (registry.auth.mode !== "client") {
    throw new OciError("UNSUPPORTED", {
      status: 404,
      message: `this proxy signs in to ${registry.name} itself; no token is needed`,
    });
  }
  const toUpstream = (name: string) => {
    const [first = "", ...rest] = name.split("/");
    const spelled = looksLikeHost(first) && map.find(first)?.name === registry.name;
    const repository = upstreamName(registry, spelled ? rest.join("/") : name);
    return access.may(registry, repository, "pull") ? repository : undefined;
  };
  const posted = request.method === "POST";
  const asked = posted ? await readForm(request) : new URL(request.url).searchParams;
  asked.delete("ns");
  const authorization = request.headers.get("authorization");
  const response = await upstream.token({
    method: posted ? "POST" : "GET",
    params: mapParameters(asked, toUpstream),
    ...(authorization === null ? {} : { authorization }),
    signal: request.signal,
  });
  const headers = new Headers({ "cache-control": "no-store" });
  for (const name of ["content-type", "retry-after"]) {
    const value = response.headers.get(name);
    if (value) headers.set(name, value);
  }
  return new Response(response.body, { status: response.status, headers });
}

/** Every `scope` is kept (there may be several), each mapped; everything else as it is. */
function mapParameters(
  parameters: URLSearchParams,
  map: (name: string) => string | undefined,
): URLSearchParams {
  const mapped = new URLSearchParams();
  for (const [name, value] of parameters) {
    const kept = name === "scope" ? mapScopes(value, map) : value;
    if (kept !== "" || name !== "scope") mapped.append(name, kept);
  }
  return mapped;
}

const MAX_FORM = 64 * 2 ** 10;

async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "";
  const length = Number(request.headers.get("content-length") ?? "0");
  if (!type.startsWith("application/x-www-form-urlencoded") || length > MAX_FORM) {
    throw new OciError("UNSUPPORTED", {
      status: 400,
      message: "expected a form of at most 64 KiB (application/x-www-form-urlencoded)",
    });
  }
  const text = await request.text();
  return new URLSearchParams(text.slice(0, MAX_FORM));
}
