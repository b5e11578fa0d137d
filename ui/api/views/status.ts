/** Is it fine, what is wrong, what is full. */
import type { Notice, RegistryHealth } from "../schema/status.ts";

/** The state in one sentence: the worst that is wrong, or that nothing is. */
export function statusText(notices: Notice[], registries: RegistryHealth[]): string {
  const [worst, ...others] = notices.filter(({ severity }) => severity !== "info");
  if (worst) return others.length > 0 ? `${worst.title}, and ${others.length} more` : worst.title;
  const asked = registries.filter(({ state }) => state !== "idle");
  if (asked.length === 0) return "Ready; nothing was pulled yet";
  return asked.length === 1 ? `${asked[0]!.name} is reachable` : "All registries reachable";
}
