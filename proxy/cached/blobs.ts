/** `GET` and `HEAD /v2/<name>/blobs/<digest>` */
import type { Cache } from "../../cache/api.ts";
import type { Answer } from "../answer.ts";
import { type BlobRules, serveBlob } from "./by_digest.ts";
import { evidenceOf } from "./evidence.ts";
import type { Exchange, PathOf } from "../exchange.ts";
import { discard } from "../http/body.ts";
import { allowsRange } from "../http/etag.ts";
import { hull, parseRanges } from "../http/range.ts";
import { passThrough } from "../through/pass.ts";
import { somethingElse } from "./upstream_content.ts";

/** Without a cache, or where clients are to be redirected, blobs pass through. */
export async function blob(
  x: Exchange,
  { digest }: PathOf<"blob">,
  cache: Cache | undefined,
  rules: BlobRules,
): Promise<Answer> {
  const path = `blobs/${digest}`;
  if (!cache || x.target.registry.redirects === "pass") {
    const response = await passThrough(x, { path }, (signed) => signed);
    if (response.status < 300 && evidenceOf(response, { digest }) === "other") {
      await discard(response);
      throw somethingElse(x);
    }
    return { response, cache: "pass" };
  }
  const { headers } = x.request;
  const ranges = allowsRange(headers.get("if-range"), `"${digest}"`)
    ? parseRanges(headers.get("range"))
    : undefined;
  // Where several cannot be answered as they are, as of what is not here, they are taken as one.
  const wanted = ranges && { range: hull(ranges), ranges: ranges.length > 1 ? ranges : undefined };
  return await serveBlob(x, cache, { digest, path, accept: "", ...wanted }, rules);
}
