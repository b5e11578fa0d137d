import assert from "node:assert/strict";
import {
  explainCache,
  explainFailure,
  explainTransfer,
  explainUpstream,
  stretchesOf,
} from "../../../ui/web/explain.ts";
import type { RequestEntry } from "../../../ui/api/schema/activity.ts";
import { isFailure } from "../../../ui/web/results.ts";
import { requestOf } from "../fake/requests.ts";

const HIT = {
  ...requestOf("busy", 1, 0),
  status: 200,
  error: "",
  message: "",
  cache: "hit",
  upstreamStatus: 0,
  upstreamMs: 0,
  upstreamBytes: 0,
  attempts: [] as RequestEntry["attempts"],
  bytes: 2 ** 20,
  firstByteMs: 2,
  durationMs: 40,
} as const;

Deno.test("isFailure, answers from 400 on and bodies that broke off", () => {
  assert.equal(isFailure(HIT), false);
  assert.equal(isFailure({ ...HIT, status: 404 }), true);
  assert.equal(isFailure({ ...HIT, error: "BLOB_UPLOAD_INVALID" }), true);
});

Deno.test("explainCache, every decision in a sentence", () => {
  assert.match(explainCache(HIT), /Upstream was not contacted/);
  assert.match(explainCache({ ...HIT, upstreamStatus: 200 }), /after upstream was asked/);
  for (const cache of ["miss", "joined", "stale", "revalidated", "pass", "none"] as const) {
    assert.match(explainCache({ ...HIT, cache }), /\.$/);
  }
  const miss = { ...HIT, cache: "miss" } as const;
  assert.match(explainCache(miss), /from the depot/);
  assert.match(explainCache({ ...miss, upstreamBytes: 5 }), /downloaded from upstream/);
  assert.match(explainCache({ ...miss, bytes: 0 }), /downloaded from upstream/);
});

Deno.test("explainFailure, what happened and what to do", () => {
  assert.equal(explainFailure(HIT), "");
  assert.match(
    explainFailure({ ...HIT, status: 502, message: "quay.io answered 502" }),
    /^quay\.io answered 502\. Test the registry/,
  );
  assert.match(
    explainFailure({ ...HIT, status: 502, upstreamError: "auth", message: "it refused" }),
    /^it refused\. Check its user name, password or token/,
  );
  assert.match(explainFailure({ ...HIT, status: 429 }), /limits pulls/);
  assert.equal(explainFailure({ ...HIT, status: 416, message: "no such range" }), "no such range.");
});

Deno.test("stretchesOf, follow one another and leave out what took no time", () => {
  const attempts = [{ at: HIT.time, ms: 30, status: 200, error: "" }];
  const entry = { ...HIT, attempts, firstByteMs: 32, durationMs: 90 };
  assert.deepEqual(stretchesOf(entry).map(({ from, to }) => [from, to]), [[0, 30], [30, 32], [
    32,
    90,
  ]]);
  assert.equal(stretchesOf(HIT).length, 2);
});

Deno.test("stretchesOf, each attempt at a registry that refuses connections, and the waiting", () => {
  const attempt = (at: number) => ({ at: HIT.time + at, ms: 10, status: 0, error: "refused" });
  const attempts = [attempt(0), attempt(300)];
  const entry = { ...HIT, attempts, firstByteMs: 311, durationMs: 311 };
  assert.deepEqual(stretchesOf(entry).map(({ name, from, to }) => [name, from, to]), [
    ["Attempt 1: connection refused", 0, 10],
    ["Waiting before the next attempt", 10, 300],
    ["Attempt 2: connection refused", 300, 310],
    ["Preparing the response", 310, 311],
  ]);
  assert.equal(explainUpstream(entry), "connection refused, 2 attempts");
  assert.equal(explainUpstream(HIT), "");
});

Deno.test("explainTransfer, how much and whether it was cut off", () => {
  const plain = (text: string) => text.replaceAll("\u00a0", " ");
  assert.equal(plain(explainTransfer(HIT)), "1 MiB sent in 40 ms.");
  assert.equal(
    plain(explainTransfer({ ...HIT, upstreamBytes: 2048, ended: "client closed" })),
    "1 MiB sent in 40 ms, 2 KiB read from upstream; the client closed the connection before the end.",
  );
  assert.equal(
    plain(explainTransfer({ ...HIT, ended: "handed over" })),
    "1 MiB left to the proxy in front to send.",
  );
});

Deno.test("explainFailure, what a policy refused does not sound like wrong credentials", () => {
  const message =
    "acme/app of docker was refused: it is new and held back until 2026-01-02T00:00:00Z (hold.new_digest)";
  const denied = { ...HIT, status: 403, error: "DENIED", message };
  assert.match(explainFailure(denied), /What stands in brackets decided.* Settings, Policy\.$/);
  const plain = { ...denied, message: "anna may not pull from docker" };
  assert.match(explainFailure(plain), /The account used may not read/);
});
