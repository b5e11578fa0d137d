/** Is it fine, what is wrong, what is full. */
import type { Notice, RegistryHealth } from "../schema/status.ts";
import { plural } from "./words.ts";

/** The state in one sentence: the worst that is wrong, or that nothing is. */
export function statusText(notices: Notice[], registries: RegistryHealth[]): string {
  const [worst, ...others] = notices.filter(({ severity }) => severity !== "info");
  if (worst) {
    return others.length > 0
      ? `${worst.title} (+${plural(others.length, "more problem")})`
      : worst.title;
  }
  const asked = registries.filter(({ state }) => state !== "idle");
  if (asked.length === 0) return "Ready; nothing pulled yet";
  return asked.length === 1 ? `${asked[0]!.name} is reachable` : "All registries reachable";
}
