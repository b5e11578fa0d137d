/** Changes of the configuration file: written, put into force, and refused in words. */
import type { Edit } from "../../proxy/config/edit/edit.ts";
import type { ConfigChange, LiveConfig } from "../../proxy/config/live.ts";
import type { ConfigProblem } from "../../proxy/config/problem.ts";
import { writeEdits } from "../../proxy/config/write.ts";
import { type WriteContext, WriteError } from "../../proxy/config/write_place.ts";
import { ApiProblem } from "./problem.ts";
import type { FieldProblem } from "./schema.ts";

/** Whose change it is, and what it is based on. */
export interface Basis {
  /** Who makes it, for people. */
  by: string;
  /** Of the file; undefined does not ask. */
  revision: string | undefined;
}

/** How a refused change is reported to the client. */
export interface Wording {
  /** The 422 for a result that is not valid. */
  invalid: (fields: FieldProblem[]) => ApiProblem;
  /** A complaint with its key as the caller knows it. */
  field: (problem: ConfigProblem) => FieldProblem;
}

/**
 * Makes `edits` in the file, puts the result into force and says what that changed. Throws a 422 for
 * an invalid result, and a 409 where the file changed underneath, cannot be written or has no say;
 * nothing is written then.
 */
export async function applyEdits(
  live: LiveConfig,
  edits: readonly Edit[],
  { by, revision }: Basis,
  wording: Wording,
  context: WriteContext = live,
): Promise<readonly ConfigChange[]> {
  try {
    await writeEdits(context, edits, revision);
  } catch (error) {
    refuse(error, wording);
  }
  return await putInForce(live, by);
}

/** Loads what was written, and says what that changed. Throws a 500 where it is refused. */
export async function putInForce(live: LiveConfig, by: string): Promise<readonly ConfigChange[]> {
  const { ok, problems, changes } = await live.reload("dashboard", by);
  if (ok) return changes;
  throw new ApiProblem(500, "The change was written but could not be applied", {
    type: "reload-failed",
    detail: problems.map(({ message }) => message).join("; "),
  });
}

/** Says of a result that is not valid what is wrong with each field. */
export function invalidAs(title: string, type: string): Wording["invalid"] {
  return (fields) => {
    const detail = fields.map(({ path, message }) => `${path}: ${message}`).join("; ");
    return new ApiProblem(422, title, { type, detail, fields });
  };
}

/** Throws `error`, as a problem where a change was not made. */
export function refuse(error: unknown, wording: Wording): never {
  throw error instanceof WriteError ? refusal(error, wording) : error;
}

function refusal(error: WriteError, { invalid, field }: Wording): ApiProblem {
  if (error.kind === "invalid") return invalid(error.problems.map(field));
  const [title, type] = {
    "conflict": ["The configuration file has changed in the meantime", "changed-underneath"],
    "read-only-key": ["This is not set in the configuration file", "read-only"],
    "unwritable": ["The configuration file cannot be written", "not-writable"],
    "by-hand": ["The configuration file must be changed by hand", "by-hand"],
  }[error.kind] as [string, string];
  const fields = error.key ? [field({ key: error.key, message: error.message })] : undefined;
  return new ApiProblem(409, title, { type, detail: error.message, ...fields ? { fields } : {} });
}

/** `"abc"` of `If-Match` without its quotes; `*` and nothing are any revision. */
export function revisionOf(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  return header.trim().replace(/^W\//, "").replace(/^"|"$/g, "");
}
