/** `registry_map`: more registries, `{"name": "https://…"}` in a file or at a URL. */
import { join } from "node:path";
import type { Provenance, Setting } from "./provenance.ts";
import type { ConfigProblem } from "./problem.ts";
import { isTree } from "./path.ts";
import { registryName, registrySchema } from "./schema.ts";
import { MASK, maskUserinfo, resolvePath } from "./secrets.ts";
import { describeReadError } from "../../base/read_error.ts";
import type { System } from "./system.ts";

/** How long a URL may take to answer, in milliseconds. */
const TIMEOUT = 10_000;
const MAX_BYTES = 1 << 20;

/** A map of a URL, as it was read. */
export interface FetchedMap {
  readonly url: string;
  /** Its text; from the last good copy when `fresh` is false, and then possibly missing. */
  readonly text: string | undefined;
  readonly fresh: boolean;
}

export interface RegistryMapReading {
  readonly settings: readonly Setting[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
  /** The file that was read, if it is one. */
  readonly file?: string;
  /** What came of the URL, if it is one. */
  readonly fetched?: FetchedMap;
}

export interface MapPlace {
  readonly cwd: string;
  readonly home: string;
  /** Where the last good copy is kept; empty: nowhere. */
  readonly cacheDir: string;
  readonly system: System;
  /** Where `registry_map` was said. */
  readonly origin: Provenance | undefined;
}

/** The file in `cacheDir` that keeps the last good copy. */
function copyPath({ cwd, home, cacheDir }: Omit<MapPlace, "origin">): string | undefined {
  return cacheDir ? resolvePath(join(cacheDir, "registry-map.json"), cwd, home) : undefined;
}

/**
 * Reads the map at `location`. A file that cannot be used is a problem; a URL that cannot be used
 * is a warning, and its last good copy stands in.
 */
export async function readRegistryMap(
  location: string,
  place: MapPlace,
): Promise<RegistryMapReading> {
  const isUrl = /^https?:\/\//i.test(location);
  return isUrl ? await readUrl(location, place) : await readFile(location, place);
}

async function readFile(location: string, place: MapPlace): Promise<RegistryMapReading> {
  const file = resolvePath(location, place.cwd, place.home);
  const refuse = (why: string): RegistryMapReading => ({
    settings: [],
    warnings: [],
    file,
    problems: [{ key: "registry_map", origin: place.origin, message: `${location}: ${why}` }],
  });
  try {
    const settings = parseMap(await place.system.readFile(file), location);
    return typeof settings === "string"
      ? refuse(settings)
      : { settings, problems: [], warnings: [], file };
  } catch (error) {
    return refuse(`cannot be read: ${describeReadError(error)}`);
  }
}

async function readUrl(url: string, place: MapPlace): Promise<RegistryMapReading> {
  const shown = maskUserinfo(url);
  let why: string;
  try {
    const text = await fetchText(url, place.system);
    const settings = parseMap(text, shown);
    if (typeof settings !== "string") {
      return { settings, problems: [], warnings: [], fetched: { url, text, fresh: true } };
    }
    why = settings;
  } catch (error) {
    // The message may quote the URL.
    const message = error instanceof Error ? error.message : String(error);
    why = message.replaceAll(/\/\/[^/@\s]+@/g, `//${MASK}@`);
  }
  const text = await lastGood(url, place);
  const settings = text === undefined ? [] : parseMap(text, shown);
  const instead = text === undefined
    ? "there is no copy of it yet, so its registries are missing until it answers"
    : "the last good copy of it stands in";
  return {
    settings: typeof settings === "string" ? [] : settings,
    problems: [],
    warnings: [`registry map ${shown} cannot be used (${why}): ${instead}`],
    fetched: { url, text, fresh: false },
  };
}

async function fetchText(url: string, system: System): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT);
  const response = await system.fetch(url, { signal, redirect: "follow" });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`it answers ${response.status}`);
  }
  const chunks: string[] = [];
  let length = 0;
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    chunks.push(decoder.decode(chunk, { stream: true }));
  }
  return chunks.join("") + decoder.decode();
}

/** The copy that `keepCopy` made of this URL's map. */
async function lastGood(
  url: string,
  place: Omit<MapPlace, "origin">,
): Promise<string | undefined> {
  const path = copyPath(place);
  if (path === undefined) return undefined;
  try {
    const copy: unknown = JSON.parse(await place.system.readFile(path));
    return isTree(copy) && copy.url === url && typeof copy.text === "string"
      ? copy.text
      : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a map that was put into force as the last good copy. Throws what the system says. */
export async function keepCopy(
  { url, text, fresh }: FetchedMap,
  place: Omit<MapPlace, "origin">,
): Promise<void> {
  const path = copyPath(place);
  if (path === undefined || !fresh || text === undefined) return;
  if (await lastGood(url, place) === text) return;
  await place.system.keepFile(path, JSON.stringify({ url, text }) + "\n");
}

/** The settings that `text` comes to, or what is wrong with it. */
function parseMap(text: string, location: string): Setting[] | string {
  let map: unknown;
  try {
    map = JSON.parse(text);
  } catch {
    return "expected JSON";
  }
  if (!isTree(map)) return 'expected a JSON object such as {"quay": "https://quay.io"}';
  const origin = { kind: "map", location } as const;
  const settings: Setting[] = [];
  for (const [name, url] of Object.entries(map)) {
    if (!registrySchema.shape.url.safeParse(url).success) {
      return `${JSON.stringify(name)}: expected a URL such as https://registry.example.com`;
    }
    if (name === "default") settings.push({ path: ["default_registry"], value: url, origin });
    else {
      const plain = registryName.safeParse(name.toLowerCase());
      if (!plain.success) return `${JSON.stringify(name)}: ${plain.error.issues[0]!.message}`;
      settings.push({ path: ["registries", plain.data, "url"], value: url, origin });
    }
  }
  return settings;
}
