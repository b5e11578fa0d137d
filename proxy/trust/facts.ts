/** What rules can know of an image: read from its manifest and its config, never believed of anybody else. */
import { objectIn, parseObject } from "../../base/json.ts";
import { LINKING_TYPES, referencesOf } from "../../cache/manifest.ts";

export interface ImageFacts {
  mediaType: string;
  /** An index has no platform, size, date or labels of its own: its images do. */
  index: boolean;
  /** `linux/arm64/v8`; of an index, those that it names. */
  platforms: readonly string[];
  /** Bytes of what an image's manifest names; undefined of an index. */
  size: number | undefined;
  /** When it was built, in Unix milliseconds, as its config says. */
  created: number | undefined;
  labels: Readonly<Record<string, string>>;
  /** Nothing that anybody could run: a signature, or what is attested of an image. */
  about: boolean;
}

/** Types of layers of what is said about images (cosign, in-toto). */
const ABOUT =
  /^application\/(vnd\.dev\.(cosign\.simplesigning|sigstore\.bundle)\b|vnd\.dsse\.envelope\b|vnd\.in-toto\+)/;

const INDEXES: readonly string[] = [LINKING_TYPES.ociIndex, LINKING_TYPES.dockerList];

/** The facts of the manifest in `bytes`; `config` is that of an image, where there is one. */
export function factsOf(
  mediaType: string,
  bytes: Uint8Array,
  config?: Uint8Array,
): ImageFacts {
  const references = referencesOf(bytes);
  const index = INDEXES.includes(mediaType);
  if (index) {
    const platforms = references.map(({ platform }) => platform).filter((it) => it !== "");
    const nothing = { size: undefined, created: undefined, labels: {}, about: false };
    return { mediaType, index, platforms, ...nothing };
  }
  const layers = references.filter(({ kind }) => kind === "layer");
  const said = parseObject(config) ?? {};
  const platform = [said.os, said.architecture, said.variant].filter((it) =>
    typeof it === "string" && it !== ""
  ).join("/");
  const created = typeof said.created === "string" ? Date.parse(said.created) : NaN;
  return {
    mediaType,
    index,
    platforms: platform ? [platform] : [],
    size: references.reduce((sum, { kind, size }) => kind === "subject" ? sum : sum + size, 0),
    created: Number.isNaN(created) ? undefined : created,
    labels: strings(objectIn(said.config).Labels),
    about: layers.length > 0 && layers.every((it) => ABOUT.test(it.mediaType)),
  };
}

/** The digest of an image's config; undefined where the manifest names none. */
export function configOf(bytes: Uint8Array): string | undefined {
  return referencesOf(bytes).find(({ kind }) => kind === "config")?.digest;
}

function strings(value: unknown): Record<string, string> {
  const entries = Object.entries(objectIn(value));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
