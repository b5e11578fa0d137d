/** Whether the depot can be asked for objects, for `berth doctor`. */
import { join } from "node:path";
import { whyUnwritable } from "../base/atomic_file.ts";
import { systemClock } from "../base/clock.ts";
import { depotAt } from "../cache/depot/keeper.ts";
import type { Config } from "../proxy/config/schema.ts";
import type { Environment } from "../proxy/upstream/proxies.ts";
import { depotPlace } from "./depot_place.ts";

/** A digest that no content has. */
const NOTHING = `sha256:${"0".repeat(64)}`;

/** Asks for an object that is not there; writes nothing. Throws what keeps the depot from use. */
export async function lookAtDepot(
  config: Config["cache"]["depot"],
  env: Environment,
  signal: AbortSignal,
): Promise<void> {
  await using depot = depotPlace(config, env);
  const { place } = depot;
  const why = "dir" in place ? await whyUnwritable(join(place.dir, "doctor")) : undefined;
  if (why !== undefined) throw new Error(why);
  await depotAt(place, systemClock).stat(NOTHING, signal);
}
