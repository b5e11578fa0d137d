/** The object that makes a place a depot, and tells it from every other one. */
import { DepotError } from "../errors.ts";

/** Name of the object that makes a place a depot. */
export const MARKER = "berth-depot.json";

const VERSION = 1;

/** A place that is a depot, or is to become one. */
interface Place {
  /** What it is called, and what an empty place within it would be. */
  name: string;
  within: string;
  /** The text of its marker; `undefined` where there is none. */
  read(): Promise<string | undefined>;
  /** Puts `text` in the marker's place. */
  write(text: string): Promise<void>;
  isEmpty(): Promise<boolean>;
}

/**
 * Finds out whether `place` is a depot of those whom `clusters` stand for, and makes one of an empty
 * place. Returns its id. Throws {@linkcode DepotError}.
 */
export async function openPlace(place: Place, clusters: readonly string[]): Promise<string> {
  let found = await place.read();
  if (found === undefined && !await place.isEmpty()) {
    // Perhaps it is one since then: several Berths began at the same time.
    found = await place.read();
    if (found === undefined) throw notOurs(place);
  }
  if (found !== undefined) {
    const marker = parseMarker(found);
    const ours = claimed(marker, clusters);
    if (ours) await place.write(markerText(ours));
    return marker.id;
  }
  await place.write(markerText(newMarker(clusters)));
  // Of two that begin at the same time, the one who writes last decides.
  const made = await place.read();
  if (made === undefined) throw new DepotError("away", "url", `${MARKER} was not stored`);
  return parseMarker(made).id;
}

/** What a {@linkcode MARKER} says. */
interface Marker {
  /** What tells the depot from every other one. */
  id: string;
  /** Stands for the secret of the cluster that it belongs to; none where that is a single Berth's. */
  cluster?: string;
}

/** A new marker, of the first of `clusters`. */
function newMarker([cluster]: readonly string[]): Marker {
  return { id: crypto.randomUUID(), ...(cluster ? { cluster } : {}) };
}

function markerText({ id, cluster }: Marker): string {
  return JSON.stringify({ "berth-depot": VERSION, id, cluster }) + "\n";
}

/** Reads a marker. Throws {@linkcode DepotError} for one of another program or a newer version. */
function parseMarker(text: string): Marker {
  let marker: unknown;
  try {
    marker = JSON.parse(text);
  } catch {
    marker = undefined;
  }
  const { "berth-depot": version, id, cluster } = (marker ?? {}) as Record<string, unknown>;
  if (version !== VERSION || typeof id !== "string") {
    const reason = `its ${MARKER} is not one that this version of Berth writes`;
    throw new DepotError("settings", "url", reason);
  }
  return { id, ...(typeof cluster === "string" ? { cluster } : {}) };
}

/**
 * What `marker` has to say where `clusters` stand for the lines of this cluster's secret, the first
 * of which is in use; `undefined`: it does already. Throws {@linkcode DepotError} where the depot
 * belongs to another cluster.
 */
function claimed(marker: Marker, clusters: readonly string[]): Marker | undefined {
  const [cluster] = clusters;
  if (!cluster || marker.cluster === cluster) return undefined;
  if (marker.cluster === undefined || clusters.includes(marker.cluster)) {
    return { ...marker, cluster };
  }
  const reason = "another cluster has this place, by its cluster.secret; name another prefix, or " +
    "add the line that cluster.secret had before";
  throw new DepotError("settings", "url", reason);
}

function notOurs({ name, within }: Place): DepotError {
  const reason =
    `${name} holds other things and no ${MARKER}; name an empty place, such as ${within}`;
  return new DepotError("settings", "url", reason);
}
