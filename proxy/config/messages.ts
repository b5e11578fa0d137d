/** What the schema found wrong, in words that name what was found and what is expected. */
import type { z } from "zod";
import { type KeyInfo, keyInfo, OPTIONS } from "./options.ts";
import { formatKey, getIn, isTree, type Path, type Tree } from "./path.ts";
import { EXPECTED } from "./values.ts";
import { maskUserinfo } from "./secrets.ts";
import { nearest } from "../../base/suggest.ts";

interface SchemaMessage {
  readonly path: Path;
  /** Which part of the source is meant: unknown keys are at fault themselves. */
  readonly at: "key" | "value";
  readonly message: string;
}

/** One message for each thing that is wrong with `tree`. */
export function* schemaMessages(error: z.ZodError, tree: Tree): Generator<SchemaMessage> {
  for (const issue of error.issues) {
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        yield { path: [...path, key], at: "key", message: unknownKey(path, key) };
      }
    } else if (issue.code === "invalid_key") {
      const message = issue.issues[0]?.message ?? "expected another name";
      yield { path, at: "key", message: `found ${show(path.at(-1))}, ${message}` };
    } else {
      const stated = issue.message.startsWith("expected ");
      const expected = stated ? issue.message : `expected ${expectation(keyInfo(path))}`;
      const found = getIn(tree, path);
      if (found === undefined) yield { path, at: "key", message: `missing; ${expected}` };
      else yield { path, at: "value", message: `found ${showAt(path, found)}, ${expected}` };
    }
  }
}

function unknownKey(parent: Path, key: string): string {
  const siblings = Object.keys(keyInfo(parent)?.keys ?? {});
  const sibling = nearest(key, siblings);
  // The right key in the wrong place: `max_size` outside `cache`.
  const elsewhere = OPTIONS.find(({ path }) => !path.includes("*") && path.at(-1) === key)?.path;
  const suggestion = sibling === undefined ? elsewhere : [...parent, sibling];
  if (suggestion) return `unknown key; did you mean ${formatKey(suggestion)}?`;
  return `unknown key; expected one of ${siblings.join(", ")}`;
}

/** What a key of this kind takes, as the end of a sentence that begins with "expected". */
function expectation(info: KeyInfo | undefined): string {
  switch (info?.kind) {
    case "size":
    case "duration":
    case "listen":
    case "regex":
    case "url":
      return EXPECTED[info.kind];
    case "boolean":
      return "true or false";
    case "number": {
      const [min, max] = info.range!;
      return `a ${max > 1 ? "whole " : ""}number from ${min} to ${max}`;
    }
    case "enum":
      return `one of ${info.values!.join(", ")}`;
    case "list":
      return "a list";
    case "map":
      return "a mapping of names to values";
    case "section":
      return `a mapping with keys such as ${Object.keys(info.keys!).slice(0, 3).join(", ")}`;
    default:
      return "text, in quotes where it looks like a number";
  }
}

/** What belongs within a key may stand there in another shape, so it decides as well. */
function showAt(path: Path, found: unknown): string {
  if (!mayHoldSecret(keyInfo(path))) return show(found);
  if (isTree(found)) return "a mapping";
  return Array.isArray(found) ? "a list" : `a ${typeof found}`;
}

function mayHoldSecret(info: KeyInfo | undefined): boolean {
  if (!info) return false;
  return info.secret || mayHoldSecret(info.item) ||
    Object.values(info.keys ?? {}).some(mayHoldSecret);
}

/** `value` as JSON, without the password of a URL, cut where it is long. */
function show(value: unknown): string {
  const shown = typeof value === "string" ? maskUserinfo(value) : value;
  const text = JSON.stringify(shown) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
