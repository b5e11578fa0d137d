/** Secrets in the text of a configuration file. */
import { isScalar, isSeq, type Node, parseDocument, visit } from "yaml";
import type { Path } from "./path.ts";
import { isSecret, MASK } from "./secrets.ts";

interface SecretNode {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

function secretNodes(text: string): SecretNode[] {
  const found: SecretNode[] = [];
  visit(parseDocument(text), {
    Pair(_, pair, ancestors) {
      const { key, value } = pair;
      if (!isScalar(key) || !isScalar(value) || !value.range || value.value === null) return;
      const path = [...keysOf(ancestors as readonly Node[]), String(key.value)];
      if (!isSecret(path) || value.value === "") return;
      found.push({ start: value.range[0], end: value.range[1], value: String(value.value) });
    },
  });
  return found;
}

/** The keys on the way down `ancestors`; what is secret in a list is so at each of its places. */
function keysOf(ancestors: readonly unknown[]): Path {
  return ancestors.flatMap((node): (string | number)[] => {
    if (isSeq(node)) return [0];
    const key = (node as { key?: unknown }).key;
    return isScalar(key) ? [String(key.value)] : [];
  });
}

/**
 * `text` with asterisks for each secret in it. One that does not stand in `before`, where that is
 * given, is marked as new, so that a diff shows that there is a change.
 */
export function maskText(text: string, before: string = text): string {
  const old = new Set(secretNodes(before).map(({ value }) => value));
  let masked = "";
  let from = 0;
  for (const { start, end, value } of secretNodes(text)) {
    masked += text.slice(from, start) + (old.has(value) ? MASK : `${MASK} (new)`);
    from = end;
    // A block scalar's range takes the line break along.
    if (text[end - 1] === "\n") masked += "\n";
  }
  return masked + text.slice(from);
}
