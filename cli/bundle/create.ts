/** `berth bundle create`: images by the fills of a pull, out of the cache into an archive. */
import type { KeyObject } from "node:crypto";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { formatSize } from "../../base/units.ts";
import { hasherFor } from "../../cache/hash.ts";
import { type ImageProgress, type Pull, type Wanted } from "../../proxy/ahead/progress.ts";
import { COSIGN } from "../../proxy/ahead/referrers.ts";
import { urlHost } from "../../proxy/config/registry_words.ts";
import type { Config } from "../../proxy/config/schema.ts";
import { wordsOf } from "../ahead.ts";
import type { CacheControl } from "../cache_socket.ts";
import { openContents } from "./contents.ts";
import { PartsWriter } from "./parts.ts";
import { type Former, formerOf, type Plan, planOf, type Pulled } from "./plan.ts";
import { BundleProblem } from "./problem.ts";
import { readBundle } from "./read.ts";
import { END, headerOf, paddingOf } from "./tar.ts";

interface CreateOptions {
  wanted: Wanted;
  output: string;
  /** The bundle that it is made against; none: it holds everything. */
  since: readonly string[];
  /** Bytes of a part; 0: the whole is one file. */
  split: number;
  key: KeyObject | undefined;
}

interface CreateMeans {
  config: Config;
  cache: Pick<CacheControl, "pull" | "content" | "past">;
  /** `linux/amd64`: what Docker is to load where there are several. */
  platform: string;
  now(): number;
  pulling(now: Pull): void;
  /** Told of bytes that are written. */
  written(bytes: number, total: number): void;
}

export interface Created {
  files: string[];
  images: number;
  blobs: number;
  /** Bytes of the archive. */
  bytes: number;
  left: Plan["left"];
}

/** Throws {@linkcode BundleProblem}, and leaves what had the name before as it was. */
export async function createBundle(
  { wanted, output, since, split, key }: CreateOptions,
  means: CreateMeans,
): Promise<Created> {
  const { cache, config, platform, now, pulling, written } = means;
  const former = since.length > 0 ? await formerAt(since) : undefined;
  const pull = await cache.pull(wanted, pulling);
  const failed = pull.images.filter(({ state }) => state !== "done");
  if (failed.length > 0) throw new BundleProblem(failed.map(wordsOf).join("\n"));
  const pulled: Came[] = [];
  for (const image of pull.images) {
    const came = pulledOf(image, config);
    pulled.push(came, ...await signaturesOf(came, cache));
  }
  const again = new Again(cache, wanted, new Map(pulled.map(({ name, key }) => [name, key])));
  const plan = await planOf(pulled, {
    ...{ former, key, platform, created: now() },
    manifest: async (digest) => {
      const image = pulled.find(({ parts }) => parts.has(digest))!;
      return await new Response(await again.content(digest, image.name)).bytes();
    },
  });
  await expectRoom(output, plan.total);
  const files = await writePlan(plan, { output, split }, again, written);
  const { blobs, total, left } = plan;
  return { files, images: pull.images.length, blobs: blobs.length, bytes: total, left };
}

async function formerAt(paths: readonly string[]): Promise<Former> {
  try {
    await using contents = await openContents(paths);
    const former = formerOf(await readBundle(contents));
    if (former) return former;
  } catch (error) {
    if (!(error instanceof BundleProblem)) throw error;
    throw new BundleProblem(`--since ${paths[0]}: ${error.message}`);
  }
  throw new BundleProblem(`--since ${paths[0]}: expected a bundle that Berth has made`);
}

/** An image that has come; `key` is what the cache calls it, `subjects` may be signed by way of a tag. */
interface Came extends Pulled {
  key: string;
  subjects: readonly string[];
}

/** What cosign keeps under tags of its own about `image`, so that it is found there again. */
async function signaturesOf(image: Came, cache: CreateMeans["cache"]): Promise<Came[]> {
  const { key, name, parts, referrers, subjects } = image;
  const found: Came[] = [];
  if (referrers.length === 0) return found;
  for (const subject of subjects) {
    for (const suffix of COSIGN) {
      const withTag = (name: string) =>
        name.replace(/(@[^@]+|:[^:/]+)$/, `:${subject.replace(":", "-")}.${suffix}`);
      const [current] = (await cache.past(withTag(key))).digests;
      if (!current || !parts.has(current.digest)) continue;
      found.push({ ...image, name: withTag(name), digest: current.digest, referrers: [] });
    }
  }
  return found;
}

/** `image` as a bundle names it. */
function pulledOf(
  { image, registry, digest, parts }: ImageProgress,
  { registries }: Config,
): Came {
  const { aliases, url } = registries[registry]!;
  const host = aliases[0] ?? urlHost({ url });
  return {
    name: `${host}${image.slice(registry.length)}`,
    ...{ registry, digest, key: image },
    subjects: parts.filter(({ kind }) => kind === "index" || kind === "manifest")
      .map(({ digest }) => digest),
    parts: new Map(parts.map(({ digest, size }) => [digest, size])),
    referrers: parts.filter(({ kind }) => kind === "referrer").map(({ digest }) => digest),
  };
}

/** Content out of the cache, which is pulled once more where it has been evicted meanwhile. */
class Again {
  readonly #cache: CreateMeans["cache"];
  readonly #wanted: Wanted;
  readonly #keys: ReadonlyMap<string, string>;

  constructor(
    cache: CreateMeans["cache"],
    wanted: Wanted,
    keys: ReadonlyMap<string, string>,
  ) {
    this.#cache = cache;
    this.#wanted = wanted;
    this.#keys = keys;
  }

  async content(digest: string, image: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const found = await this.#cache.content(digest) ?? await this.#pulled(digest, image);
    return found as ReadableStream<Uint8Array<ArrayBuffer>>;
  }

  async #pulled(digest: string, image: string) {
    await this.#cache.pull({ ...this.#wanted, images: [this.#keys.get(image)!] }, () => {});
    const content = await this.#cache.content(digest);
    if (content) return content;
    throw new BundleProblem(
      `${digest} of ${image} does not stay in the cache: there is no room for it (cache.max_size)`,
    );
  }
}

async function expectRoom(output: string, total: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(output)).catch(() => {
    throw new BundleProblem(`cannot write ${output}: there is no such directory`);
  });
  const free = bavail * bsize;
  if (total <= free) return;
  throw new BundleProblem(
    `the bundle takes ${formatSize(total)} and the disk of ${output} has ${
      formatSize(free)
    } free: ` +
      `${formatSize(total - free)} are missing`,
  );
}

async function writePlan(
  { files, blobs, total, created }: Plan,
  { output, split }: { output: string; split: number },
  again: Again,
  written: CreateMeans["written"],
): Promise<string[]> {
  await using writer = new PartsWriter(output, split);
  let done = 0;
  const write = async (bytes: Uint8Array) => {
    await writer.write(bytes);
    written(done += bytes.length, total);
  };
  for (const { path, bytes } of files) {
    await write(headerOf(path, bytes.length, created));
    await write(bytes);
    await write(paddingOf(bytes.length));
  }
  for (const { digest, size, path, image } of blobs) {
    await write(headerOf(path, size, created));
    const hasher = hasherFor(digest);
    let length = 0;
    for await (const piece of await again.content(digest, image)) {
      hasher.update(piece);
      length += piece.length;
      await write(piece);
    }
    if (length !== size || hasher.finish() !== digest) {
      throw new BundleProblem(`${digest} of ${image} is not what the cache gave: try once more`);
    }
    await write(paddingOf(size));
  }
  await write(END);
  return await writer.finish();
}
