/** What Berth reads for itself on behalf of a request: manifests, configs, signatures, by way of the cache. */
import type { Cache } from "../../cache/api.ts";
import type { Exchange } from "../exchange.ts";
import { readLimited } from "../http/body.ts";
import type { CacheResult } from "../observe/record.ts";
import type { OciPath } from "../oci/path.ts";
import { ANY_MANIFEST } from "../oci/manifest.ts";
import { serveBlob } from "./by_digest.ts";
import { serveManifest } from "./manifest_by_digest.ts";

/** Longest config or signature that is looked into, in bytes. */
const LONGEST = 4 * 2 ** 20;
/** Nobody in front of us can send what we read ourselves. */
const RULES = {
  accel_redirect: "",
  redirects: () => false,
  warn: () => {},
  ranges: { direct: 0, wait: 0 },
};

export interface Manifest {
  bytes: Uint8Array;
  mediaType: string;
  /** How the cache answered. */
  cache: CacheResult;
}

/** The manifest `digest`, as the client of `x` could have it. Throws what the client would get. */
export async function manifestBytes(x: Exchange, cache: Cache, digest: string): Promise<Manifest> {
  const name = x.target.asked;
  const own = ownRead(x, { kind: "manifest", name, reference: { kind: "digest", value: digest } });
  const { response, cache: result } = await serveManifest(own, cache, digest);
  const mediaType = response.headers.get("content-type") ?? "";
  return { bytes: await response.bytes(), mediaType, cache: result };
}

/** The blob `digest`; undefined where it is too long to be looked into. Throws as {@linkcode manifestBytes}. */
export async function blobBytes(
  x: Exchange,
  cache: Cache,
  digest: string,
): Promise<Uint8Array | undefined> {
  const own = ownRead(x, { kind: "blob", name: x.target.asked, digest });
  const wanted = { digest, path: `blobs/${digest}`, accept: "" };
  const { response } = await serveBlob(own, cache, wanted, RULES);
  return await readLimited(response, LONGEST);
}

/** `x` as a GET of `path` that no client waits for the end of. */
export function ownRead(x: Exchange, path: OciPath): Exchange {
  const { url } = x.request;
  return { ...x, path, request: new Request(url, { headers: { accept: ANY_MANIFEST } }) };
}
