/** `GET` and `HEAD /v2/<name>/blobs/<digest>` */
import type { Cache } from "../../cache/api.ts";
import type { Answer } from "../answer.ts";
import { serveDigest } from "./by_digest.ts";
import type { Exchange, PathOf } from "../exchange.ts";
import { parseRange } from "../http/range.ts";
import { passThrough } from "../through/pass.ts";

/** Without a cache, or where clients are to be redirected, blobs pass through. */
export async function blob(
  x: Exchange,
  { digest }: PathOf<"blob">,
  cache: Cache | undefined,
): Promise<Answer> {
  const path = `blobs/${digest}`;
  if (!cache || x.target.registry.redirects === "pass") {
    return { response: await passThrough(x, { path }, (signed) => signed), cache: "pass" };
  }
  const range = parseRange(x.request.headers.get("range"));
  return await serveDigest(x, cache, { digest, path, accept: "", range });
}
