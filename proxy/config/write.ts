/**
 * Changing the configuration file, or the overlay above one that cannot be written: tried as a whole
 * first, shown as a diff, written atomically.
 */
import { createHash } from "node:crypto";
import { parseDocument } from "yaml";
import { type DiffLine, diffLines } from "./diff.ts";
import { type Edit, EditError, editText } from "./edit/edit.ts";
import { literal } from "./file.ts";
import { loadConfig, type LoadedConfig, type LoadResult } from "./load.ts";
import { dropFrom, editOverlay, parseOverlay } from "./overlay.ts";
import { describeProvenance, type Provenance } from "./provenance.ts";
import { formatKey, getIn, isTree, type Path } from "./path.ts";
import { type ConfigProblem, formatProblem } from "./problem.ts";
import { configSchema } from "./schema.ts";
import { maskText } from "./secrets_text.ts";
import {
  changedUnderneath,
  keep,
  target,
  textOf,
  type WriteContext,
  WriteError,
} from "./write_place.ts";

/** The file that changes go to. */
interface FileState {
  /** As an absolute path; it may not exist yet. */
  readonly file: string;
  /** Whether that is the overlay. */
  readonly overlay: boolean;
  /** Whether all Berths of a cluster have it. */
  readonly shared: boolean;
  /** Stands for its text, for `If-Match`. */
  readonly revision: string;
  readonly writable: boolean;
  /** Why not, and what to do; empty where it is. */
  readonly readOnlyReason: string;
}

interface Preview {
  readonly file: string;
  /** Of the text before the change. */
  readonly revision: string;
  /** What is wrong with the result; empty when it may be written. */
  readonly problems: readonly ConfigProblem[];
  /** Secrets masked; empty when nothing changes. */
  readonly diff: readonly DiffLine[];
}

/** Stands for `text`: equal texts have equal revisions. */
export function revisionOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** The file that `context` would change, and whether it can be. */
export async function fileState(context: WriteContext): Promise<FileState> {
  const { file, text, overlay, reason } = await target(context);
  const writable = reason === undefined;
  const shared = context.loaded.config.cluster.url !== "";
  const revision = revisionOf(text);
  return { file, overlay, shared, revision, writable, readOnlyReason: reason ?? "" };
}

/**
 * What the file says at `path`, as it is written, or the overlay above it, where that has it;
 * `undefined` where neither says anything.
 */
export async function writtenAt(context: WriteContext, path: Path): Promise<unknown> {
  const { file, text } = await target(context);
  const own = context.loaded.file ?? file;
  for (const said of own === file ? [text] : [text, await textOf(context, own)]) {
    const tree: unknown = parseDocument(said, { merge: true }).toJS();
    const found = isTree(tree) ? getIn(tree, path) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * What `edits` would change, without writing. Throws `WriteError` of kind `read-only-key`,
 * `conflict` or `by-hand`; what is wrong with the result is in `problems`.
 */
export async function previewEdits(
  context: WriteContext,
  edits: readonly Edit[],
  revision?: string,
): Promise<Preview> {
  const { file, before, problems, after } = await prepare(context, edits, revision);
  const diff = diffLines(maskText(before), maskText(after, before));
  return { file, revision: revisionOf(before), problems, diff };
}

/**
 * Makes `edits` in the file if its revision still is `revision` (when one is given) and the result
 * is valid. Throws `WriteError`; then nothing was written. The result is the new revision.
 */
export async function writeEdits(
  context: WriteContext,
  edits: readonly Edit[],
  revision?: string,
): Promise<{ file: string; revision: string }> {
  const { file, before, problems, after, refusal } = await prepare(context, edits, revision);
  if (refusal) throw new WriteError("unwritable", refusal);
  if (problems.length > 0) throw invalid(problems);
  if (after === before) return { file, revision: revisionOf(before) };
  if (await textOf(context, file) !== before) throw changedUnderneath(file);
  return { file, revision: revisionOf(await keep(context, { file, before, after })) };
}

/** The configuration that `edits` would make, without writing. Throws like `previewEdits`. */
export async function tryEdits(
  context: WriteContext,
  edits: readonly Edit[],
): Promise<LoadResult> {
  return (await prepare(context, edits)).result;
}

async function prepare(context: WriteContext, edits: readonly Edit[], revision?: string) {
  const { loaded, input } = context;
  const { file, text: before, overlay, refusal } = await target(context);
  checkKeys(loaded, edits, overlay);
  if (revision !== undefined && revision !== revisionOf(before)) throw changedUnderneath(file);
  const after = overlay
    ? edits.length > 0 ? editOverlay(loaded.stated, parseOverlay(file, before), edits) : before
    : edited(before, [...edits, ...before === "" && edits.length > 0 ? plainStart(loaded) : []]);
  const result = await loadConfig({ ...input, ...overlay ? { overlay: after } : { text: after } });
  const problems = result.ok ? [] : result.problems;
  return { file, before, after, overlay, refusal, result, problems };
}

/** What `plain_start.ts` holds while there is no file: the first one has to say it to keep it so. */
function plainStart({ file, config: { admin }, sources }: LoadedConfig): Edit[] {
  const plain = file === undefined && sources.get("admin.listen")?.kind === "default" &&
    admin.listen !== configSchema.parse({}).admin.listen;
  return plain ? [{ path: ["admin", "listen"], value: admin.listen }] : [];
}

/** Values are taken literally: those who may edit must not read the environment by `${NAME}`. */
function edited(text: string, edits: readonly Edit[]): string {
  try {
    return editText(text, edits.map(({ path, value }) => ({ path, value: literal(value) })));
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    throw new WriteError("by-hand", error.message, { key: formatKey(error.path) });
  }
}

/**
 * Takes `path` and what is below out of the overlay, everything where there is none. Throws
 * `WriteError`; then nothing was written.
 */
export async function dropOverlay(context: WriteContext, path?: Path): Promise<void> {
  const { overlay } = context.loaded;
  if (!overlay) return;
  const { file } = overlay;
  const before = await textOf(context, file);
  const after = dropFrom(parseOverlay(file, before), path);
  const result = await loadConfig({ ...context.input, overlay: after });
  if (!result.ok) throw invalid(result.problems);
  await keep(context, { file, before, after });
}

function invalid(problems: readonly ConfigProblem[]): WriteError {
  return new WriteError("invalid", problems.map(formatProblem).join("\n"), { problems });
}

/** Refuses what the file could say in vain. */
function checkKeys(loaded: LoadedConfig, edits: readonly Edit[], overlay: boolean): void {
  for (const { path, value } of edits) {
    const key = formatKey(path);
    const stated = loaded.sources.get(key);
    const fromVariable = !overlay && stated?.kind === "file" && stated.variables &&
      value !== undefined;
    const origin = fromVariable ? stated : fixedOrigin(loaded, path);
    if (!origin) continue;
    const message = `${key} comes from ${describeProvenance(origin)}; change it there`;
    throw new WriteError("read-only-key", message, { key, origin });
  }
}

/** The source that beats the file for `path` or something within it; `undefined` when none does. */
export function fixedOrigin(loaded: LoadedConfig, path: Path): Provenance | undefined {
  const key = formatKey(path);
  for (const [known, origin] of loaded.sources) {
    const concerned = known === key || known.startsWith(`${key}.`) || key.startsWith(`${known}[`);
    if (concerned && ["environment", "flag", "map"].includes(origin.kind)) return origin;
  }
  return undefined;
}
