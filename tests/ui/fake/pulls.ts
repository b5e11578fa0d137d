/** What the made-up server pulls ahead of clients. */
import type {
  PullDetails,
  PulledImage,
  PullPart,
  PullSummary,
} from "../../../ui/api/schema/own_pulls.ts";
import type { Prefetch, PrefetchPreview } from "../../../ui/api/schema/prefetch.ts";
import { digestOf, GIB, HOUR, MIB, MINUTE, type Scenario } from "./world.ts";

type Details = PullDetails["images"][number];

export function ownPullsOf(scenario: Scenario, now: number): PullSummary[] {
  return scenario === "empty" ? [] : ["one", "two", "three"].map((id) => {
    const { images, ...pull } = pullOf(id, now);
    return { ...pull, images: images.map(({ parts: _, ...image }) => image) };
  });
}

export function pullOf(id: string, now: number): PullDetails {
  const about = { id, by: "admin", startedAt: now - 2 * MINUTE };
  switch (id) {
    case "two":
      return {
        ...about,
        endedAt: now - MINUTE,
        state: "failed",
        images: [
          imageOf("docker/library/nginx:1.28", { state: "done" }, 9),
          imageOf("docker/library/nginx:1.99", {
            state: "failed",
            error: "docker does not have library/nginx:1.99: manifest unknown",
          }, 0),
        ],
      };
    case "three":
      return {
        ...about,
        by: "command line",
        endedAt: null,
        state: "running",
        images: [
          imageOf("docker/library/postgres:17", {
            state: "held",
            error: "the registry's quota is used up",
            until: now + 34 * MINUTE,
          }, 0),
        ],
      };
    default:
      return {
        ...about,
        endedAt: null,
        state: "running",
        images: [imageOf("quay/prometheus/prometheus:v3.1.0", { state: "running" }, 5)],
      };
  }
}

function imageOf(image: string, more: Partial<PulledImage>, parts: number): Details {
  const [registry = ""] = image.split("/");
  return {
    image,
    registry,
    state: "done",
    digest: digestOf(image),
    platforms: parts > 0 ? ["linux/amd64", "linux/arm64"] : [],
    lacking: [],
    error: "",
    until: null,
    here: { parts: 1, bytes: parts * 3 * MIB },
    came: { parts: 2, bytes: parts * 20 * MIB },
    left: { parts: 1, bytes: more.state === "running" ? 0.2 * GIB : 0 },
    ...more,
    parts: Array.from({ length: parts }, (_, i) => partOf(image, i)),
  };
}

function partOf(image: string, i: number): PullPart {
  const state = (["came", "here", "running", "waiting", "failed"] as const)[i % 5]!;
  return {
    digest: digestOf(`${image} ${i}`),
    kind: i === 0 ? "index" : i === 1 ? "config" : "layer",
    platform: i === 0 ? "" : "linux/arm64",
    size: (i + 1) * 9 * MIB,
    received: (i + 1) * 4 * MIB,
    state,
    error: state === "failed" ? "upstream did not send the content that the digest promises" : "",
  };
}

export function prefetchOf(scenario: Scenario, now: number): Prefetch {
  const common = {
    referrers: false,
    maxTags: 50,
    running: null,
    held: ["docker/library/nginx:1.28.0", "docker/library/nginx:1.27.5"],
  };
  const result = {
    startedAt: now - 70 * MINUTE,
    endedAt: now - 64 * MINUTE,
    images: 3,
    here: 3.1 * GIB,
    pulls: 4,
  };
  const rules: Prefetch["rules"] = [{
    ...common,
    name: "web",
    images: ["docker/library/nginx:^1.27", "docker/library/httpd:2.4.?"],
    platforms: ["linux/amd64"],
    every: 6 * HOUR,
    at: "02:00-05:00",
    keep: 3,
    limit: 20 * MIB,
    nextAt: now + 5 * HOUR,
    last: { ...result, state: "done", came: 0.4 * GIB, problems: [] },
  }, {
    ...common,
    name: "quay/prometheus/*:v*",
    images: ["quay/prometheus/*:v*"],
    platforms: [],
    every: HOUR,
    at: "",
    keep: 0,
    limit: 0,
    nextAt: now + 20 * MINUTE,
    last: {
      ...result,
      state: "failed",
      came: 0,
      problems: [{
        what: "quay/prometheus/*:v*",
        why:
          "it means 812 images, more than max_tags (50): narrow it down, keep fewer, or allow more",
      }],
    },
  }];
  return {
    rules: scenario === "empty" ? [] : rules,
    learn: learnOf(scenario, now),
    elsewhere: false,
    reserve: 0.3,
    timeZone: "Europe/Berlin",
  };
}

function learnOf(scenario: Scenario, now: number): Prefetch["learn"] {
  const zero = { moved: 0, requests: 0, pulls: 0, bytes: 0, found: 0, savedBytes: 0, savedMs: 0 };
  if (scenario === "empty") {
    const totals = { since: 0, checks: 0, ...zero };
    return { tags: 0, every: 15 * MINUTE, nextAt: null, running: false, totals, looks: [] };
  }
  const look = (image: string, pulls: number, more = {}) => ({
    ...{ image, pulls, state: "same" as const, error: "" },
    ...more,
  });
  return {
    tags: 50,
    every: 15 * MINUTE,
    nextAt: now + 9 * MINUTE,
    running: false,
    totals: {
      since: now - 72 * HOUR,
      ...{ checks: 1200, moved: 31, requests: 1640, pulls: 58, bytes: 4.2 * GIB },
      ...{ found: 24, savedBytes: 3.1 * GIB, savedMs: 31 * MINUTE },
    },
    looks: [
      look("docker/library/nginx:latest", 412, { state: "fetched" }),
      look("ghcr/actions/actions-runner:latest", 230),
      look("docker/library/postgres:16", 88, {
        state: "skipped",
        error: "what is left of the registry's quota is for clients until 2026-01-01 06:00 UTC",
      }),
    ],
  };
}

export const PREVIEW: PrefetchPreview = {
  matches: [{
    pattern: "docker/library/nginx:^1.27",
    images: ["docker/library/nginx:1.28.0", "docker/library/nginx:1.27.5"],
    fits: 9,
    problem: "",
  }],
};
