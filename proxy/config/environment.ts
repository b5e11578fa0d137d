/** `BERTH_…` variables, by the options table. */
import { coerce } from "./coerce.ts";
import { findOption, OPTIONS } from "./options.ts";
import type { Setting } from "./provenance.ts";
import { didYouMean } from "../../base/suggest.ts";

/**
 * Kubernetes puts these into every pod beside a service called `berth…`.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const SERVICE_LINK =
  /^BERTH(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** Read elsewhere: which file, and no key of it. */
const OTHERS = new Set(["BERTH_CONFIG"]);

/**
 * Settings from the environment. An empty variable counts as unset, as Compose's `${X:-}` means it;
 * a `BERTH_…` that no key has is a warning, since images and platforms add their own.
 */
export function environmentSettings(env: Readonly<Record<string, string | undefined>>) {
  const settings: Setting[] = [];
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith("BERTH_") || !text || OTHERS.has(name)) continue;
    const found = findOption("env", name);
    if (found) {
      const origin = { kind: "environment", name } as const;
      settings.push({ path: found.path, value: coerce(text, found.option), origin });
    } else if (!SERVICE_LINK.test(name)) {
      const hint = didYouMean(name, OPTIONS.map((option) => option.env));
      warnings.push(`environment ${name} is not a setting of Berth and is ignored${hint}`);
    }
  }
  return { settings, warnings };
}
