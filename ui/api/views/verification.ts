/** How far the verification of the cache is. */
import type { Verification } from "../schema/events.ts";

/** Before the first run. */
export const NEVER_VERIFIED: Verification = {
  running: false,
  checkedBlobs: 0,
  totalBlobs: 0,
  checkedBytes: 0,
  startedAt: null,
  finishedAt: null,
  damaged: [],
};
