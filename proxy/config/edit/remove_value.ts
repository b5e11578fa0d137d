/** Taking a key out of a file. */
import type { Pair, YAMLMap } from "yaml";
import type { Path } from "../path.ts";
import { rebuildFlow } from "./flow.ts";
import { commentBelow, commentsAbove, removeLines } from "./lines.ts";
import {
  colonEnd,
  columnOf,
  endOf,
  type Place,
  placesOn,
  type Source,
  splice,
  startOf,
} from "./place.ts";
import type { Style } from "./render_value.ts";

/** The text without `path`, and without the mappings above it that have nothing in them any more. */
export function removeValue(source: Source, path: Path, style: Style): string {
  const places = placesOn(source.document, path);
  if (places.length < path.length) return source.text;
  let at = places.length - 1;
  while (at > 0 && goesWithItsOnly(source, places[at]!, places[at - 1]!)) at--;
  const { map, pair } = places[at]!;
  return splice(source.text, removePair(source, map, pair, style));
}

/** Whether a mapping goes with the one pair that it has: it has no other, and no comment. */
function goesWithItsOnly(source: Source, { map, pair }: Place, above: Place): boolean {
  if (map.items.length > 1) return false;
  // An empty `{}` that somebody wrote stays.
  if (map.flow) return above.map.flow === true;
  const inside = source.text.slice(
    colonEnd(above.pair),
    commentsAbove(source, startOf(pair)),
  );
  const column = columnOf(source, startOf(above.pair));
  return !inside.includes("#") && !commentBelow(source, endOf(source, pair), column);
}

function removePair(source: Source, map: YAMLMap, pair: Pair, style: Style) {
  const index = map.items.indexOf(pair);
  if (map.flow) return rebuildFlow(source, map, (other) => other !== index, [], style);
  return removeLines(source, {
    start: startOf(pair),
    end: endOf(source, pair),
    first: index === 0,
    only: map.items.length === 1,
  });
}
