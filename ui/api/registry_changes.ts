/** Changes of the registry map: checked as a whole, written to the file, put into force. */
import type { Edit } from "../../proxy/config/edit/edit.ts";
import type { ConfigChange, LiveConfig } from "../../proxy/config/live.ts";
import type { ConfigProblem } from "../../proxy/config/problem.ts";
import { removeRegistry, setRegistry } from "../../proxy/config/registry_edits.ts";
import { type Registry, registryName } from "../../proxy/config/schema.ts";
import { previewEdits, tryEdits } from "../../proxy/config/write.ts";
import { WriteError } from "../../proxy/config/write_place.ts";
import { applyEdits, type Basis, refuse, type Wording } from "./config_changes.ts";
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
 * Makes `change` in the file, puts the result into force and says what that changed. Throws a 404 or
 * 422 for the name, and what `applyEdits` throws.
 */
export async function applyChange(
  live: LiveConfig,
  change: RegistryChange,
  basis: Basis,
): Promise<readonly ConfigChange[]> {
  const [wrong] = nameProblems(live, change);
  if (wrong && !change.create) throw notFound(`Registry "${change.name}"`);
  if (wrong) throw invalid([wrong]);
  return await applyEdits(live, editsFor(live, change), basis, wordingOf(change.name));
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
    refuse(error, wordingOf(name));
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
  return new ApiProblem(422, "Invalid registry settings", { type: "invalid-registry", fields });
}

function wordingOf(name: string): Wording {
  return { invalid, field: (problem) => relativeTo(name, problem) };
}

/** The problem with its key as the registry's form knows it: `auth.username`. */
function relativeTo(name: string, problem: ConfigProblem): FieldProblem {
  const { path, message } = fieldProblem(problem);
  const prefix = `registries.${name}.`;
  return { path: path.startsWith(prefix) ? path.slice(prefix.length) : path, message };
}
