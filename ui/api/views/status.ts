/** The overall state, notices, registries and storage. */
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
  const count = (...states: RegistryHealth["state"][]) =>
    registries.filter(({ state }) => states.includes(state)).length;
  const offline = count("offline");
  const muted = count("failing", "refused"); // what is said of them was not in `notices`
  const rest = [offline > 0 && `${offline} set to offline`, muted > 0 && `${muted} muted`]
    .filter(Boolean).join(", ");
  const well = registries.filter(({ state }) => state === "ok" || state === "limited");
  if (well.length === 0) return `Ready; ${rest || "nothing pulled yet"}`;
  const reachable = well.length === 1
    ? `${well[0]!.name} is reachable`
    : muted > 0
    ? `${well.length} registries reachable`
    : "All registries reachable";
  return rest ? `${reachable}, ${rest}` : reachable;
}
