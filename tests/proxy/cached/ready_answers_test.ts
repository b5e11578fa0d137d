import assert from "node:assert/strict";
import { HotAnswers } from "../../../proxy/cached/ready_answers.ts";
import { record } from "../../fake/records.ts";

Deno.test("HotAnswers, one address called by two registries' names has two answers", async () => {
  const shelf = { revision: 1, touch: () => {} };
  const hot = new HotAnswers(shelf, { onRecord: () => {}, now: () => 0 });
  const request = new Request("https://one.example/v2/a/manifests/1");
  const caller = (registry?: string) => ({ peer: "10.0.0.1", via: "intercept" as const, registry });
  const reusable = { body: new Uint8Array([49]), digest: "sha256:1", until: 1 };
  hot.keep(request, caller("one"), new Response("1"), record(), reusable);
  assert.equal(await hot.answer(request, caller("one"))?.text(), "1");
  assert.equal(hot.answer(request, caller("two")), undefined);
  assert.equal(hot.answer(request, caller()), undefined);
});
