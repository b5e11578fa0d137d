/** Changes of the registry map: checked as a whole, written to the file, put into force. */
import type { Edit } from "../../proxy/config/edit.ts";
import type { LiveConfig } from "../../proxy/config/live.ts";
import type { ConfigProblem } from "../../proxy/config/problem.ts";
import { removeRegistry, setRegistry } from "../../proxy/config/registry_edits.ts";
import { type Registry, registryName } from "../../proxy/config/schema.ts";
import { previewEdits, tryEdits, writeEdits, WriteError } from "../../proxy/config/write.ts";
import { ApiProblem, notFound } from "./problem.ts";
import type { FieldProblem } from "./schema.ts";
import type { Preview, RegistrySettings } from "./schema/registries.ts";
import { fieldProblem } from "./views/settings.ts";

/** A change of one registry; without `settings` it is removed. */
export interface RegistryChange {
  name: string;
  settings: RegistrySettings | null;
  /** The name must be new; otherwise it must be known. */
  create: boolean;
}

/** What `change` would do to the file, and what is wrong with it; nothing is written. */
export async function previewChange(live: LiveConfig, change: RegistryChange): Promise<Preview> {
  const wrong = nameProblems(live, change);
  const edits = wrong.length > 0 ? [] : editsFor(live, change);
  try {
    const { problems, diff, file, revision } = await previewEdits(live, edits);
    const fields = [...wrong, ...problems.map((problem) => relativeTo(change.name, problem))];
    return { fields, diff: [...diff], file, revision };
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    const { file, revision } = await previewEdits(live, []);
    const problem = { key: error.key, message: error.message };
    return { fields: [...wrong, relativeTo(change.name, problem)], diff: [], file, revision };
  }
}

/**
 * Makes `change` in the file and puts the result into force. `revision` is what the change is based
 * on; undefined does not ask. Throws a 404 or 422 for the name, a 422 for an invalid result, and a
 * 409 where the file changed underneath, cannot be written or has no say; nothing is written then.
 */
export async function applyChange(
  live: LiveConfig,
  change: RegistryChange,
  revision: string | undefined,
): Promise<void> {
  const [wrong] = nameProblems(live, change);
  if (wrong && !change.create) throw notFound(`The registry ${change.name}`);
  if (wrong) throw invalid([wrong]);
  try {
    await writeEdits(live, editsFor(live, change), revision);
  } catch (error) {
    throw error instanceof WriteError ? refusal(change.name, error) : error;
  }
  const { ok, problems } = await live.reload("dashboard");
  if (ok) return;
  throw new ApiProblem(500, "The change was written, but it could not be put into force", {
    type: "reload-failed",
    detail: problems.map(({ message }) => message).join("; "),
  });
}

/**
 * The registry that `settings` would make of `name`, known or new, with the secrets that they leave
 * out. Throws a 422 where they are not valid. Nothing is written.
 */
export async function candidateRegistry(
  live: LiveConfig,
  name: string,
  settings: RegistrySettings,
): Promise<Registry> {
  const create = !Object.hasOwn(live.current.registries, name);
  const wrong = nameProblems(live, { name, settings, create });
  if (wrong.length > 0) throw invalid(wrong);
  try {
    const result = await tryEdits(live, setRegistry(live.loaded, name, settings));
    if (!result.ok) throw invalid(result.problems.map((problem) => relativeTo(name, problem)));
    return { ...result.loaded.config.registries[name]!, name };
  } catch (error) {
    throw error instanceof WriteError ? refusal(name, error) : error;
  }
}

function editsFor(live: LiveConfig, { name, settings }: RegistryChange): Edit[] {
  return settings === null
    ? removeRegistry(live.loaded, name)
    : setRegistry(live.loaded, name, settings);
}

function nameProblems(live: LiveConfig, { name, create }: RegistryChange): FieldProblem[] {
  const known = Object.hasOwn(live.current.registries, name);
  if (!create) return known ? [] : [{ path: "name", message: `there is no registry ${name}` }];
  if (known) return [{ path: "name", message: `there is already a registry ${name}` }];
  const { error } = registryName.safeParse(name);
  return (error?.issues ?? []).map(({ message }) => ({ path: "name", message }));
}

function invalid(fields: FieldProblem[]): ApiProblem {
  return new ApiProblem(422, "The registry is not valid", { type: "invalid-registry", fields });
}

function refusal(name: string, error: WriteError): ApiProblem {
  if (error.kind === "invalid") {
    return invalid(error.problems.map((problem) => relativeTo(name, problem)));
  }
  const [title, type] = {
    "conflict": ["The configuration file changed underneath", "changed-underneath"],
    "read-only-key": ["This is not set in the configuration file", "read-only"],
    "unwritable": ["The configuration file cannot be written", "not-writable"],
    "by-hand": ["The configuration file must be changed by hand", "by-hand"],
  }[error.kind] as [string, string];
  const fields = error.key
    ? [relativeTo(name, { key: error.key, message: error.message })]
    : undefined;
  return new ApiProblem(409, title, { type, detail: error.message, ...fields ? { fields } : {} });
}

/** The problem with its key as the registry's form knows it: `auth.username`. */
function relativeTo(name: string, problem: ConfigProblem): FieldProblem {
  const { path, message } = fieldProblem(problem);
  const prefix = `registries.${name}.`;
  return { path: path.startsWith(prefix) ? path.slice(prefix.length) : path, message };
}
