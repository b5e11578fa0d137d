import assert from "node:assert/strict";
import type { RequestRecord } from "../../../../proxy/observe/record.ts";
import { PullCounter } from "../../../../proxy/observe/stats/pulls.ts";
import { record } from "../../../fake/records.ts";

const T = 1_700_000_000_000;

function pulls(...requests: Partial<RequestRecord>[]): number {
  const counter = new PullCounter();
  return requests.filter((fields) =>
    counter.begins(record({ kind: "manifest", reference: "latest", time: T, ...fields }))
  ).length;
}

Deno.test("PullCounter, one pull however many manifests a client asks for", () => {
  const digest = { reference: "sha256:abc" };
  assert.equal(pulls({ method: "HEAD" }, { ...digest }, { ...digest, time: T + 1000 }), 1);
  assert.equal(pulls({ method: "HEAD" }, { method: "GET" }), 1);
  assert.equal(pulls(digest, { reference: "sha256:def" }), 1, "pinned: index, then manifest");
  assert.equal(pulls({ method: "HEAD" }, { method: "HEAD" }), 1, "asked twice");
  assert.equal(pulls({ method: "HEAD" }, {}, {}), 2, "HEAD and GET, then GET");
  assert.equal(pulls({}, {}), 2, "again");
  assert.equal(pulls({ method: "HEAD" }, { method: "HEAD", time: T + 31e3 }), 2, "later");
  assert.equal(pulls({}, { client: "10.0.0.2" }), 2, "another client");
  assert.equal(pulls({}, { reference: "3.20" }), 2, "another tag");
  assert.equal(pulls({ repository: "library/alpine" }, { repository: "library/busybox" }), 2);
});

Deno.test("PullCounter, only manifests that were given", () => {
  assert.equal(pulls({ status: 404 }, { kind: "blob" }, { method: "PUT", status: 201 }), 0);
  assert.equal(pulls({ status: 304 }), 1);
});
