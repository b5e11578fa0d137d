/** What each key means, as config.yaml explains it: one text for the file and for the help. */
import { isMap, parseDocument, type YAMLMap } from "yaml";
import text from "../config.yaml" with { type: "text" };
import { OPTIONS } from "../proxy/config/options.ts";

/** A registry whose entry in config.yaml explains the keys of all. */
const EXAMPLE = "docker";

/** Keys to what is said of them, spelled with `*` for a registry's name: `registries.*.url`. */
export type Meanings = ReadonlyMap<string, string>;

/**
 * Reads the comments above the keys of `yaml`. Keys of a registry that are commented out
 * themselves count as well; the section's comment is under the section's own key.
 */
export function readMeanings(yaml: string = text): Meanings {
  const document = parseDocument(withCommentedKeys(yaml));
  const meanings = new Map<string, string>();
  if (isMap(document.contents)) collect(document.contents, [], meanings);
  return meanings;
}

function collect(map: YAMLMap, above: readonly string[], meanings: Map<string, string>): void {
  for (const [index, { key, value }] of map.items.entries()) {
    const { value: name, commentBefore } = key as { value: string; commentBefore?: string | null };
    const path = [...above, above.join() === "registries" && name === EXAMPLE ? "*" : name];
    // The parser gives a comment above the first key to the mapping.
    const comment = commentBefore ?? (index === 0 && above.length > 0 ? map.commentBefore : null);
    const paragraph = comment?.split(/\n\s*\n/).at(-1) ?? "";
    if (paragraph) meanings.set(path.join("."), paragraph.replaceAll(/\s*\n\s*/g, " ").trim());
    if (isMap(value)) collect(value, path, meanings);
  }
}

/** `    # ecr:` and the like become keys, where they are keys of a registry. */
function withCommentedKeys(yaml: string): string {
  const keys = new Set(
    OPTIONS.filter(({ path }) => path.includes("*")).flatMap(({ path }) => path.slice(2)),
  );
  const commented = /^( {4,})# {1,3}( *)([a-z_]+):( .*)?$/;
  let below = "";
  return yaml.split("\n").map((line) => {
    const [, indent = "", deeper = "", key = "", value = ""] = commented.exec(line) ?? [];
    if (!keys.has(key) || (deeper && !below)) return line;
    below = value ? "" : key;
    return `${indent}${deeper}${key}:${value}`;
  }).join("\n");
}
