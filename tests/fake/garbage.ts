/** Collects what nothing refers to any more, for tests of what may hang on a lost reference. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A full collection, done when this returns. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
}
