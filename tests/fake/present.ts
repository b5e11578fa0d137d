/** What the dashboard shows of a Berth that does nothing. */
import type { Status } from "../../ui/api/schema/status.ts";

export const idleStatus: Status = {
  version: "1.2.3",
  startedAt: 0,
  now: 0,
  text: "All registries reachable",
  empty: true,
  notices: [],
  muted: [],
  registries: [],
  storage: {
    bytes: 0,
    blobs: 0,
    pinnedBytes: 0,
    maxBytes: 0,
    minFreeBytes: 0,
    disk: null,
    memoryBytes: 0,
    maxMemoryBytes: 0,
    evicting: false,
    outlook: "",
    depot: null,
  },
  price: null,
  cluster: null,
  registryUrl: "",
};
