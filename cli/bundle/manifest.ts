/** What a bundle of Berth's says of itself: which images, which content, and what it builds on. */
import { z } from "zod";
import { parseDigest } from "../../cache/digest.ts";
import { digestOf } from "../../cache/hash.ts";
import { bytesOf, type Contents } from "./contents.ts";
import { BundleProblem } from "./problem.ts";

/** Of the files beside an OCI layout's own. */
export const MANIFEST_FILE = "berth-bundle.json";
/** As `sha256sum` writes it. */
export const CHECKSUM_FILE = "berth-bundle.sha256";
/** In base64, over the bytes of {@linkcode MANIFEST_FILE}. */
export const SIGNATURE_FILE = "berth-bundle.sig";

/** What this version writes; it reads this and whatever came before. */
const VERSION = 1;

const digest = z.string().refine((text) => parseDigest(text) !== undefined, "expected a digest");
const blob = z.object({ digest, size: z.number().int().min(0) });
const schema = z.object({
  version: z.number().int(),
  /** Unix milliseconds. */
  created: z.number(),
  images: z.array(z.object({
    /** `docker.io/library/nginx:1.27`, or with `@` and a digest. */
    name: z.string(),
    /** What the registry is called in the configuration it comes from. */
    registry: z.string(),
    digest,
    /** Manifests of what refers to it. */
    referrers: z.array(digest),
  })),
  /** Content that it holds. */
  blobs: z.array(blob),
  /** Content that belongs to the images and is in bundles before it. */
  needs: z.array(blob),
  /** The bundle that it was made against. */
  since: z.object({ digest, created: z.number() }).nullable(),
  /** Digests of its other files. */
  files: z.record(z.string(), digest),
});

export type BundleManifest = z.output<typeof schema>;

/** `manifest` as it stands in a bundle. */
export function writeManifest(manifest: Omit<BundleManifest, "version">): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify({ version: VERSION, ...manifest }, null, 1);
  return new TextEncoder().encode(`${text}\n`);
}

/** The content of {@linkcode CHECKSUM_FILE}. */
export function checksumOf(manifest: Uint8Array): string {
  return `${digestOf(manifest).slice("sha256:".length)}  ${MANIFEST_FILE}\n`;
}

/** The manifest with its bytes; `undefined` in what other tools made. */
export async function readManifest(
  { files }: Contents,
): Promise<{ manifest: BundleManifest; bytes: Uint8Array<ArrayBuffer> } | undefined> {
  const [file, sum] = [files.get(MANIFEST_FILE), files.get(CHECKSUM_FILE)];
  if (!file && !sum) return undefined;
  if (!file || !sum) throw new BundleProblem(`it lacks ${file ? CHECKSUM_FILE : MANIFEST_FILE}`);
  const bytes = await bytesOf(file, MANIFEST_FILE);
  const expected = new TextDecoder().decode(await bytesOf(sum, CHECKSUM_FILE));
  if (expected !== checksumOf(bytes)) {
    throw new BundleProblem(
      `${MANIFEST_FILE} was altered: it is ${digestOf(bytes)}, not sha256:${expected.slice(0, 64)}`,
    );
  }
  const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const version = Object(parsed).version;
  if (typeof version === "number" && version > VERSION) {
    throw new BundleProblem(
      `it was made by a newer version of Berth (form ${version}; this one reads ${VERSION}): ` +
        "load it with that version",
    );
  }
  const result = schema.safeParse(parsed);
  if (result.success) return { manifest: result.data, bytes };
  const [issue] = result.error.issues;
  throw new BundleProblem(
    `${MANIFEST_FILE} is wrong at ${issue!.path.join(".")}: ${issue!.message}`,
  );
}
