/**
 * Changes of values in the text of a configuration file. They are spliced in where the parser says
 * that the values stand, so that everything else stays as it was, byte for byte.
 */
import { formatKey, getIn, isTree, type Path, setIn, type Tree } from "../path.ts";
import { isShared, parseSource, type Source } from "./place.ts";
import { removeValue } from "./remove_value.ts";
import { styleOf } from "./render_value.ts";
import { setValue } from "./set_value.ts";

/** One change; a `value` of `undefined` takes the key away. */
export interface Edit {
  readonly path: Path;
  readonly value: unknown;
}

/** A file that is written in a way which cannot be edited without rewriting it. */
export class EditError extends Error {
  constructor(readonly path: Path, why: string) {
    super(`${formatKey(path)} ${why}; change it in the file by hand`);
    this.name = "EditError";
  }
}

/**
 * `text` with `edits` made, one after the other. JSON stays JSON; other text is YAML. Throws
 * `EditError` where YAML's aliases are in the way, or a place is written so that it cannot be found.
 */
export function editText(text: string, edits: readonly Edit[]): string {
  const json = isJson(text);
  return edits.reduce((out, edit) => editOnce(out, edit, json), text);
}

function editOnce(text: string, { path, value }: Edit, json: boolean): string {
  const source = parseSource(text);
  if (isShared(source.document, path)) throw new EditError(path, "is shared by a YAML alias");
  const style = styleOf(text, json);
  const out = attempt(() =>
    value === undefined ? removeValue(source, path, style) : setValue(source, path, value, style)
  );
  if (out === undefined || !says(out, source, { path, value }, json)) {
    throw new EditError(path, "stands in the file in a form that cannot be edited here");
  }
  return out;
}

/** Whether `out` says what `before` said, but for what was edited. */
function says(out: string, before: Source, { path, value }: Edit, json: boolean): boolean {
  if (json && !isJson(out)) return false;
  const { document } = parseSource(out);
  if (document.errors.length > 0) return false;
  const tree = document.toJS() as unknown;
  const expected = asTree(before.document.toJS());
  setIn(expected, path, value);
  return JSON.stringify(stated(asTree(tree))) === JSON.stringify(stated(expected)) &&
    (value === undefined || JSON.stringify(getIn(asTree(tree), path)) === JSON.stringify(value));
}

function asTree(value: unknown): Tree {
  return isTree(value) ? value : {};
}

/** `tree` without sections that say nothing; the order of keys does not count. */
function stated(tree: Tree): Tree {
  const entries = Object.entries(tree)
    .map(([key, value]) => [key, isTree(value) ? stated(value) : value] as const)
    .filter(([, value]) =>
      value !== undefined && value !== null && !(isTree(value) && Object.keys(value).length === 0)
    );
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}

/** What `run` returns; `undefined` where the file's form was not foreseen. */
function attempt(run: () => string): string | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    return isTree(JSON.parse(text));
  } catch {
    return false;
  }
}
