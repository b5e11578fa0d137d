/** Request records with sensible defaults, for tests. */
import type { RequestRecord } from "../../proxy/observe/record.ts";

let count = 0;

/** A record of a blob served from the cache, changed by `fields`. */
export function record(fields: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: `r${++count}`,
    time: 1_700_000_000_000,
    method: "GET",
    kind: "blob",
    path: "/v2/library/alpine/blobs/sha256:abc",
    registry: "docker",
    repository: "library/alpine",
    reference: "sha256:abc",
    status: 200,
    error: "",
    message: "",
    bytes: 1000,
    upstreamBytes: 0,
    upstreamError: "",
    upstreamStatus: 0,
    upstreamMs: 0,
    attempts: [],
    firstByteMs: 1,
    durationMs: 2,
    ended: "complete",
    cache: "hit",
    client: "10.0.0.1",
    clientName: "",
    userAgent: "containerd/2.1",
    user: "",
    via: "direct",
    limited: "",
    ...fields,
  };
}
