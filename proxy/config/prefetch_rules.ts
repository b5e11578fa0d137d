/** Rules about the rules of `prefetch`. */
import type { Path } from "./path.ts";
import type { Config, PrefetchRule } from "./schema.ts";
import { quote, type Violation } from "./violation.ts";

/** What a rule of `prefetch` is called: its name, or its patterns. */
export function ruleName({ name, images }: Pick<PrefetchRule, "name" | "images">): string {
  return name || images.join(" ");
}

/** What is remembered of a rule goes by its name; a run needs time to end. */
export function* prefetch({ prefetch: { rules, learn } }: Config): Generator<Violation> {
  if (learn.every < 60e3) {
    yield { path: ["prefetch", "learn", "every"], message: "expected a minute at least" };
  }
  const names = rules.map(ruleName);
  for (const [index, { every }] of rules.entries()) {
    const path: Path = ["prefetch", "rules", index];
    if (every < 60e3) yield { path: [...path, "every"], message: "expected a minute at least" };
    const name = names[index]!;
    if (names.indexOf(name) === index) continue;
    const message = `found ${quote(name)}, which another rule is; expected a name of its own`;
    yield { path: [...path, "name"], message };
  }
}
