/** Which hosts clients reach through the forward proxy: one more, by the dashboard. */
import { addItem } from "../../proxy/config/list_edits.ts";
import type { ConfigChange, LiveConfig } from "../../proxy/config/live.ts";
import { fileState, tryEdits } from "../../proxy/config/write.ts";
import { createAllowList } from "../../proxy/forward/hosts/allow_list.ts";
import {
  type Endpoint,
  formatEndpoint,
  parseEndpoint,
} from "../../proxy/forward/hosts/endpoint.ts";
import { entryFor } from "../../proxy/forward/hosts/refusal.ts";
import { applyEdits, type Basis, invalidAs, refuse, type Wording } from "./config_changes.ts";
import { ApiProblem } from "./problem.ts";
import { fieldProblem } from "./views/settings.ts";

/** The list of the configuration that an allowed host stands in. */
export const ALLOWED_HOSTS = ["forward", "allowed_hosts"] as const;

const WORDING: Wording = {
  invalid: invalidAs("The configuration would not be valid", "invalid-configuration"),
  field: fieldProblem,
};

/**
 * Adds what lets clients reach `wanted` to the file and puts it into force; nothing changes where
 * they may already. What is returned and thrown is as with `applyEdits`.
 */
export async function allowHost(
  live: LiveConfig,
  wanted: Endpoint,
  { by, revision }: Basis,
): Promise<readonly ConfigChange[]> {
  const endpoint = parseEndpoint(formatEndpoint(wanted));
  if (!endpoint) {
    const fields = [{ path: "host", message: "expected a host name or an address" }];
    throw new ApiProblem(422, "Invalid host", { type: "invalid-host", fields });
  }
  // The list is taken from the file as it is now, which may not be in force yet: nobody's is lost.
  const refused = (error: unknown) => refuse(error, WORDING);
  const now = await fileState(live).catch(refused);
  const current = await tryEdits(live, []).catch(refused);
  if (!current.ok) throw WORDING.invalid(current.problems.map(fieldProblem));
  const { loaded } = current;
  const verdict = createAllowList(loaded.config).verdict(endpoint);
  const edits = verdict.allowed
    ? []
    : addItem(loaded, ALLOWED_HOSTS, entryFor(endpoint, verdict.reason));
  const context = { input: live.input, loaded };
  const basis = { by, revision: revision ?? now.revision };
  return await applyEdits(live, edits, basis, WORDING, context);
}
