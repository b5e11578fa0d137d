/** Manifests that are handed on and not kept. */
import { isManifestType, manifestType } from "../../cache/manifest.ts";
import type { Answer } from "../answer.ts";
import type { Exchange, PathOf } from "../exchange.ts";
import { discard } from "../http/body.ts";
import { passThrough } from "../through/pass.ts";
import { isPage, sizeIn } from "./evidence.ts";
import { noManifest, readManifest } from "./fetch_tag.ts";

/**
 * Without a cache, or where clients are to be redirected, manifests pass through in their own bytes.
 * Throws a 502 for what is none, such as a sign-in page: clients would take it for one.
 */
export async function passManifest(x: Exchange, path: PathOf<"manifest">): Promise<Answer> {
  const question = { path: `manifests/${path.reference.value}` };
  const response = await passThrough(x, question, (signed) => signed);
  if (response.status >= 300) return { response, cache: "pass" };
  const { headers } = response;
  if (x.request.method === "HEAD") {
    await discard(response);
    if (response.status !== 200 || isPage(headers)) throw noManifest(x);
    if (sizeIn(response) === undefined) headers.delete("content-length");
    return { response: new Response(null, { headers }), cache: "pass" };
  }
  const bytes = await readManifest(x, response);
  const type = manifestType(bytes, headers.get("content-type") ?? "");
  if (response.status !== 200 || !type) throw noManifest(x);
  if (!isManifestType(headers.get("content-type") ?? "")) headers.set("content-type", type);
  headers.set("content-length", String(bytes.length));
  return { response: new Response(bytes, { headers }), cache: "pass" };
}
