/** Which parts of an image are wanted, by what its manifests say. Pure. */
import { type Reference, referencesOf } from "../../cache/manifest.ts";

/** What of an image is wanted. */
export interface Choice {
  /** Empty: every platform. */
  platforms: readonly string[];
  /** Attestations that an index lists, too. */
  referrers: boolean;
}

/** What a manifest or an index leads to. */
export interface Chosen {
  manifests: Reference[];
  attestations: Reference[];
  blobs: Reference[];
  /** Platforms that an index has; empty for what is none. */
  offered: string[];
  /** Of the wanted platforms, those that it does not have. */
  lacking: string[];
}

/** What `choice` means of the manifest or index in `bytes`. */
export function choose(bytes: Uint8Array, { platforms, referrers }: Choice): Chosen {
  const references = referencesOf(bytes);
  const entries = references.filter(({ kind }) => kind === "manifest");
  const images = entries.filter(({ platform }) => !isAttestation(platform));
  const offered = images.flatMap(({ platform }) => platform || []);
  const wanted = images.filter(({ platform }) => isWanted(platform, platforms));
  const subjects = new Set(wanted.map(({ digest }) => digest));
  const attestations = referrers ? attestationsOf(bytes, subjects) : new Set();
  return {
    manifests: wanted,
    attestations: entries.filter(({ digest }) => attestations.has(digest)),
    blobs: references.filter(({ kind, mediaType }) =>
      (kind === "config" || kind === "layer") && !isElsewhere(mediaType)
    ),
    offered,
    lacking: offered.length === 0
      ? []
      : platforms.filter((word) => !offered.some((platform) => isWanted(platform, [word]))),
  };
}

/** `linux/arm` means every variant of it; an entry without a platform, as of an artifact, is wanted. */
function isWanted(platform: string, wanted: readonly string[]): boolean {
  if (wanted.length === 0 || platform === "") return true;
  return wanted.some((word) =>
    platform === word || platform.startsWith(`${word}/`) || platform === bare(word)
  );
}

/** The variants that are left out where they are the only one: `linux/arm64/v8`, `linux/amd64/v1`. */
function bare(platform: string): string {
  return platform.replace(/^(.+\/arm64)\/v8$|^(.+\/amd64)\/v1$/, "$1$2");
}

/** What BuildKit calls the platform of an attestation. */
function isAttestation(platform: string): boolean {
  return platform === "unknown/unknown";
}

/** Layers that are to be had from their vendor alone: registries need not have them (OCI image spec). */
export function isElsewhere(mediaType: string): boolean {
  return /nondistributable|\.foreign\./.test(mediaType);
}

/** Digests of BuildKit's attestations for any of `subjects`. */
function attestationsOf(bytes: Uint8Array, subjects: ReadonlySet<string>): Set<string> {
  const index = JSON.parse(new TextDecoder().decode(bytes));
  const entries: unknown[] = Array.isArray(index.manifests) ? index.manifests : [];
  return new Set(entries.flatMap((entry) => {
    const { digest, annotations } = Object(entry);
    const subject = Object(annotations)["vnd.docker.reference.digest"];
    return typeof digest === "string" && subjects.has(subject) ? [digest] : [];
  }));
}
