/** Rules of `prefetch` in the configuration file: one more, or one less. */
import { ruleName } from "../../proxy/config/prefetch_rules.ts";
import type { LiveConfig } from "../../proxy/config/live.ts";
import { type Path } from "../../proxy/config/path.ts";
import { writtenAt } from "../../proxy/config/write.ts";
import { applyEdits, invalidAs, refuse, type Wording } from "./config_changes.ts";
import { ApiProblem } from "./problem.ts";
import type { NewLearn, NewRule } from "./schema/prefetch.ts";
import { fieldProblem } from "./views/settings.ts";

const WORDING: Wording = {
  invalid: invalidAs("The rule would not be valid", "invalid-rule"),
  field: fieldProblem,
};

const LEARN_WORDING: Wording = {
  ...WORDING,
  invalid: invalidAs("This would not be valid", "invalid-learn"),
};

/** Adds `rule` to the file and puts it into force. Throws as `applyEdits` does. */
export async function addRule(live: LiveConfig, rule: NewRule, by: string): Promise<void> {
  const { path, rules } = await written(live);
  const basis = { by, revision: undefined };
  await applyEdits(live, [{ path, value: [...rules, rule] }], basis, WORDING);
}

/** Takes the rule of that name out of the file; false where it has none. Throws as `applyEdits`. */
export async function removeRule(live: LiveConfig, name: string, by: string): Promise<boolean> {
  const { path, rules } = await written(live);
  const left = rules.filter((rule) =>
    ruleName({ name: rule.name ?? "", images: rule.images ?? [] }) !== name
  );
  if (left.length === rules.length) return false;
  await applyEdits(live, [{ path, value: left }], { by, revision: undefined }, WORDING);
  return true;
}

/** Writes what is learned to the file and puts it into force. Throws as `applyEdits` does. */
export async function setLearn(live: LiveConfig, learn: NewLearn, by: string): Promise<void> {
  const { path, rules } = await written(live);
  const edits = path.length === 1
    // A bare list has no room for it.
    ? [{ path, value: { rules, learn } }]
    : Object.entries(learn).map(([key, value]) => ({ path: ["prefetch", "learn", key], value }));
  await applyEdits(live, edits, { by, revision: undefined }, LEARN_WORDING);
}

/** The rules as the file writes them, and where it has them: a bare list may stand for all. */
async function written(live: LiveConfig): Promise<{ path: Path; rules: Partial<NewRule>[] }> {
  try {
    const bare = await writtenAt(live, ["prefetch"]);
    const path: Path = Array.isArray(bare) ? ["prefetch"] : ["prefetch", "rules"];
    const rules = await writtenAt(live, path) ?? [];
    if (Array.isArray(rules) && !JSON.stringify(rules).includes("${")) return { path, rules };
  } catch (error) {
    refuse(error, WORDING);
  }
  throw new ApiProblem(409, "The configuration file must be changed by hand", {
    type: "by-hand",
    detail: "prefetch.rules stands in it in a form that cannot be edited here",
  });
}
