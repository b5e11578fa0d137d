/** `GET` and `HEAD /v2/<name>/blobs/<digest>` */
import type { Cache } from "../../cache/api.ts";
import { serveDigest } from "./by_digest.ts";
import type { Exchange } from "../exchange.ts";
import { parseRange } from "../http/range.ts";
import type { OciPath } from "../oci/path.ts";
import { passThrough } from "../through/pass.ts";

type Blob = Extract<OciPath, { kind: "blob" }>;

/** Without a cache, or where clients are to be redirected, blobs pass through. */
export function blob(x: Exchange<Blob>, cache: Cache | undefined): Promise<Response> {
  const path = `blobs/${x.path.digest}`;
  if (!cache || x.target.registry.redirects === "pass") {
    x.record.cache = "pass";
    return passThrough(x, { path }, (signed) => signed);
  }
  const range = parseRange(x.request.headers.get("range"));
  return serveDigest(x, cache, { digest: x.path.digest, path, accept: "", range });
}
