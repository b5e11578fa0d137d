/** Sign-in of clients at their own registry (`auth.mode: client`), through our own host and port. */
import type { Access } from "../access/permissions.ts";
import { mapScopes } from "./client_challenge.ts";
import { OciError } from "../oci/errors.ts";
import { inClientsNames } from "../names/client_names.ts";
import { looksLikeHost } from "../oci/path.ts";
import type { ProofBook } from "./proof.ts";
import type { Registry } from "../config/schema.ts";
import { type RegistryMap, type Target, upstreamName } from "../names/target.ts";
import { readLimited } from "../http/body.ts";
import type { Upstream } from "../upstream/client.ts";

/** A client's request for a token, routed to the registry that it is for. */
export interface TokenExchange {
  readonly request: Request;
  readonly target: Target;
  readonly upstream: Upstream;
  readonly access: Access;
}

/**
 * `GET` and `POST /token/<registry>`: the client's request, each scope mapped to upstream's names,
 * handed to that registry's own token server and nowhere else. Scopes that `access` does not grant
 * are left out. How long the token lasts is kept in `proofs`; `now` in Unix milliseconds.
 */
export async function tokenEndpoint(
  { request, target, upstream, access }: TokenExchange,
  map: RegistryMap,
  { proofs, now }: { proofs: ProofBook; now(): number },
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
    const spelled = looksLikeHost(first) && map.findInName(first)?.name === registry.name;
    const repository = upstreamName(registry, spelled ? rest.join("/") : name);
    return access.may(registry, repository, "pull") ? repository : undefined;
  };
  const posted = request.method === "POST";
  const asked = posted ? await readForm(request) : new URL(request.url).searchParams;
  const authorization = request.headers.get("authorization");
  const asking = now();
  const response = await upstream.token({
    method: posted ? "POST" : "GET",
    params: mapParameters(asked, (scopes) => clientScopes(registry, scopes, toUpstream)),
    ...(authorization === null ? {} : { authorization }),
    signal: request.signal,
  });
  const headers = new Headers({ "cache-control": "no-store" });
  for (const name of ["content-type", "retry-after"]) {
    const value = response.headers.get(name);
    if (value) headers.set(name, value);
  }
  if (!response.ok) {
    return new Response(await refusalText(target, response), { status: response.status, headers });
  }
  const bytes = await readLimited(response, MAX_TOKEN);
  if (!bytes) {
    const message = `the token server of ${registry.name} gave an answer that is too long`;
    throw new OciError("UNAVAILABLE", { status: 502, message });
  }
  const anonymous = authorization === null && [...asked.keys()].every((key) => OPEN.has(key));
  for (const { token, lasts } of tokensIn(bytes)) {
    const expires = lasts === undefined ? undefined : asking + lasts;
    proofs.remember({ registry: registry.name, token, expires, anonymous });
  }
  return new Response(bytes, { status: response.status, headers });
}

/** Parameters that say nothing of who asks. */
const OPEN = new Set(["service", "scope", "client_id", "offline_token"]);
const MAX_TOKEN = 64 * 2 ** 10;

/** The tokens of a token server's answer, and how many milliseconds they last. */
function tokensIn(bytes: Uint8Array): { token: string; lasts: number | undefined }[] {
  try {
    const { token, access_token, expires_in } = JSON.parse(new TextDecoder().decode(bytes));
    const lasts = typeof expires_in === "number" ? expires_in * 1000 : undefined;
    return [token, access_token].flatMap((one) =>
      typeof one === "string" && one !== "" ? [{ token: one, lasts }] : []
    );
  } catch {
    return [];
  }
}

/** What a token server says that gives none, in the client's names; nothing where that cannot be. */
async function refusalText(target: Target, response: Response): Promise<string | null> {
  const text = new TextDecoder().decode(await readLimited(response, MAX_FORM));
  return inClientsNames(target, text) ?? null;
}

/**
 * `scopes` as upstream is to be asked for them. Behind a prefix nothing passes but repositories with
 * actions, which are mapped: what another token server makes of other spellings nobody knows.
 */
function clientScopes(
  { repo_prefix }: Registry,
  scopes: string,
  map: (name: string) => string | undefined,
): string {
  const known = repo_prefix
    ? scopes.split(/\s+/).filter((scope) => /^repository:[^:]+:[a-z,*]+$/.test(scope)).join(" ")
    : scopes;
  return mapScopes(known, map);
}

/** The parameters of a token request: distribution's token and OAuth 2 specifications. */
const PARAMETERS = new Set([
  "access_type",
  "account",
  "client_id",
  "grant_type",
  "offline_token",
  "password",
  "refresh_token",
  "scope",
  "service",
  "username",
]);

/** Every `scope` is kept (there may be several), each mapped; what nobody knows is left out. */
function mapParameters(
  parameters: URLSearchParams,
  mapScope: (scopes: string) => string,
): URLSearchParams {
  const mapped = new URLSearchParams();
  for (const [name, value] of parameters) {
    const sent = name === "scope" ? mapScope(value) : value;
    if (PARAMETERS.has(name) && (sent !== "" || name !== "scope")) mapped.append(name, sent);
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
