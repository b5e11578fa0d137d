/** `policy.rules`: one ordered list, of which the first rule that matches decides. Pure. */
import { globPattern } from "../../base/glob.ts";
import { formatDuration, formatSize } from "../../base/units.ts";
import type { PolicyRule } from "../config/schema.ts";
import { inNetworks, parseNetworks } from "../http/origin.ts";
import type { ImageFacts } from "./facts.ts";

/** What is asked for, and by whom. */
export interface RuleRequest {
  registry: string;
  /** As upstream calls it: `library/alpine`. */
  repository: string;
  /** The tag that was asked for; where it was a digest, every tag that is known to lead to it. */
  tags: readonly string[];
  /** Whether a tag was asked for by its name. */
  byTag: boolean;
  /** Since when the digest is known here, in Unix milliseconds. */
  since: number;
  user: string;
  client: string;
  /** Unix milliseconds. */
  now: number;
}

/** A rule, ready to be asked. */
export interface Rule {
  name: string;
  action: "allow" | "deny";
  reason: string;
  /** Whether it could ever be about this registry and repository. */
  about(registry: string, repository: string): boolean;
  /** Whether it must know what the image says of itself. */
  readonly looksInside: boolean;
  matches(request: RuleRequest, facts: ImageFacts | undefined): boolean;
}

/** What a rule decided, and why, in words for the client. */
export interface Decision {
  action: "allow" | "deny";
  rule: string;
  reason: string;
}

/** The rules of a configuration, in their order. */
export function rulesOf(rules: readonly PolicyRule[]): Rule[] {
  return rules.map((rule, index) => ({
    name: rule.name || `policy.rules[${index}]`,
    action: rule.action,
    reason: rule.reason || reasonOf(rule),
    about: aboutOf(rule),
    looksInside: looksInside(rule),
    matches: matcher(rule),
  }));
}

/**
 * What the first of `rules` that matches says; undefined where none does, which allows. `facts` may be
 * left out where no rule about the repository looks inside.
 */
export function decide(
  rules: readonly Rule[],
  request: RuleRequest,
  facts: ImageFacts | undefined,
): Decision | undefined {
  const { registry, repository } = request;
  const found = rules.find((rule) =>
    rule.about(registry, repository) && rule.matches(request, facts)
  );
  return found && { action: found.action, rule: found.name, reason: found.reason };
}

function aboutOf({ registries, repositories }: PolicyRule): Rule["about"] {
  const patterns = repositories.map(globPattern);
  return (registry, repository) =>
    (registries.length === 0 || registries.includes(registry)) &&
    (patterns.length === 0 || patterns.some((it) => it.test(`${registry}/${repository}`)));
}

function looksInside(rule: PolicyRule): boolean {
  return rule.platforms.length > 0 || rule.media_types.length > 0 ||
    Object.keys(rule.labels).length > 0 || rule.larger_than > 0 || rule.created_before > 0 ||
    rule.created_within > 0;
}

function matcher(rule: PolicyRule): Rule["matches"] {
  const tags = rule.tags.map(globPattern);
  const platforms = rule.platforms.map(globPattern);
  const types = rule.media_types.map(globPattern);
  const labels = Object.entries(rule.labels).map(([key, glob]) =>
    [key, globPattern(glob)] as const
  );
  const networks = parseNetworks(rule.networks);
  const any = (patterns: RegExp[], text: string) => patterns.some((it) => it.test(text));
  // Of an index it is not known yet which of its images is meant, and each is asked about by itself:
  // what allows one of them lets the index through, what denies one does not stop it.
  const unknown = rule.action === "allow";
  const inside = (facts: ImageFacts | undefined, test: (facts: ImageFacts) => boolean) =>
    facts === undefined || facts.index ? unknown : test(facts);
  return (request, facts) => {
    const { now, since, byTag } = request;
    if (tags.length > 0) {
      const named = (tag: string) => any(tags, tag);
      // A digest that has a name which the rule does not mean may be had by that name.
      const all = rule.action === "deny" && !byTag;
      const fits = all ? request.tags.every(named) : request.tags.some(named);
      if (request.tags.length === 0 || !fits) return false;
    }
    if (rule.users.length > 0 && !rule.users.includes(request.user)) return false;
    if (networks.length > 0 && !inNetworks(request.client, networks)) return false;
    if (rule.seen_within > 0 && now - since >= rule.seen_within) return false;
    if (rule.seen_before > 0 && now - since <= rule.seen_before) return false;
    if (types.length > 0 && !(facts && any(types, facts.mediaType))) return false;
    if (platforms.length > 0) {
      const fits = inside(facts, (it) => it.platforms.some((platform) => any(platforms, platform)));
      if (!fits) return false;
    }
    const { larger_than, created_before, created_within } = rule;
    if (larger_than > 0 && !inside(facts, ({ size }) => size! > larger_than)) return false;
    const age = ({ created }: ImageFacts) => created === undefined ? NaN : now - created;
    if (created_before > 0 && !inside(facts, (it) => age(it) > created_before)) return false;
    if (created_within > 0 && !inside(facts, (it) => age(it) < created_within)) return false;
    return labels.every(([key, glob]) => inside(facts, (it) => glob.test(it.labels[key] ?? "")));
  };
}

/** Why a rule denies, from its conditions, where it gives no reason of its own. */
function reasonOf(rule: PolicyRule): string {
  const { larger_than, created_before, created_within, seen_within, seen_before } = rule;
  const parts = [
    rule.tags.length > 0 && `tags ${rule.tags.join(", ")}`,
    rule.platforms.length > 0 && `platforms ${rule.platforms.join(", ")}`,
    rule.media_types.length > 0 && `media types ${rule.media_types.join(", ")}`,
    larger_than > 0 && `images of more than ${formatSize(larger_than)}`,
    created_before > 0 && `images built more than ${formatDuration(created_before)} ago`,
    created_within > 0 && `images built less than ${formatDuration(created_within)} ago`,
    seen_within > 0 && `images first seen less than ${formatDuration(seen_within)} ago`,
    seen_before > 0 && `images first seen more than ${formatDuration(seen_before)} ago`,
    Object.keys(rule.labels).length > 0 &&
    `images labelled ${Object.entries(rule.labels).map((it) => it.join("=")).join(", ")}`,
  ].filter((it) => it !== false);
  return parts.length > 0 ? `${parts.join(" and ")} are not allowed` : "it is not allowed";
}
