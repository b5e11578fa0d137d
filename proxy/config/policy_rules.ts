/** Rules about `hold`, `require` and `policy`: what is written there has to be able to hold. */
import ipaddr from "ipaddr.js";
import type { Path } from "./path.ts";
import type { Config, PolicyRule } from "./schema.ts";
import { quote, type Violation } from "./violation.ts";

export function* policy(config: Config): Generator<Violation> {
  yield* governed(config);
  for (const [name, { hold }] of Object.entries(config.registries)) {
    const path: Path = ["registries", name, "hold"];
    for (const key of ["tags", "allow"] as const) {
      if (hold[key].length === 0 || hold.new_digest > 0) continue;
      yield { path: [...path, key], message: "expected new_digest with it, such as 24h" };
    }
    yield* unknownUsers(config, hold.allow, [...path, "allow"]);
  }
  yield* signers(config);
  const { rules } = config.policy;
  for (const [index, rule] of rules.entries()) {
    const path: Path = ["policy", "rules", index];
    yield* names(config, rule, path);
    yield* unknownUsers(config, rule.users, [...path, "users"]);
    const before = rules.slice(0, index).findIndex((earlier) => covers(earlier, rule));
    if (before < 0) continue;
    const message = `can never decide: policy.rules[${before}] comes first and matches whatever ` +
      "this one does; expected it further up, or not at all";
    yield { path, message };
  }
}

/** Of an identity all three keys are needed, or keys. */
function* signers({ registries }: Config): Generator<Violation> {
  for (const [name, { require }] of Object.entries(registries)) {
    for (const [index, { cosign }] of require.entries()) {
      const path: Path = ["registries", name, "require", index, "cosign"];
      const together = ["certificate_identity", "issuer", "trusted_root"] as const;
      const missing = together.filter((key) => cosign[key] === "");
      if (missing.length === together.length) {
        if (cosign.keys.length > 0) continue;
        yield { path, message: `expected keys, or ${together.join(", ")}` };
      } else {
        for (const key of missing) {
          const others = together.filter((it) => it !== key).join(" and ");
          yield { path: [...path, key], message: `expected with ${others}` };
        }
      }
    }
  }
}

/** What passes through cannot be looked at. */
function* governed(config: Config): Generator<Violation> {
  for (const [name, { hold, require, redirects }] of Object.entries(config.registries)) {
    const path: Path = ["registries", name];
    const rules = config.policy.rules.some(({ registries }) => registries.includes(name));
    const key = hold.new_digest > 0 ? "hold" : require.length > 0 ? "require" : "";
    if (key && !config.cache.dir) {
      yield {
        path: [...path, key],
        message: "expected cache.dir with it: without a cache " +
          "nothing is known of what passes through",
      };
    }
    if ((key || rules) && redirects === "pass") {
      const message = `found pass, which hands clients past ${
        key || "policy.rules"
      }; expected follow`;
      yield { path: [...path, "redirects"], message };
    }
  }
  if (config.policy.rules.length > 0 && !config.cache.dir) {
    yield {
      path: ["policy", "rules"],
      message: "expected cache.dir with it: without a cache " +
        "nothing is known of what passes through",
    };
  }
}

function* names(config: Config, rule: PolicyRule, base: Path): Generator<Violation> {
  const known = Object.keys(config.registries);
  for (const [at, name] of rule.registries.entries()) {
    if (known.includes(name)) continue;
    const message = `found ${quote(name)}, expected one of ${known.join(", ")}`;
    yield { path: [...base, "registries", at], message };
  }
  for (const [at, glob] of rule.repositories.entries()) {
    const registry = glob.split("/")[0]!;
    const within = rule.registries.length === 0 || rule.registries.includes(registry);
    if (/[*?]/.test(registry) || (known.includes(registry) && within)) continue;
    const message = `found ${quote(glob)}, expected a registry's name and a repository, or a ` +
      "glob such as docker/library/*" + (within ? "" : ", of one of its registries");
    yield { path: [...base, "repositories", at], message };
  }
  for (const [at, text] of rule.networks.entries()) {
    const isAddress = ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
    if (isAddress || ipaddr.isValidCIDR(text)) continue;
    const message = `found ${quote(text)}, expected an address or a range such as 10.0.0.0/8`;
    yield { path: [...base, "networks", at], message };
  }
  const { created_before, created_within, seen_before, seen_within } = rule;
  if (seen_before > 0 && seen_within > 0 && seen_before >= seen_within) {
    const message = "no image was first seen before seen_before and after seen_within";
    yield { path: [...base, "seen_before"], message };
  }
  if (created_before > 0 && created_within > 0 && created_before >= created_within) {
    const message = "no image is older than created_before and newer than created_within";
    yield { path: [...base, "created_before"], message };
  }
}

function* unknownUsers(config: Config, users: readonly string[], path: Path): Generator<Violation> {
  for (const [at, user] of users.entries()) {
    if (Object.hasOwn(config.users, user) || /^token(:|$)/.test(user)) continue;
    const message = `found ${quote(user)}, expected one of the names in users`;
    yield { path: [...path, at], message };
  }
}

/** Keys of a rule that say when it matches. */
const CONDITIONS = [
  ...["registries", "repositories", "tags", "platforms", "media_types", "labels", "larger_than"],
  ...["created_before", "created_within", "seen_within", "seen_before", "users", "networks"],
] as readonly (keyof PolicyRule)[];

/** Whether `earlier` matches all that `later` does, as far as can be told: what it asks, that asks too. */
function covers(earlier: PolicyRule, later: PolicyRule): boolean {
  return CONDITIONS.every((key) => isEmpty(earlier[key]) || same(earlier[key], later[key]));
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" ? Object.keys(value!).length === 0 : value === 0;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
