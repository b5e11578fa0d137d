/** Content by digest as upstream has it. */
import type { ByteRange } from "../../base/byte_range.ts";
import type { Cache } from "../../cache/api.ts";
import type { Source } from "../../cache/types.ts";
import { ask, countBytes, refusal } from "../ask.ts";
import type { Exchange } from "../exchange.ts";
import { parseContentRange } from "../http/range.ts";
import { repositoryKey } from "../names/target.ts";
import { OciError } from "../oci/errors.ts";
import { bareMediaType } from "../oci/manifest.ts";
import type { Known } from "./respond.ts";

/** What is asked for, and where upstream has it. */
export interface Wanted {
  digest: string;
  /** What follows `/v2/<repository>/` upstream. */
  path: string;
  /** Accept header for upstream. */
  accept: string;
  range?: ByteRange | undefined;
}

/**
 * Asks by HEAD whether the repository has it, and links what it has to the repository. Throws
 * `OciError` for an answer that is no success, and `UpstreamError` where there was none.
 */
export async function headUpstream(
  x: Exchange,
  cache: Cache,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Known> {
  const response = await ask(x, {
    method: "HEAD",
    path: wanted.path,
    headers: wanted.accept ? { accept: wanted.accept } : {},
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw await refusal(x, response);
  await response.body?.cancel();
  cache.link(repositoryKey(x.target), wanted.digest);
  const length = response.headers.get("content-length");
  return {
    digest: wanted.digest,
    mediaType: bareMediaType(response.headers.get("content-type")),
    size: length === null ? undefined : Number(length),
  };
}

/** Upstream as a source of bytes from any offset on; each call is a request of its own. */
export function sourceOf(x: Exchange, wanted: Wanted): Source {
  return async (from, signal, hints) => {
    const headers: Record<string, string> = wanted.accept ? { accept: wanted.accept } : {};
    if (from > 0) headers["range"] = `bytes=${from}-`;
    const response = await ask(x, {
      method: "GET",
      path: wanted.path,
      headers,
      signal,
      watchIdle: false, // the fill has its own watch on how long nothing comes
      ...(hints?.once ? { retries: 0 } : {}),
    });
    if (response.status !== 200 && response.status !== 206) throw await refusal(x, response);
    if (response.body === null) {
      throw new OciError("UNAVAILABLE", { status: 502, message: "upstream answered with nothing" });
    }
    const answer = extent(response, from);
    countBytes(x, (answer.total ?? 0) - answer.offset);
    return {
      ...answer,
      mediaType: bareMediaType(response.headers.get("content-type")),
      body: response.body,
    };
  };
}

/** Which part of the whole `response` holds. A server may ignore Range and begin at the start. */
function extent(
  response: Response,
  from: number,
): { offset: number; total: number | undefined } {
  const length = response.headers.get("content-length");
  if (response.status === 200) {
    return { offset: 0, total: length === null ? undefined : Number(length) };
  }
  const range = parseContentRange(response.headers.get("content-range"));
  if (range?.start === from) return { offset: from, total: range.total };
  void response.body?.cancel();
  throw new OciError("UNAVAILABLE", {
    status: 502,
    message: "upstream answered with another range than it was asked for",
  });
}
