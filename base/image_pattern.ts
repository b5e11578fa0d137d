/** Patterns of images: one repository or several, and which of their tags. Pure. */
// @ts-types="npm:@types/semver@7.8.0"
import semver from "semver";
import { globPattern } from "./glob.ts";

/** A pattern of images, taken apart. */
export interface ImagePattern {
  /** As written: `quay/prometheus/*:v*`. */
  readonly text: string;
  /** What stands before the tag: `quay/prometheus/*`. */
  readonly name: string;
  readonly tag: TagPattern;
}

/** Which tags are meant: one, or those that fit. */
type TagPattern =
  | { kind: "tag" | "digest"; value: string }
  | { kind: "glob" | "regex"; fits: (tag: string) => boolean }
  /** Tags that are versions, without those before a release. */
  | { kind: "range"; fits: (tag: string) => boolean };

/** A pattern that means nothing; the message says why. */
export class BadPattern extends Error {
  override readonly name = "BadPattern";

  /** @param expected what would mean something, from the word "expected" on */
  constructor(readonly text: string, readonly expected: string) {
    super(`${JSON.stringify(text)}: ${expected}`);
  }
}

/**
 * Takes `text` apart: `docker/library/nginx:1.2?` (a glob), `nginx:^1.27` (a range of versions as npm
 * has them), `nginx:/^1\.2\d$/` (a regular expression), `nginx:1.27` and `nginx` (one tag). Throws
 * {@linkcode BadPattern}.
 */
export function parsePattern(text: string): ImagePattern {
  const [, pinned, digest] = /^([^@]+)@(sha(?:256|512):[0-9a-f]+)$/.exec(text) ?? [];
  if (pinned && digest) {
    return { text, name: pinned.replace(/:[^/]*$/, ""), tag: { kind: "digest", value: digest } };
  }
  const [, name = "", tag = "latest"] = /^(.+?):(\/.+\/)$/.exec(text) ??
    /^([^:].*?)(?::([^/]*))?$/.exec(text) ?? [];
  if (name === "") throw new BadPattern(text, "expected an image and its tags");
  return { text, name, tag: tagPattern(text, tag) };
}

function tagPattern(text: string, tag: string): TagPattern {
  const expected = (what: string) => new BadPattern(text, `expected ${what}`);
  if (/^\/.+\/$/.test(tag)) {
    try {
      const regex = new RegExp(tag.slice(1, -1), "u");
      return { kind: "regex", fits: (name) => regex.test(name) };
    } catch {
      throw expected("a regular expression between the slashes");
    }
  }
  if (/^[\^~<>=]/.test(tag)) {
    const range = semver.validRange(tag);
    if (range === null) throw expected("a range of versions such as ^1.27 or >=1.2 <2");
    return { kind: "range", fits: (name) => semver.satisfies(name, range) };
  }
  if (/[*?]/.test(tag)) {
    const glob = globPattern(tag);
    return { kind: "glob", fits: (name) => glob.test(name) };
  }
  if (!/^\w[\w.-]{0,127}$/.test(tag)) {
    throw expected("a tag, or a pattern of tags, after the colon");
  }
  return { kind: "tag", value: tag };
}

/** The tags of `all` that `pattern` means, the newest first. */
export function fitting(pattern: TagPattern, all: readonly string[]): string[] {
  if (!("fits" in pattern)) return [pattern.value];
  return all.filter((tag) => pattern.fits(tag)).sort(newestFirst);
}

/** Made when it is first needed: loading its language takes a start 10 ms. */
let natural: Intl.Collator | undefined;

function compareNaturally(a: string, b: string): number {
  natural ??= new Intl.Collator("en", { numeric: true });
  return natural.compare(a, b);
}

/**
 * Versions by their order (`v1.27.3` and `1.27.3`; what has less than three parts moves, and is none),
 * then the rest by its text with numbers as numbers: tags have no time.
 */
function newestFirst(a: string, b: string): number {
  const [one, other] = [semver.valid(a), semver.valid(b)];
  if (one !== null && other !== null) return semver.rcompare(one, other) || compareNaturally(b, a);
  if (one === null && other === null) return compareNaturally(b, a);
  return one === null ? 1 : -1;
}
