/** Made-up images, the same bytes each time: one file a layer, and nothing in it to run. */
import { digestOf } from "../../cache/hash.ts";

const OCI = "application/vnd.oci.image";
export const INDEX = `${OCI}.index.v1+json`;
export const MANIFEST = `${OCI}.manifest.v1+json`;
const CONFIG = `${OCI}.config.v1+json`;
const LAYER = `${OCI}.layer.v1.tar`;

/** A long time ago: images that are built reproducibly say no other. */
const EPOCH = "1970-01-01T00:00:00Z";

/** Content with its media type. */
export interface Stored {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface DemoImage {
  /** `demo/web` */
  readonly repository: string;
  readonly tag: string;
  readonly index: Stored;
  /** Those of the index, a platform each. */
  readonly manifests: readonly Stored[];
  /** Configurations and layers; what images share is in each. */
  readonly blobs: readonly Stored[];
}

/** Repository and tag, with the names of the layers and their size in KiB. */
const PLAN: readonly [repository: string, tag: string, layers: Record<string, number>][] = [
  ["demo/hello", "1.0", { base: 900, hello: 20 }],
  ["demo/web", "2.1", { base: 900, runtime: 2600, "web-2.1": 700 }],
  ["demo/web", "2.2", { base: 900, runtime: 2600, "web-2.2": 720 }],
  ["demo/db", "16", { base: 900, "db-16": 4200 }],
];
const PLATFORMS = ["linux/amd64", "linux/arm64"];

/** Every image of the demonstration; the base is the same in all of them. */
export function demoImages(): DemoImage[] {
  return PLAN.map(([repository, tag, layers]) => {
    const platforms = PLATFORMS.map((platform) => platformOf(platform, layers));
    const index = json(INDEX, {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: platforms.map(({ manifest, os, architecture }) => ({
        ...descriptor(manifest),
        platform: { os, architecture },
      })),
    });
    return {
      repository,
      tag,
      index,
      manifests: platforms.map(({ manifest }) => manifest),
      blobs: platforms.flatMap(({ blobs }) => blobs),
    };
  });
}

function platformOf(platform: string, sizes: Record<string, number>) {
  const [os = "", architecture = ""] = platform.split("/");
  const layers = Object.entries(sizes).map(([name, kib]) => {
    const bytes = tarOf(`opt/${name}`, numbers(kib * 1024, `${name} ${platform}`));
    return { digest: digestOf(bytes), mediaType: LAYER, bytes };
  });
  const config = json(CONFIG, {
    created: EPOCH,
    os,
    architecture,
    config: { Labels: { "org.opencontainers.image.title": "Made up by berth demo" } },
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    history: Object.keys(sizes).map((name) => ({ created: EPOCH, created_by: `ADD ${name}` })),
  });
  const manifest = json(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor(config),
    layers: layers.map(descriptor),
  });
  return { os, architecture, manifest, blobs: [config, ...layers] };
}

function json(mediaType: string, value: unknown): Stored {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { digest: digestOf(bytes), mediaType, bytes };
}

function descriptor({ mediaType, digest, bytes }: Stored) {
  return { mediaType, digest, size: bytes.length };
}

/** `size` bytes that depend on `seed` alone and do not compress (xorshift32). */
function numbers(size: number, seed: string): Uint8Array<ArrayBuffer> {
  let state = 1;
  for (const character of seed) state = (state * 31 + character.codePointAt(0)!) >>> 0 || 1;
  const words = new Uint32Array(size / 4);
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer);
}

const BLOCK = 512;

/** An archive of one file (POSIX ustar), which belongs to root and is as old as time. */
function tarOf(name: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = Math.ceil(content.length / BLOCK) * BLOCK;
  const archive = new Uint8Array(BLOCK + padded + 2 * BLOCK);
  const write = (offset: number, text: string) =>
    void archive.set(new TextEncoder().encode(text), offset);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  write(0, name);
  write(100, octal(0o644, 7) + octal(0, 7) + octal(0, 7));
  write(124, octal(content.length, 11) + octal(0, 11));
  write(148, " ".repeat(8)); // The checksum counts itself as spaces.
  write(156, "0");
  write(257, "ustar\x0000");
  const sum = archive.subarray(0, BLOCK).reduce((sum, byte) => sum + byte, 0);
  write(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  archive.set(content, BLOCK);
  return archive;
}
