/**
 * Changing the configuration file, or the overlay above one that cannot be written: tried as a whole
 * first, shown as a diff, written atomically.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { describeWriteError, writeAtomically } from "../../base/atomic_file.ts";
import { type DiffLine, diffLines } from "./diff.ts";
import { type Edit, EditError, editText } from "./edit/edit.ts";
import { literal } from "./file.ts";
import { loadConfig, type LoadedConfig, type LoadResult } from "./load.ts";
import type { LoadInput } from "./load_input.ts";
import { dropFrom, editOverlay, parseOverlay } from "./overlay.ts";
import { describeProvenance, type Provenance } from "./provenance.ts";
import { formatKey, getIn, isTree, type Path } from "./path.ts";
import { type ConfigProblem, formatProblem } from "./problem.ts";
import { configSchema } from "./schema.ts";
import { maskText } from "./secrets_text.ts";
import { realSystem, type System } from "./system.ts";

/** What an edit is measured against. `LiveConfig` has both. */
export interface WriteContext {
  readonly input: LoadInput;
  readonly loaded: LoadedConfig;
}

export type WriteErrorKind =
  /** The file is not the one that was edited any more. */
  | "conflict"
  /** The value comes from where a file has no say. */
  | "read-only-key"
  /** The system does not allow writing. */
  | "unwritable"
  /** The result would not be a valid configuration. */
  | "invalid"
  /** The file is written in a way that only a person can change. */
  | "by-hand";

/** A change that was not made; nothing was written. */
export class WriteError extends Error {
  readonly key: string;
  readonly origin: Provenance | undefined;
  /** What is wrong with the result, for `invalid`. */
  readonly problems: readonly ConfigProblem[];

  constructor(
    readonly kind: WriteErrorKind,
    message: string,
    more: { key?: string; origin?: Provenance; problems?: readonly ConfigProblem[] } = {},
  ) {
    super(message);
    this.name = "WriteError";
    this.key = more.key ?? "";
    this.origin = more.origin;
    this.problems = more.problems ?? [];
  }
}

/** The file that changes go to. */
interface FileState {
  /** As an absolute path; it may not exist yet. */
  readonly file: string;
  /** Whether that is the overlay. */
  readonly overlay: boolean;
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
  return { file, overlay, revision: revisionOf(text), writable, readOnlyReason: reason ?? "" };
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
  await put(file, after);
  return { file, revision: revisionOf(after) };
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

function changedUnderneath(file: string): WriteError {
  return new WriteError(
    "conflict",
    `${file} has changed since it was read; look at the new version and try again`,
  );
}

/** A change here would be made at one of several Berths, which are to be the same. */
function sharedReason({ loaded: { config } }: WriteContext): string | undefined {
  if (!config.cluster.url) return undefined;
  return "Several Berths share this configuration (cluster.url): change it where all of them get it " +
    "from, and restart or reload them";
}

/**
 * Where changes go: to the configuration file, or to the overlay where that cannot be written or
 * there is one already, which would hide what the file says. `reason`: why they cannot; `refusal`:
 * the same for whoever tries.
 */
async function target(context: WriteContext) {
  const { input, loaded } = context;
  const { system = realSystem } = input;
  const file = loaded.file ?? join(input.cwd ?? "/", "config.yaml");
  const shared = sharedReason(context);
  const why = shared ?? await system.whyUnwritable(file);
  const { overlay } = loaded;
  const inUse = overlay && (overlay.problem !== "" || overlay.settings.length > 0);
  const possible = why !== undefined && overlay &&
    await whyNoOverlay(overlay.file, system) === undefined;
  const text = await textOf(context, file);
  if (shared || !overlay || !(inUse || possible)) {
    const refusal = shared ?? (why && `${file} cannot be written: ${why}`);
    return { file, overlay: false, text, reason: why, refusal };
  }
  const broken = overlay.problem &&
    `${overlay.file} is not used (${overlay.problem}); mend or drop it first`;
  const reason = broken || await whyNoOverlay(overlay.file, system);
  const said = { reason, refusal: reason };
  return { file: overlay.file, overlay: true, text: await textOf(context, overlay.file), ...said };
}

/** As `whyUnwritable`; the cache makes its directory where there is none. */
async function whyNoOverlay(file: string, system: System): Promise<string | undefined> {
  const there = await system.exists(dirname(file), "directory");
  return await system.whyUnwritable(there ? file : dirname(file));
}

/** A file's text; none yet is the same as an empty one. */
async function textOf({ input }: WriteContext, file: string): Promise<string> {
  try {
    return await (input.system ?? realSystem).readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw new WriteError("unwritable", `${file} cannot be read: ${describeWriteError(error)}`);
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
  const after = dropFrom(path ? parseOverlay(file, before) : { settings: [] }, path);
  const result = await loadConfig({ ...context.input, overlay: after });
  if (!result.ok) throw invalid(result.problems);
  await put(file, after);
}

async function put(file: string, text: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    await writeAtomically(file, text);
  } catch (error) {
    throw new WriteError("unwritable", `${file} cannot be written: ${describeWriteError(error)}`);
  }
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
