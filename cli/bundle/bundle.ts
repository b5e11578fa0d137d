/** What a bundle brings, whichever tool has made it. */
import type { Held } from "./contents.ts";
import type { BundleManifest } from "./manifest.ts";

export interface BundleImage {
  /** As it stands there; empty where it has none. */
  name: string;
  /** What its registry was called by the Berth that made the bundle; empty where none did. */
  registry: string;
  digest: string;
  referrers: readonly string[];
}

export interface Bundle {
  images: readonly BundleImage[];
  /** By digest. */
  blobs: ReadonlyMap<string, Held>;
  /** Bytes by digest of what has to be there before. */
  needs: ReadonlyMap<string, number>;
  since: BundleManifest["since"];
  /** Digest of what it says of itself; `undefined` where another tool made it. */
  identity: string | undefined;
  /** Unix milliseconds; `undefined` where nobody says. */
  created: number | undefined;
  /** What a signature of it is about, with it; only bundles of Berth's are signed. */
  signed: { bytes: Uint8Array<ArrayBuffer>; signature: string } | undefined;
}
