/** Where changes of the configuration go: to its file, the overlay above it, or all of a cluster. */
import { dirname, join } from "node:path";
import { describeWriteError, writeAtomically } from "../../base/atomic_file.ts";
import type { Document } from "../../base/shared_document.ts";
import type { FileMarks } from "./file_marks.ts";
import type { LoadedConfig } from "./load.ts";
import type { LoadInput } from "./load_input.ts";
import { asShared, versionOf } from "./overlay.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Provenance } from "./provenance.ts";
import { realSystem, type System } from "./system.ts";

/** What an edit is measured against. `LiveConfig` has all of it. */
export interface WriteContext {
  readonly input: LoadInput;
  readonly loaded: LoadedConfig;
  /** The way to the other Berths of a cluster; none where this one is alone, or does not run. */
  readonly shared?: SharedOverlay | undefined;
}

/** The overlay as all Berths of a cluster have it. */
export interface SharedOverlay {
  /** Why nothing can be changed now; empty where it can. */
  readonly problem: string;
  /** Those whose configuration file says something else below the overlay, and the keys. */
  readonly differing: readonly { readonly id: string; readonly keys: readonly string[] }[];
  /** What others are told: which of the changes this one has, and what stands for its file. */
  told(): { version: number; file: FileMarks };
  /** Has all take `overlay`. `older`: they have one of its version or a later. */
  write(overlay: Document): Promise<"kept" | "older" | "away" | "foreign">;
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

/** Where changes go among several Berths: to the overlay that they share, or nowhere. */
async function sharedTarget(context: WriteContext, system: System) {
  const { loaded: { overlay, file }, shared } = context;
  if (!overlay || !shared) {
    const reason = "Several Berths share this configuration (cluster.url): change it on the " +
      "dashboard of one that runs in the cluster";
    const text = file ? await textOf(context, file) : "";
    return { file: file ?? "", overlay: false, text, reason, refusal: reason };
  }
  const broken = overlay.problem &&
    `${overlay.file} is not used (${overlay.problem}); mend or drop it first`;
  const reason = broken || (shared.problem && notShared(shared.problem)) ||
    await whyNoOverlay(overlay.file, system);
  const text = await textOf(context, overlay.file);
  return { file: overlay.file, overlay: true, text, reason, refusal: reason };
}

function notShared(problem: string): string {
  return `Several Berths share this configuration, and ${problem}: the others would not learn of a ` +
    "change; try again once that is mended";
}

/**
 * Where changes go: to the configuration file, or to the overlay where that cannot be written or
 * there is one already, which would hide what the file says. `reason`: why they cannot; `refusal`:
 * the same for whoever tries.
 */
export async function target(context: WriteContext) {
  const { input, loaded } = context;
  const { system = realSystem } = input;
  if (loaded.config.cluster.url) return await sharedTarget(context, system);
  const file = loaded.file ?? join(input.cwd ?? "/", "config.yaml");
  const why = await system.whyUnwritable(file);
  const { overlay } = loaded;
  const inUse = overlay && (overlay.problem !== "" || overlay.settings.length > 0);
  const possible = why !== undefined && overlay &&
    await whyNoOverlay(overlay.file, system) === undefined;
  const text = await textOf(context, file);
  if (!overlay || !(inUse || possible)) {
    const refusal = why && `${file} cannot be written: ${why}`;
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
export async function textOf({ input }: WriteContext, file: string): Promise<string> {
  try {
    return await (input.system ?? realSystem).readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw new WriteError("unwritable", `${file} cannot be read: ${describeWriteError(error)}`);
  }
}

/** Has `file` say `after` in the place of `before`, at all Berths where they share it. */
export async function keep(
  { loaded: { config }, shared }: WriteContext,
  { file, before, after }: { file: string; before: string; after: string },
): Promise<string> {
  if (!config.cluster.url) {
    await put(file, after);
    return after;
  }
  const version = versionOf(before) + 1;
  const text = asShared(after, version);
  const kept = await shared?.write({ version, text }).catch((error) => {
    throw new WriteError("unwritable", `${file} cannot be written: ${describeWriteError(error)}`);
  });
  if (kept === "older") throw changedUnderneath(file);
  if (kept !== "kept") throw new WriteError("unwritable", notShared(shared?.problem ?? ""));
  return text;
}

async function put(file: string, text: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    await writeAtomically(file, text);
  } catch (error) {
    throw new WriteError("unwritable", `${file} cannot be written: ${describeWriteError(error)}`);
  }
}

export function changedUnderneath(file: string): WriteError {
  return new WriteError(
    "conflict",
    `${file} has changed since it was read; look at the new version and try again`,
  );
}
