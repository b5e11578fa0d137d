/** A client's own token request, handed on (`auth.mode: client`). */
import type { Challenge } from "./challenge.ts";
import { UpstreamError } from "./errors.ts";
import { realmAllowed } from "./realm.ts";
import type { TargetCheck } from "./target.ts";
import { askTokenServer } from "./token.ts";
import type { Transport } from "./transport.ts";

export interface TokenForward {
  method: "GET" | "POST";
  /** Query of the GET or form of the POST; every `scope` already names upstream's repositories. */
  params: URLSearchParams;
  /** The client's, as sent. */
  authorization?: string;
  signal?: AbortSignal;
}

export interface ForwardOptions {
  /** Name of the registry, for errors. */
  registry: string;
  own: URL;
  transport: Transport;
  checkTarget: TargetCheck;
  /** The registry's own, which says where its tokens come from. */
  challenge: Challenge | undefined;
}

/**
 * Asks the registry's realm in the client's name and returns its answer, whatever the status. The
 * realm is taken from the registry's challenge, never from the client, and `service` is the
 * registry's. Throws {@linkcode UpstreamError}; `token-server` where the registry has no realm.
 */
export async function forwardToken(
  { method, params, authorization, signal }: TokenForward,
  { registry, own, transport, checkTarget, challenge }: ForwardOptions,
): Promise<Response> {
  const realm = URL.parse(challenge?.params.realm ?? "");
  if (!challenge || challenge.scheme !== "bearer" || !realm) {
    const reason = "it does not hand out tokens";
    throw new UpstreamError("token-server", registry, { reason });
  }
  if (!realmAllowed(realm, own)) {
    const reason = "its challenge names a token server that is not its own";
    throw new UpstreamError("forbidden-target", registry, { reason });
  }
  const sent = new URLSearchParams(params);
  sent.delete("service");
  if (challenge.params.service) sent.set("service", challenge.params.service);
  const headers = new Headers({ accept: "application/json", "accept-encoding": "identity" });
  if (authorization !== undefined) headers.set("authorization", authorization);
  const send = (url: URL, body?: Uint8Array<ArrayBuffer>) =>
    askTokenServer(url, async () => {
      const addresses = await checkTarget(realm);
      return await transport.send({ method, url, headers, signal, addresses, ...body && { body } });
    });
  if (method === "GET") {
    const url = new URL(realm);
    for (const [name, value] of sent) url.searchParams.append(name, value);
    return await send(url);
  }
  headers.set("content-type", "application/x-www-form-urlencoded");
  const body = new TextEncoder().encode(sent.toString());
  return await send(realm, body);
}
