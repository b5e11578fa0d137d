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
  const asked = registries.filter(({ state }) => state !== "idle" && state !== "offline");
  const offline = registries.filter(({ state }) => state === "offline").length;
  if (asked.length === 0) {
    return offline > 0 ? `Ready; ${offline} set to offline` : "Ready; nothing pulled yet";
  }
  const well = asked.length === 1 ? `${asked[0]!.name} is reachable` : "All registries reachable";
  return offline > 0 ? `${well}, ${offline} set to offline` : well;
}
