import assert from "node:assert/strict";
import { filterFromQuery, passes } from "../../../ui/web/activity_filter.ts";
import { addressOf, ApiError, messageOf } from "../../../ui/web/client.ts";
import { mergeRequests } from "../../../ui/web/live.ts";
import { requestOf } from "../fake/requests.ts";

const request = (seq: number) => requestOf("busy", seq, 1000 * seq);

Deno.test("mergeRequests, newest first, each once, no more than the limit", () => {
  const merged = mergeRequests([request(3), request(2)], [request(3), request(4), request(1)], 3);
  assert.deepEqual(merged.map(({ seq }) => seq), [4, 3, 2]);
});

Deno.test("mergeRequests, a server that started anew begins a new list", () => {
  const anew = { ...request(2), id: "another" };
  assert.deepEqual(mergeRequests([request(3), request(2)], [anew], 10), [anew]);
});

Deno.test("passes, by every field of the filter", () => {
  const entry = {
    ...request(1),
    registry: "quay",
    kind: "blob",
    cache: "miss",
    status: 200,
  } as const;
  const shows = (query: string) => passes(entry, filterFromQuery(new URLSearchParams(query)));
  assert.equal(shows(""), true);
  assert.equal(shows("registry=quay&kind=blob&cache=miss"), true);
  assert.equal(shows(`q=${entry.client}`), true);
  for (const query of ["registry=docker", "kind=manifest", "cache=hit", "errors=true", "q=zzz"]) {
    assert.equal(shows(query), false, query);
  }
});

Deno.test("addressOf, fills in parameters, leaves out what is empty, escapes the rest", () => {
  assert.equal(addressOf("/x", { query: { a: "", b: undefined } }), "/x");
  assert.equal(addressOf("/x", { query: { q: "a b&c", page: 2 } }), "/x?q=a+b%26c&page=2");
  assert.equal(addressOf("/x/:id/y", { param: { id: "a/b" } }), "/x/a%2Fb/y");
});

Deno.test("messageOf, a problem's title and what to do", () => {
  const error = new ApiError({ type: "", title: "Changed", status: 409, detail: "Load it again." });
  assert.deepEqual(messageOf(error), { title: "Changed", detail: "Load it again." });
  assert.deepEqual(messageOf(new Error("x")), { title: "x", detail: "" });
});
