/** What is wrong with a configuration, precisely enough to mend it. */
import { describeProvenance, type Provenance } from "./provenance.ts";

export interface ConfigProblem {
  /** The key as in the file, `cache.max_size`; empty when the file as a whole is meant. */
  readonly key: string;
  /** Which source says so; `undefined` when nothing was said and that is the problem. */
  readonly origin?: Provenance | undefined;
  /** What was found and what is expected, without the key. Never holds a secret. */
  readonly message: string;
}

/** One line: `config.yaml:12:9: cache.max_size: found "32x", expected a size such as 32GiB`. */
export function formatProblem(problem: ConfigProblem): string {
  const place = problem.origin && problem.origin.kind !== "default"
    ? [describeProvenance(problem.origin)]
    : [];
  return [...place, ...(problem.key ? [problem.key] : []), problem.message].join(": ");
}

/** A configuration that cannot be used; its message holds one line for each problem. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.name = "ConfigError";
  }
}
