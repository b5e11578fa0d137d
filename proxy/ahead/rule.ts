/** A rule of the warm list, and what became of it. Plain values. */
import type { ImageProgress } from "./progress.ts";
import type { Match } from "./expand.ts";

/** What is kept warm, and when it is looked at. */
export interface Rule {
  /** Given, or made of its patterns. */
  name: string;
  /** As `parsePattern` takes them. */
  images: readonly string[];
  platforms: readonly string[];
  referrers: boolean;
  /** Milliseconds between the beginnings of two runs. */
  every: number;
  /** `02:00-05:00`, or empty: at any time. */
  at: string;
  /** The newest of each repository that are kept; 0: all that fit. */
  keep: number;
  /** Bytes a second; 0: as fast as it goes. */
  limit: number;
  maxTags: number;
}

/** How a run ended. Times are Unix milliseconds. */
export interface RunResult {
  startedAt: number;
  endedAt: number;
  /** `closed`: its window ended first; it goes on in the next one. */
  state: "done" | "failed" | "cancelled" | "closed";
  images: number;
  /** Bytes that came, and that were here. */
  came: number;
  here: number;
  /** Manifests that were asked of registries, which is what they count as pulls. */
  pulls: number;
  /** What went wrong: an image or a pattern, and why; at most {@linkcode MOST_PROBLEMS}. */
  problems: { what: string; why: string }[];
}

const MOST_PROBLEMS = 20;

/** What is remembered of a rule. */
export interface RuleState {
  /** Unix milliseconds at which the last run began; null: there was none. */
  last: number | null;
  /** The rule, as JSON, whose last run came to its end; empty where none did. */
  ran: string;
  result: RunResult | null;
  /**
   * Images that it keeps, `docker/library/nginx:1.27`, by the patterns that mean them: pinned for as
   * long as the rule is there.
   */
  held: Readonly<Record<string, readonly string[]>>;
}

export const NEW_STATE: RuleState = { last: null, ran: "", result: null, held: {} };

/** Every image that a rule keeps, once. */
export function imagesHeld({ held }: RuleState): string[] {
  return [...new Set(Object.values(held).flat())];
}

/**
 * What is held after a look at the patterns; of repositories that could not be looked at, what `before`
 * held.
 */
export function heldAfter(matches: readonly Match[], before: RuleState["held"]): RuleState["held"] {
  return Object.fromEntries(matches.map(({ pattern, images, problem }) => {
    const seen = new Set(images.map(repositoryOf));
    const known = problem === "" ? [] : before[pattern] ?? [];
    const unseen = known.filter((image) => !seen.has(repositoryOf(image)));
    return [pattern, [...images, ...unseen]];
  }));
}

function repositoryOf(image: string): string {
  return image.replace(/[:@][^/]*$/, "");
}

/** What a run over `images` came to, after `matches` of its patterns. */
export function resultOf(
  startedAt: number,
  endedAt: number,
  { state, images, matches }: {
    state: RunResult["state"];
    images: readonly ImageProgress[];
    matches: readonly Match[];
  },
): RunResult {
  const parts = images.flatMap(({ parts }) => parts);
  const sum = (of: "came" | "here") =>
    parts.filter(({ state }) => state === of).reduce((bytes, { received }) => bytes + received, 0);
  const problems = [
    ...matches.filter(({ problem }) => problem !== "")
      .map(({ pattern, problem }) => ({ what: pattern, why: problem })),
    ...images.filter(({ state }) => state === "failed")
      .map(({ image, error }) => ({ what: image, why: error })),
  ];
  return {
    startedAt,
    endedAt,
    state: state === "done" && problems.length > 0 ? "failed" : state,
    images: images.length,
    came: sum("came"),
    here: sum("here"),
    pulls:
      parts.filter(({ kind, state }) =>
        state === "came" && (kind === "manifest" || kind === "index")
      ).length,
    problems: problems.slice(0, MOST_PROBLEMS),
  };
}
