/** From the patterns of a rule to images: which repositories and tags there are. */
import { globPattern } from "../../base/glob.ts";
import { fitting, type ImagePattern, parsePattern } from "../../base/image_pattern.ts";
import { imageTarget } from "../names/image.ts";
import type { RegistryMap } from "../names/target.ts";
import type { Asker } from "./asker.ts";
import { imageOf, refuseUnkept } from "./image.ts";

/** What a pattern means now. */
export interface Match {
  pattern: string;
  /** `docker/library/nginx:1.27.3`, the newest first. */
  images: string[];
  /** How many tags fit, of which `images` are what is kept. */
  fits: number;
  /** Why it means nothing, or not all; empty where it does. */
  problem: string;
}

export interface ExpandMeans {
  asker: Pick<Asker, "pages">;
  map: RegistryMap;
  /** Repositories that are in the cache, as `quay/org/app`, of one registry. */
  cached(registry: string): string[];
  signal: AbortSignal;
}

interface ExpandOptions {
  /** The newest of each repository that are kept; 0: all. */
  keep: number;
  /** The most images that one pattern may mean. */
  maxTags: number;
}

/** Tags, and repositories, that are asked for at a time. */
const PAGE = 1000;
const MOST_REPOSITORIES = 100;

/** What `pattern` means; what is wrong with it is told, and never thrown but for the signal's reason. */
export async function expand(
  pattern: string,
  options: ExpandOptions,
  means: ExpandMeans,
): Promise<Match> {
  const match: Match = { pattern, images: [], fits: 0, problem: "" };
  try {
    const parsed = parsePattern(pattern);
    for (const repository of await repositoriesOf(parsed, means)) {
      const tags = "fits" in parsed.tag ? await tagsOf(repository, means) : [];
      const colon = parsed.tag.kind === "digest" ? "@" : ":";
      const all = fitting(parsed.tag, tags);
      match.fits += all.length;
      match.images.push(
        ...(options.keep > 0 ? all.slice(0, options.keep) : all).map((tag) =>
          repository + colon + tag
        ),
      );
    }
    if (match.images.length > options.maxTags) {
      const { length } = match.images;
      match.images.length = 0;
      throw new Error(
        `it means ${length} images, more than max_tags (${options.maxTags}): narrow it down, ` +
          "keep fewer, or allow more",
      );
    }
    if (match.images.length === 0) throw new Error("no tag fits it now");
  } catch (error) {
    means.signal.throwIfAborted();
    match.problem = error instanceof Error ? error.message : String(error);
  }
  return match;
}

/** Repositories as the cache names them. */
async function repositoriesOf(
  { name, text }: ImagePattern,
  means: ExpandMeans,
): Promise<string[]> {
  if (!/[*?]/.test(name)) return [imageOf(name, means.map).key];
  const slash = name.indexOf("/");
  const registry = slash > 0 ? means.map.findInName(name.slice(0, slash)) : means.map.default;
  if (!registry) throw new Error(`${text}: expected a registry before the first slash`);
  refuseUnkept(registry);
  const glob = globPattern(`${registry.name}/${slash > 0 ? name.slice(slash + 1) : name}`);
  const known = new Set(means.cached(registry.name));
  for (const found of await catalogOf(registry.name, means)) known.add(found);
  const matching = [...known].filter((repository) => glob.test(repository)).sort();
  if (matching.length === 0) {
    throw new Error(
      "it fits no repository that is cached or that the registry's catalog names",
    );
  }
  if (matching.length > MOST_REPOSITORIES) {
    throw new Error(`it fits ${matching.length} repositories, and ${MOST_REPOSITORIES} may`);
  }
  return matching;
}

/** What the registry says that it has; nothing where it does not say, as public ones do not. */
async function catalogOf(registry: string, { asker, signal }: ExpandMeans): Promise<string[]> {
  const whole = { registry, repository: "" };
  const found: string[] = [];
  try {
    for await (const page of asker.pages(whole, `_catalog?n=${PAGE}`, signal)) {
      for (const name of strings(Object(page).repositories)) found.push(`${registry}/${name}`);
    }
  } catch {
    signal.throwIfAborted();
  }
  return found;
}

/** Every tag of a repository (`docker/library/nginx`). Throws what the registry refuses with. */
async function tagsOf(repository: string, { asker, map, signal }: ExpandMeans): Promise<string[]> {
  const { registry, repository: name } = imageTarget(map, repository)!;
  const image = { registry: registry.name, repository: name };
  const found: string[] = [];
  for await (const page of asker.pages(image, `tags/list?n=${PAGE}`, signal)) {
    for (const tag of strings(Object(page).tags)) found.push(tag);
  }
  return found;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
