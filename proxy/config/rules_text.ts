/** `policy.rules` that are not in force, as somebody wrote them, held against the configuration. */
import { parse } from "yaml";
import { z } from "zod";
import { formatKey, type Path } from "./path.ts";
import { policy } from "./policy_rules.ts";
import { type Config, type PolicyRule, policyRules } from "./schema.ts";
import { schemaMessages } from "./messages.ts";

const schema = z.object({ policy: z.object({ rules: policyRules }) });

type CheckedRules =
  | { rules: PolicyRule[] }
  /** `path`: `policy.rules[0].tags`. */
  | { problems: { path: string; message: string }[] };

/** The rules in `written`: a list, or text in YAML or JSON, bare or below `rules` or `policy.rules`. */
export function checkedRules(config: Config, written: unknown): CheckedRules {
  const base: Path = ["policy", "rules"];
  const problem = (path: Path, message: string) => ({ path: formatKey(path), message });
  let list: unknown = written;
  try {
    if (typeof written === "string") list = parse(written) ?? [];
  } catch (error) {
    const [line] = (error as Error).message.split("\n");
    return { problems: [problem(base, `found no YAML: ${line}`)] };
  }
  for (const key of base) {
    if (typeof list === "object" && list !== null && key in list) {
      list = (list as Record<string, unknown>)[String(key)];
    }
  }
  const tree = { policy: { rules: list } };
  const parsed = schema.safeParse(tree);
  if (!parsed.success) {
    const messages = [...schemaMessages(parsed.error, tree)];
    return { problems: messages.map(({ path, message }) => problem(path, message)) };
  }
  const { rules } = parsed.data.policy;
  const broken = [...policy({ ...config, policy: { ...config.policy, rules } })]
    .filter(({ path }) => path[0] === "policy" && path[1] === "rules");
  if (broken.length === 0) return { rules };
  return { problems: broken.map(({ path, message }) => problem(path, message)) };
}
