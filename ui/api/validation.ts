/** What the schema of a request found wrong, in words that name what was found and expected. */
import type { z } from "zod";
import type { FieldProblem } from "./schema.ts";

type Issue = z.ZodError["issues"][number];

/** One complaint for each thing that is wrong with `data`; `target` is the part of the request. */
export function fieldProblems(error: z.ZodError, target: string, data: unknown): FieldProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== "unrecognized_keys") {
      return [{ path: path.join("."), message: wordsOf(issue, getIn(data, path), target) }];
    }
    // One line for each, as `strict` writes them.
    const lines = issue.message.split("\n");
    const kind = target === "query" ? "parameter" : "key";
    return issue.keys.map((key, index) => ({
      path: [...path, key].join("."),
      message: `unknown ${kind}${/^unknown(.*)/.exec(lines[index] ?? "")?.[1] ?? ""}`,
    }));
  });
}

function getIn(data: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], data);
}

function wordsOf(issue: Issue, found: unknown, target: string): string {
  const stated = issue.message.startsWith("expected ");
  const expected = stated ? issue.message : `expected ${expectationOf(issue)}`;
  return found === undefined ? `missing; ${expected}` : `found ${show(found, target)}, ${expected}`;
}

/** What stands in a body may be a secret; addresses are in the log anyway. */
function show(found: unknown, target: string): string {
  if (found === null) return "null";
  if (Array.isArray(found)) return "a list";
  if (typeof found === "object") return "an object";
  if (target === "json" && typeof found === "string") return found === "" ? '""' : "a string";
  const text = JSON.stringify(found);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a string",
};

function expectationOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.length === 1
        ? JSON.stringify(issue.values[0])
        : `one of ${issue.values.join(", ")}`;
    case "too_small":
      return `${sizeOf(issue.minimum, issue.origin)} or more`;
    case "too_big":
      return `${sizeOf(issue.maximum, issue.origin)} at most`;
    case "invalid_format":
      return issue.pattern ? `something that matches ${issue.pattern}` : issue.format;
    case "invalid_union":
      return issue.errors.map(([first]) => first ? expectationOf(first) : "").join(" or ");
    default:
      return "something else";
  }
}

function sizeOf(size: number | bigint, origin: string): string {
  const [one, many] =
    { string: ["character", "characters"], array: ["entry", "entries"] }[origin] ??
      [];
  return one === undefined ? String(size) : `${size} ${Number(size) === 1 ? one : many}`;
}
